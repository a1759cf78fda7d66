"""The states of the drill machine: one file each, no logic."""
