"""Open a database: SQLite with full durability, or PostgreSQL; one-line errors (specification 14, X-34)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError, SQLAlchemyError

from qts_core.market.errors import DataConnectionError, DataCorruptionError, InvalidConfigError, TradingSystemError

__all__ = ["IMMEDIATE", "connect_engine", "create_tables", "reader", "shown_url", "writer"]

IMMEDIATE = "qts_immediate"
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=2000")


def connect_engine(url: str) -> Engine:
    """Return an engine for `url`; makes the folder of a SQLite file.

    Parameters
    ----------
    url : str
        SQLAlchemy URL; ``sqlite://`` alone is a database in memory.

    Raises
    ------
    InvalidConfigError
        If `url` is no database URL or its driver is not installed.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite":
            return create_engine(parsed, pool_pre_ping=True)
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise InvalidConfigError(
            "QTS-CONF-003",
            "The database URL cannot be used",
            where="database.url",
            found=type(error).__name__,
            expected="sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME with its driver installed",
        ) from None
    except OSError as error:
        raise DataConnectionError(
            "QTS-DB-001", "The database's folder cannot be made", where=shown_url(url), found=error.strerror
        ) from None
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def create_tables(engine: Engine, metadata: MetaData) -> None:
    """Create the tables of `metadata` that do not exist yet."""
    with writer(engine) as connection:
        metadata.create_all(connection)


@contextmanager
def writer(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that writes; on SQLite it takes the write lock at once, so that it can read and then write."""
    with (
        _errors(engine.url),
        engine.connect().execution_options(**{IMMEDIATE: True}) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def reader(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that reads one consistent state."""
    with _errors(engine.url), engine.connect() as connection, connection.begin():
        yield connection


def shown_url(url: str | URL) -> str:
    """Return `url` without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "an unreadable URL"


def _on_connect(connection: Any, _record: object) -> None:
    """Set up a raw driver connection: we begin transactions ourselves, and each commit reaches the disk."""
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    is_writer = connection.get_execution_options().get(IMMEDIATE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")


@contextmanager
def _errors(url: URL) -> Iterator[None]:
    try:
        yield
    except TradingSystemError:
        raise
    except SQLAlchemyError as error:
        raise _translated(error, url) from error


def _translated(error: SQLAlchemyError, url: URL) -> Exception:
    cause = str(getattr(error, "orig", error)).strip().split("\n")[0]
    where = shown_url(url)
    if "malformed" in cause or "not a database" in cause:
        return DataCorruptionError(
            "QTS-DB-002", "The database file is damaged", where=where, found=cause, fix="restore it from a backup"
        )
    if isinstance(error, OperationalError):
        fix = "is another process holding it?" if "locked" in cause else "is it running, and are host and login right?"
        return DataConnectionError("QTS-DB-001", "The database cannot be reached", where=where, found=cause, fix=fix)
    return (
        error
        if isinstance(error, DatabaseError)
        else DataConnectionError("QTS-DB-001", "The database failed", where=where, found=cause)
    )
