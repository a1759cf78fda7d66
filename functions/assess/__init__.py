"""The states of the assess machine: one file each, no logic."""
