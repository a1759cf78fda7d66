"""The edge: the only modules that import boto3, botocore or pyarrow."""
