"""Trials, gate records, model health: the tables from before there were migrations.

They are made only where they are missing, so a database from before is taken over as it is.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from qts_core.adapters.db.append_only import append_only_statements
from qts_core.market.errors import ConfigurationError

__all__ = ["downgrade", "upgrade"]

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Create what is missing, with the triggers that keep records from being changed."""
    op.create_table(
        "trials",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("trial_id", sa.String(64), nullable=False),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("record_hash", sa.String(64), nullable=False, unique=True),
        if_not_exists=True,
    )
    op.create_table(
        "gate_records",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("bundle_sha256", sa.String(64), nullable=False),
        sa.Column("passed", sa.Boolean, nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("record_hash", sa.String(64), nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "model_health_reports",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("model_id", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("value", sa.Float(53), nullable=False),
        sa.Column("threshold", sa.Float(53), nullable=False),
        sa.Column("is_breach", sa.Boolean, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
        if_not_exists=True,
    )
    for table, column in (
        ("trials", "trial_id"), ("trials", "model"), ("gate_records", "model"), ("gate_records", "bundle_sha256"),
    ):  # fmt: skip
        op.create_index(f"ix_{table}_{column}", table, [column], if_not_exists=True)
    for table in ("trials", "gate_records"):
        for statement in append_only_statements(table, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    """Refuse: trials and gate records are evidence, and nothing older can hold them."""
    raise ConfigurationError(
        "QTS-DB-004", "There is no version of the database before this one", found="a downgrade below 0001",
        fix="trials and gate records are never dropped; name another database instead",
    )  # fmt: skip
