"""The states of the nightly machine: one file each, no logic."""
