"""What Poolsafe knows, purely: no boto3, pyarrow, clock, environment, logging or randomness."""
