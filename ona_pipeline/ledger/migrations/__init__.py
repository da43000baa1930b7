"""Alembic's steps from the tables of each earlier version to this one's; run by `ledger/schema.py` alone."""
