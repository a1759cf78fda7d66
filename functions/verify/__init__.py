"""The states of the verify machine: one file each, no logic."""
