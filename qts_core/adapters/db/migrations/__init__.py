"""Migrations, a folder for each store; `env.py` is what Alembic runs. docs/concepts/database.md says how to add one."""
