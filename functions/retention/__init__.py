"""The states of the retention machine: one file each, no logic."""
