"""The configuration of a user pool: what Cognito tells of it, and what it takes to make another such pool."""
