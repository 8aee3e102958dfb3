"""Run migrations on the connection that `adapters.db.migrate` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

__all__: list[str] = []

attributes = context.config.attributes
context.configure(connection=attributes["connection"], target_metadata=attributes["metadata"])
with context.begin_transaction():
    context.run_migrations()
