"""`make bench`: what the exporter costs beside a bare boto3 paginator, and whether its memory grows with the pool."""
