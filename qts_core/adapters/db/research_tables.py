"""Tables of the research records (specification 14.1): trials and gate records never change, model health grows."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Integer, MetaData, String, Table, Text

from qts_core.adapters.db.append_only import keep_append_only

__all__ = ["gate_records", "metadata", "model_health_reports", "trials"]

metadata = MetaData()

trials = Table(
    "trials",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("trial_id", String(64), nullable=False, index=True),
    Column("model", String(128), nullable=False, index=True),
    Column("payload", Text, nullable=False),
    # ISO text keeps the exact instant that the record's hash covers, on every database.
    Column("created_at", String(40), nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("record_hash", String(64), nullable=False, unique=True),
)

gate_records = Table(
    "gate_records",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("model", String(128), nullable=False, index=True),
    Column("version", String(32), nullable=False),
    Column("bundle_sha256", String(64), nullable=False, index=True),
    Column("passed", Boolean, nullable=False),
    Column("report", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
    Column("record_hash", String(64), nullable=False),
)

model_health_reports = Table(
    "model_health_reports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("model_id", String(128), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("value", Float(53), nullable=False),
    Column("threshold", Float(53), nullable=False),
    Column("is_breach", Boolean, nullable=False),
    Column("detail", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
)

keep_append_only(trials, gate_records)
