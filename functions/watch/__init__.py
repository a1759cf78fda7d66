"""The state of the watch machine: one file, no logic."""
