"""Bars, served features, and which months of the lake were loaded; all of it can be loaded again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["downgrade", "upgrade"]

revision = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """Create the tables."""
    instant = sa.TIMESTAMP(timezone=True).with_variant(sa.BigInteger(), "sqlite")
    price = sa.Numeric(18, 8).with_variant(sa.BigInteger(), "sqlite")
    shares = sa.Numeric(18, 4).with_variant(sa.BigInteger(), "sqlite")
    op.create_table(
        "ohlcv_bars",
        sa.Column("symbol", sa.String(10), primary_key=True),
        sa.Column("timestamp", instant, primary_key=True),
        sa.Column("ts_known", instant, nullable=False),
        *(sa.Column(name, price, nullable=False) for name in ("open", "high", "low", "close")),
        sa.Column("volume", shares, nullable=False),
        sa.Column("vwap", price),
        sa.Column("trade_count", sa.Integer),
        sa.Column("flags", sa.Integer, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "features",
        sa.Column("symbol", sa.String(10), primary_key=True),
        sa.Column("timestamp", instant, primary_key=True),
        sa.Column("feature_name", sa.String(100), primary_key=True),
        sa.Column("value", sa.Float(53), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "bar_loads",
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("loaded_at", instant, nullable=False),
    )
    for table in ("ohlcv_bars", "features"):
        op.create_index(f"{table}_by_time", table, [sa.text('"timestamp" DESC')])


def downgrade() -> None:
    """Drop the tables; the lake keeps what was in them."""
    for table in ("bar_loads", "features", "ohlcv_bars"):
        op.drop_table(table)
