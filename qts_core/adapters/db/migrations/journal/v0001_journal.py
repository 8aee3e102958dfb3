"""The daemon's journal: the tables from before there were migrations, made only where they are missing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from qts_core.market.errors import ConfigurationError

__all__ = ["downgrade", "upgrade"]

revision = "0001"
down_revision: str | None = None


def text(name: str, length: int = 0) -> sa.Column[str]:
    """Return a column of text that must not be missing; without a length it may be of any."""
    return sa.Column(name, sa.String(length) if length else sa.Text, nullable=False)


def whole(name: str) -> sa.Column[int]:
    """Return a column of whole numbers that must not be missing."""
    return sa.Column(name, sa.Integer, nullable=False)


def instant(name: str) -> sa.Column[int]:
    """Return a column of int64 microseconds UTC that must not be missing."""
    return sa.Column(name, sa.BigInteger, nullable=False)


def number(name: str) -> sa.Column[int]:
    """Return a primary key that the journal counts itself."""
    return sa.Column(name, sa.Integer, primary_key=True, autoincrement=False)


def upgrade() -> None:
    """Create what is missing."""
    _chain()
    _orders()
    _starts()
    op.create_index("decisions_by_time", "decisions", ["ts_event"], if_not_exists=True)
    op.create_index("executions_by_order", "executions", ["client_order_id"], if_not_exists=True)
    op.create_index("sends_by_order", "sends", ["client_order_id"], if_not_exists=True)


def downgrade() -> None:
    """Refuse: the journal is what trading is rebuilt from, and nothing older can hold it."""
    raise ConfigurationError(
        "QTS-DB-004", "There is no version of the journal before this one", found="a downgrade below 0001",
        fix="the journal is never dropped; move its file away instead",
    )  # fmt: skip


def _chain() -> None:
    op.create_table(
        "events", number("sequence"), whole("epoch"), text("kind", 40), instant("handled_at"), text("body"),
        text("record_hash", 64), if_not_exists=True,
    )  # fmt: skip
    op.create_table(
        "decisions", sa.Column("decision_id", sa.String(48), primary_key=True),
        sa.Column("sequence", sa.Integer, sa.ForeignKey("events.sequence"), nullable=False),
        instant("ts_event"), text("digest", 64), text("body"), if_not_exists=True,
    )  # fmt: skip
    op.create_table(
        "intents", sa.Column("client_order_id", sa.String(48), primary_key=True), text("decision_id", 48),
        sa.Column("sequence", sa.Integer, sa.ForeignKey("events.sequence"), nullable=False),
        text("symbol", 16), instant("created_at"), whole("lease_epoch"), whole("reduces_risk"), text("body"),
        if_not_exists=True,
    )  # fmt: skip


def _orders() -> None:
    op.create_table(
        "sends", sa.Column("id", sa.Integer, primary_key=True), text("client_order_id", 48), instant("sent_at"),
        whole("lease_epoch"), text("outcome"), if_not_exists=True,
    )  # fmt: skip
    op.create_table(
        "orders", sa.Column("client_order_id", sa.String(128), primary_key=True), text("symbol", 16),
        text("status", 24), text("broker_order_id", 64), text("filled_quantity", 40), instant("updated_at"),
        text("reason"), if_not_exists=True,
    )  # fmt: skip
    op.create_table(
        "executions", sa.Column("execution_id", sa.String(128), primary_key=True), text("client_order_id", 128),
        text("symbol", 16), text("side", 4), text("quantity", 40), text("price", 40), text("commission", 40),
        instant("ts_event"), if_not_exists=True,
    )  # fmt: skip


def _starts() -> None:
    op.create_table(
        "epochs", number("number"), whole("lease_epoch"), whole("first_sequence"), instant("started_at"),
        text("account", 64), text("strategy", 32), text("cash", 40), text("symbols"), text("model_path"),
        text("model_id", 160), text("hashes"), text("settings"), text("snapshot"), if_not_exists=True,
    )  # fmt: skip
    op.create_table("lease", number("epoch"), text("owner"), instant("claimed_at"), if_not_exists=True)
    op.create_table(
        "notes", sa.Column("id", sa.Integer, primary_key=True), instant("at"), text("kind", 40), text("body"),
        if_not_exists=True,
    )  # fmt: skip
