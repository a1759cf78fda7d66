"""What differs between a snapshot and another one, or a pool: users, groups, memberships, settings."""
