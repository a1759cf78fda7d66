"""The states of the backup machine: one file each, no logic."""
