"""The journals of parameter searches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from qts_core.adapters.db.append_only import append_only_statements
from qts_core.market.errors import ConfigurationError

__all__ = ["downgrade", "upgrade"]

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Create the table, append-only."""
    op.create_table(
        "study_entries",
        sa.Column("study", sa.String(128), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("body", sa.Text, nullable=False),
        if_not_exists=True,
    )
    for statement in append_only_statements("study_entries", op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Refuse: a study that was dropped could be made again, and its trials would be counted twice."""
    raise ConfigurationError(
        "QTS-DB-004", "There is no version of the studies before this one", found="a downgrade below 0001",
        fix="studies are never dropped; name another database instead",
    )  # fmt: skip
