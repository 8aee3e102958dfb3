"""Which migration a database stands at, found without Alembic: opening must stay quick (specification 14).

An empty database is made at once as it is at the newest migration. Any other is opened only if it stands there:
`qts db upgrade` changes tables, opening never does.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, insert, select, text

from qts_core.adapters.db.engine import reader, shown_url, writer
from qts_core.adapters.db.hypertables import apply_hypertables
from qts_core.adapters.db.stores import Store
from qts_core.market.errors import ConfigurationError

__all__ = [
    "FIRST",
    "LOCK_SECONDS",
    "VERSION_TABLE",
    "create_schema",
    "lock_for_change",
    "prepare",
    "refuse_newer",
    "stored_version",
]

FIRST: Final = "0001"
VERSION_TABLE: Final = "alembic_version"
LOCK_KEY: Final = 0x717473
"""Of the advisory lock on PostgreSQL: the letters qts."""
LOCK_SECONDS: Final = 30
"""For another process that changes tables at the same time."""

versions = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32), primary_key=True))


def prepare(engine: Engine, store: Store) -> None:
    """Make the tables of an empty database; refuse one that is older or newer than this code.

    Raises
    ------
    ConfigurationError
        If the database must be upgraded first, or was made by a newer QTS.
    """
    with reader(engine) as connection:
        version = stored_version(connection, store)
    if version is None:
        with writer(engine) as connection:
            version = _create(connection, store)
    if version == store.head:
        return
    where = shown_url(engine.url)
    refuse_newer(version, store, where)
    raise ConfigurationError(
        "QTS-DB-003", f"The {store.name} was made by an older QTS", where=where,
        found=f"version {version or 'unknown'}", expected=store.head, fix="run `qts db upgrade`",
    )  # fmt: skip


def refuse_newer(version: str, store: Store, where: str) -> None:
    """Raise ConfigurationError if `version` lies beyond what this code knows."""
    if version > store.head:
        raise ConfigurationError(
            "QTS-DB-004", f"The {store.name} was made by a newer QTS", where=where, found=f"version {version}",
            expected=f"at most {store.head}", fix="install that QTS, or name another database",
        )  # fmt: skip


def stored_version(connection: Connection, store: Store) -> str | None:
    """Return the migration the tables stand at: None where there are none, ``""`` where some are unknown.

    A database from before there were migrations carries no version; it stands at the first.
    """
    found = _tables(connection)
    if VERSION_TABLE in found:
        version = connection.execute(select(versions.c.version_num)).scalar_one_or_none()
        if version is not None:
            return str(version)
    ours = found & frozenset(store.metadata.tables)
    if not ours:
        return None
    return FIRST if ours == store.first_tables else ""


def lock_for_change(connection: Connection) -> None:
    """Wait until no other process changes tables; on SQLite the writer's transaction has seen to that."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})


def create_schema(connection: Connection, store: Store) -> None:
    """Create the schema of `store` where it has one."""
    if store.schema and connection.dialect.name == "postgresql":
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {store.schema}"))


def _create(connection: Connection, store: Store) -> str:
    lock_for_change(connection)
    version = stored_version(connection, store)
    if version is not None:
        return version
    create_schema(connection, store)
    store.metadata.create_all(connection, checkfirst=False)
    versions.create(connection, checkfirst=True)
    connection.execute(insert(versions).values(version_num=store.head))
    apply_hypertables(connection, store)
    return store.head


def _tables(connection: Connection) -> frozenset[str]:
    """Return the tables of the connection's own schema."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    else:
        query = "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema()"
    return frozenset(connection.exec_driver_sql(query).scalars())
