"""The nightly backups: which pools, and one snapshot of each a night, however often the night is announced."""
