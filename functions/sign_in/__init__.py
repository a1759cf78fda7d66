"""The Cognito triggers: one file each. They never load pyarrow, because somebody waits for their import."""
