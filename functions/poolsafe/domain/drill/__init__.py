"""Trying a restore: who takes part, what it has to show, and how it went."""
