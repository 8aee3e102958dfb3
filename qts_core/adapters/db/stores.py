"""The sets of tables QTS keeps, each with its line of migrations: database, daemon's journal, parameter searches.

The journal is a file of its own beside the database, because no order may wait for a server; so are the searches,
because the daemon's database must not wait for them. On PostgreSQL each keeps to a schema of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import MetaData

from qts_core.adapters.db import journal_tables, market_tables, studies_tables

__all__ = ["DATABASE", "JOURNAL", "STUDIES", "Store"]


@dataclass(frozen=True, slots=True)
class Store:
    """One set of tables.

    Attributes
    ----------
    name : str
        For people, and the folder below ``migrations``.
    metadata : MetaData
        The tables as they are at `head`.
    first_tables : frozenset of str
        Tables at `FIRST`; databases from before there were migrations hold these.
    head : str
        The newest migration; migrations are numbered ``"0001"``, ``"0002"`` and so on.
    schema : str
        Schema on PostgreSQL; empty for the connection's own.
    """

    name: str
    metadata: MetaData
    first_tables: frozenset[str]
    head: str
    schema: str = ""


DATABASE = Store(
    "database",
    market_tables.ohlcv_bars.metadata,
    first_tables=frozenset({"trials", "gate_records", "model_health_reports"}),
    head="0002",
)

JOURNAL = Store(
    "journal",
    journal_tables.metadata,
    first_tables=frozenset(journal_tables.metadata.tables),
    head="0001",
    schema="journal",
)

STUDIES = Store(
    "studies",
    studies_tables.metadata,
    first_tables=frozenset(studies_tables.metadata.tables),
    head="0001",
    schema="studies",
)
