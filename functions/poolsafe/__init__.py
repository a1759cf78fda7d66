"""Poolsafe: backups and restores of Amazon Cognito user pools."""

__version__ = "0.1.0"
