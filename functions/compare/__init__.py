"""The states of the compare machine: one file each, no logic."""
