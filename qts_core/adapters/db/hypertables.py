"""TimescaleDB, where the extension is there: hypertables, compression, retention (specification 14.3; X-26)."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sqlalchemy import Connection, text

from qts_core.adapters.db.stores import Store

__all__ = ["HYPERTABLES", "Hypertable", "apply_hypertables", "has_timescale", "hypertable_statements"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hypertable:
    """How TimescaleDB keeps one table.

    Attributes
    ----------
    table : str
        Its time column is ``timestamp``.
    chunk : str
        Span of one partition.
    segment_by : str
        Columns whose equal values are compressed together.
    compress_after : str
        Age at which a partition is compressed, by the algorithm TimescaleDB chooses for each type.
    retain : str
        Age at which a partition is dropped; empty keeps it for ever.
    """

    table: str
    chunk: str
    segment_by: str
    compress_after: str = "7 days"
    retain: str = ""


HYPERTABLES = (
    Hypertable("ohlcv_bars", chunk="1 week", segment_by="symbol"),
    Hypertable("features", chunk="1 day", segment_by="symbol, feature_name", retain="2 years"),
)


def hypertable_statements(hypertable: Hypertable) -> tuple[str, ...]:
    """Return the statements that turn a table into a hypertable with its policies, in order."""
    name = hypertable.table
    statements = [
        f"SELECT create_hypertable('{name}', 'timestamp', chunk_time_interval => INTERVAL '{hypertable.chunk}', "
        "create_default_indexes => FALSE, if_not_exists => TRUE, migrate_data => TRUE)",
        f"ALTER TABLE {name} SET (timescaledb.compress, timescaledb.compress_segmentby = '{hypertable.segment_by}', "
        "timescaledb.compress_orderby = 'timestamp DESC')",
        f"SELECT add_compression_policy('{name}', INTERVAL '{hypertable.compress_after}', if_not_exists => TRUE)",
    ]
    if hypertable.retain:
        statements.append(
            f"SELECT add_retention_policy('{name}', INTERVAL '{hypertable.retain}', if_not_exists => TRUE)"
        )
    return tuple(statements)


def has_timescale(connection: Connection) -> bool:
    """Return whether the extension is installed in this database."""
    query = text("SELECT count(*) FROM pg_catalog.pg_extension WHERE extname = 'timescaledb'")
    return connection.dialect.name == "postgresql" and bool(connection.execute(query).scalar_one())


def apply_hypertables(connection: Connection, store: Store) -> tuple[str, ...]:
    """Turn the tables of `store` that grow with time into hypertables; return those that were not before.

    On PostgreSQL without the extension one log line says so; SQLite needs no word.
    """
    wanted = [h for h in HYPERTABLES if h.table in store.metadata.tables]
    if connection.dialect.name != "postgresql" or not wanted:
        return ()
    if not has_timescale(connection):
        logger.info("TimescaleDB is not installed in this database: its tables stay plain tables")
        return ()
    query = text(
        "SELECT hypertable_name FROM timescaledb_information.hypertables "
        "WHERE hypertable_schema = current_schema() AND compression_enabled"
    )
    # Compression settings cannot be changed once partitions are compressed, so what is done is not done again.
    done = frozenset(connection.execute(query).scalars())
    for hypertable in wanted:
        if hypertable.table not in done:
            for statement in hypertable_statements(hypertable):
                connection.exec_driver_sql(statement)
    return tuple(h.table for h in wanted if h.table not in done)
