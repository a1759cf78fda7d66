"""The states of the migration machine: one file each, no logic."""
