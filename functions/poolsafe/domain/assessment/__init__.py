"""Whether and how a user pool can be migrated: counted, compared, recommended. `report.py` puts it together."""
