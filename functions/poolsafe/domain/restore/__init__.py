"""What a restore decides, says and finds: the plan, what became of it, and the pages about both."""
