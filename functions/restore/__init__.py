"""The states of the restore machine: one file each, no logic."""
