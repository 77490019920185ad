"""Plugins' own tables in an SQL database, for hosts: migrations, what they must leave alone, and rows.

Needs SQLAlchemy, and Alembic to migrate; nothing else of the contract imports it.
"""
