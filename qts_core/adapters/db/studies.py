"""Journals of parameter searches in the database: several processes share a study, and none is lost (7.3; C-33).

They keep to tables of their own: a schema on PostgreSQL, a file beside the database on SQLite, so that a search never
holds the database that the daemon reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from sqlalchemy import Engine, func, insert, select, text

from qts_core.adapters.db.engine import connect_engine, reader, sqlite_file, writer
from qts_core.adapters.db.stores import STUDIES
from qts_core.adapters.db.studies_tables import study_entries
from qts_core.adapters.db.versions import prepare

__all__ = ["SqlStudyJournal", "StudyStore", "open_studies", "studies_url"]

WAIT_SECONDS = 60
"""Processes take turns; each turn is a few milliseconds."""
FILE_NAME = "studies.db"


def studies_url(url: str) -> str:
    """Return where the studies of the database at `url` are kept."""
    file = sqlite_file(url)
    return url if file is None else f"sqlite:///{file.with_name(FILE_NAME)}"


class SqlStudyJournal:
    """The journal of one study; implements `ports.studies.StudyJournal`.

    Parameters
    ----------
    engine : Engine
    study : str
        Its name.
    """

    def __init__(self, engine: Engine, study: str) -> None:
        self._engine = engine
        self._study = study

    def read(self, first: int) -> Sequence[str]:
        """Return the entries from number `first` on, 0 the oldest."""
        table = study_entries
        query = (
            select(table.c.body).where(table.c.study == self._study, table.c.number >= first).order_by(table.c.number)
        )
        with reader(self._engine) as connection:
            return [str(body) for body in connection.execute(query).scalars()]

    def append(self, entries: Sequence[str]) -> None:
        """Append entries side by side, in one transaction; no other process writes to the study meanwhile."""
        if not entries:
            return
        table = study_entries
        count = select(func.coalesce(func.max(table.c.number) + 1, 0)).where(table.c.study == self._study)
        with writer(self._engine) as connection:
            if connection.dialect.name == "postgresql":
                key = text("SELECT pg_advisory_xact_lock(hashtext(:study))")
                connection.execute(key, {"study": self._study})
            first = int(connection.execute(count).scalar_one())
            rows = [{"study": self._study, "number": first + i, "body": body} for i, body in enumerate(entries)]
            connection.execute(insert(table), rows)


class StudyStore:
    """The journals of all studies."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.engine.dispose()

    def journal(self, study: str) -> SqlStudyJournal:
        """Return the journal of `study`, empty where there is none yet."""
        return SqlStudyJournal(self.engine, study)

    def names(self) -> tuple[str, ...]:
        """Return the studies that have entries, sorted."""
        with reader(self.engine) as connection:
            return tuple(sorted(connection.execute(select(study_entries.c.study).distinct()).scalars()))


def open_studies(url: str) -> StudyStore:
    """Open the studies of the database at `url`; they are made where there are none.

    Raises
    ------
    InvalidConfigError, ConfigurationError, DataConnectionError, DataCorruptionError
        As `open_database`.
    """
    store = StudyStore(connect_engine(studies_url(url), schema=STUDIES.schema, wait_seconds=WAIT_SECONDS))
    try:
        prepare(store.engine, STUDIES)
    except BaseException:
        store.engine.dispose()
        raise
    return store
