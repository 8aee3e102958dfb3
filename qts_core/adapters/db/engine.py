"""Open a database: SQLite with full durability, or PostgreSQL; one-line errors (specification 14, X-34)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.pool import Pool

from qts_core.market.errors import (
    DataConnectionError,
    DataCorruptionError,
    DataValidationError,
    InvalidConfigError,
    TradingSystemError,
)

__all__ = ["IMMEDIATE", "connect_engine", "lock_table", "reader", "shown_url", "sqlite_file", "translated", "writer"]

IMMEDIATE = "qts_immediate"
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
WAIT_SECONDS = 2
CONNECT_SECONDS = 10
NO_ANSWER = "is it running, and are host and login right?"
FIXES = {
    "locked": "is another process holding it?",
    "lock timeout": "is another process holding it?",
    "full": "free some space",
    "readonly": "make the file and its folder writable",
}


def connect_engine(
    url: str, *, schema: str = "", wait_seconds: float = WAIT_SECONDS, poolclass: type[Pool] | None = None
) -> Engine:
    """Return an engine for `url`; makes the folder of a SQLite file.

    Parameters
    ----------
    url : str
        SQLAlchemy URL; ``sqlite://`` alone is a database in memory. PostgreSQL is reached through psycopg 3,
        whatever driver a bare ``postgresql://`` would mean to this SQLAlchemy.
    schema : str, optional
        Schema that names without one mean on PostgreSQL.
    wait_seconds : float
        How long SQLite waits for another writer.
    poolclass : type, optional
        How connections are kept.

    Raises
    ------
    InvalidConfigError
        If `url` is no database URL or its driver is not installed.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite":
            return _server_engine(parsed, schema, poolclass)
        file = sqlite_file(url)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, poolclass=poolclass)
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
    event.listen(engine, "connect", partial(_on_connect, wait_seconds))
    event.listen(engine, "begin", _on_begin)
    return engine


def lock_table(connection: Connection, table: Table) -> None:
    """Let no other process write `table` until the transaction ends; a writer on SQLite holds the whole database."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {table.name} IN EXCLUSIVE MODE"))


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
    """Return `url` without its password, wherever in it that stands."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return "an unreadable URL"
    shown = {key: "***" if "password" in key.lower() else value for key, value in parsed.query.items()}
    return parsed.set(query=shown).render_as_string(hide_password=True)


def sqlite_file(url: str) -> Path | None:
    """Return the file of a SQLite `url`, None for another database, one in memory, or no URL."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:")
    return Path(parsed.database or "") if is_file else None


def _server_engine(url: URL, schema: str, poolclass: type[Pool] | None) -> Engine:
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    arguments: dict[str, object] = {}
    if "connect_timeout" not in url.query:
        arguments["connect_timeout"] = CONNECT_SECONDS
    if schema:
        arguments["options"] = f"{url.query.get('options', '')} -c search_path={schema}".strip()
    return create_engine(url, pool_pre_ping=poolclass is None, poolclass=poolclass, connect_args=arguments)


def _on_connect(wait_seconds: float, connection: Any, _record: object) -> None:
    """Set up a raw driver connection: we begin transactions ourselves, and each commit reaches the disk."""
    connection.isolation_level = None
    for pragma in (*PRAGMAS, f"busy_timeout={int(wait_seconds * 1000)}"):
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
        raise translated(error, url) from error


def translated(error: SQLAlchemyError, url: URL) -> Exception:
    """Return what `error` means to a person: one line without the password; broken constraints stay as they are."""
    origin = error.orig if isinstance(error, StatementError) else None
    if isinstance(origin, TradingSystemError):
        return origin
    if isinstance(error, IntegrityError):
        return error
    cause = str(origin or error).strip().split("\n")[0]
    where = shown_url(url)
    if "malformed" in cause or "not a database" in cause:
        return DataCorruptionError(
            "QTS-DB-002", "The database file is damaged", where=where, found=cause, fix="restore it from a backup"
        )
    if isinstance(error, OperationalError):
        fix = next(
            (fix for word, fix in FIXES.items() if word in cause), "is it running, and are host and login right?"
        )
        return DataConnectionError("QTS-DB-001", "The database cannot be reached", where=where, found=cause, fix=fix)
    if isinstance(error, DataError):
        return DataValidationError("QTS-DB-006", "A value does not fit its column", where=where, found=cause)
    return DataConnectionError("QTS-DB-007", "The database refuses a statement", where=where, found=cause)
