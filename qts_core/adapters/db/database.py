"""The database of QTS: open it, and get its repositories (specification 14)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine

from qts_core.adapters.db.engine import connect_engine, reader, shown_url, writer
from qts_core.adapters.db.research import SqlGateRecords, SqlHealthReports, SqlTrials
from qts_core.adapters.db.stores import DATABASE
from qts_core.adapters.db.versions import prepare

__all__ = ["Database", "open_database"]


class Database:
    """An open database.

    Attributes
    ----------
    engine : Engine
        The SQLAlchemy engine.
    trials, gates, health
        Repositories of trials, gate records and model health.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.trials = SqlTrials(engine)
        self.gates = SqlGateRecords(engine)
        self.health = SqlHealthReports(engine)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Database({shown_url(self.engine.url)})"

    def read(self) -> AbstractContextManager[Connection]:
        """Open a transaction that reads one consistent state."""
        return reader(self.engine)

    def write(self) -> AbstractContextManager[Connection]:
        """Open a transaction that writes; it commits at the end of the ``with`` block."""
        return writer(self.engine)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open the database at `url`; an empty one gets its tables, any other must stand at the newest version.

    Parameters
    ----------
    url : str
        SQLAlchemy URL, as in ``settings.database.url``.

    Raises
    ------
    InvalidConfigError
        If `url` cannot be used.
    ConfigurationError
        If it was made by an older QTS (`qts db upgrade` brings it up) or by a newer one.
    DataConnectionError
        If the database cannot be reached.
    DataCorruptionError
        If its file is damaged.
    """
    database = Database(connect_engine(url))
    try:
        prepare(database.engine, DATABASE)
    except BaseException:
        database.close()
        raise
    return database
