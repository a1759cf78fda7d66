"""The hourly look: what is overdue, gone, or about to be lost."""
