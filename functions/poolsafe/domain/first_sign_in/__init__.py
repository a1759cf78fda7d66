"""What somebody is given back when they sign in for the first time, and what their tokens tell."""
