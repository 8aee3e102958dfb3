"""Table of the journals of parameter searches (specification 7.3)."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, String, Table, Text

from qts_core.adapters.db.append_only import keep_append_only

__all__ = ["metadata", "study_entries"]

metadata = MetaData()

study_entries = Table(
    "study_entries",
    metadata,
    Column("study", String(128), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
)

keep_append_only(study_entries)
