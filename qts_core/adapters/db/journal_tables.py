"""Tables of the daemon's journal (specification 12.4)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text

__all__ = ["decisions", "epochs", "events", "executions", "intents", "lease", "metadata", "notes", "orders", "sends"]

metadata = MetaData()

# Times are int64 microseconds UTC, amounts exact decimals as text.
events = Table(
    "events", metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("epoch", Integer, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("handled_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("record_hash", String(64), nullable=False),
)  # fmt: skip

decisions = Table(
    "decisions", metadata,
    Column("decision_id", String(48), primary_key=True),
    Column("sequence", Integer, ForeignKey("events.sequence"), nullable=False),
    Column("ts_event", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", Text, nullable=False),
)  # fmt: skip

intents = Table(
    "intents", metadata,
    Column("client_order_id", String(48), primary_key=True),
    Column("decision_id", String(48), nullable=False),
    Column("sequence", Integer, ForeignKey("events.sequence"), nullable=False),
    Column("symbol", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("lease_epoch", Integer, nullable=False),
    Column("reduces_risk", Integer, nullable=False),
    Column("body", Text, nullable=False),
)  # fmt: skip

sends = Table(
    "sends", metadata,
    Column("id", Integer, primary_key=True),
    Column("client_order_id", String(48), nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    Column("lease_epoch", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
)  # fmt: skip

orders = Table(
    "orders", metadata,
    Column("client_order_id", String(128), primary_key=True),
    Column("symbol", String(16), nullable=False),
    Column("status", String(24), nullable=False),
    Column("broker_order_id", String(64), nullable=False),
    Column("filled_quantity", String(40), nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
)  # fmt: skip

executions = Table(
    "executions", metadata,
    Column("execution_id", String(128), primary_key=True),
    Column("client_order_id", String(128), nullable=False),
    Column("symbol", String(16), nullable=False),
    Column("side", String(4), nullable=False),
    Column("quantity", String(40), nullable=False),
    Column("price", String(40), nullable=False),
    Column("commission", String(40), nullable=False),
    Column("ts_event", BigInteger, nullable=False),
)  # fmt: skip

epochs = Table(
    "epochs", metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("lease_epoch", Integer, nullable=False),
    Column("first_sequence", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("account", String(64), nullable=False),
    Column("strategy", String(32), nullable=False),
    Column("cash", String(40), nullable=False),
    Column("symbols", Text, nullable=False),
    Column("model_path", Text, nullable=False),
    Column("model_id", String(160), nullable=False),
    Column("hashes", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("snapshot", Text, nullable=False),
)  # fmt: skip

lease = Table(
    "lease", metadata,
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("owner", Text, nullable=False),
    Column("claimed_at", BigInteger, nullable=False),
)  # fmt: skip

notes = Table(
    "notes", metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("body", Text, nullable=False),
)  # fmt: skip

Index("decisions_by_time", decisions.c.ts_event)
Index("executions_by_order", executions.c.client_order_id)
Index("sends_by_order", sends.c.client_order_id)
