"""Bring a database to the newest tables, whole or not at all; imports Alembic, so only `qts db` comes here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, text

from qts_core.adapters.db.engine import reader, shown_url, writer
from qts_core.adapters.db.hypertables import apply_hypertables, has_timescale
from qts_core.adapters.db.stores import Store
from qts_core.adapters.db.versions import create_schema, lock_for_change, refuse_newer, stored_version
from qts_core.market.errors import ConfigurationError

__all__ = ["Status", "Upgrade", "alembic_config", "differences", "status", "upgrade"]


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What an upgrade did.

    Attributes
    ----------
    before : str or None
        Version found; None for an empty database, ``""`` for tables of no known version.
    after : str
        Version now.
    hypertables : tuple of str
        Tables that became hypertables.
    has_timescale : bool
        Whether TimescaleDB is installed in the database.
    """

    before: str | None
    after: str
    hypertables: tuple[str, ...]
    has_timescale: bool


@dataclass(frozen=True, slots=True)
class Status:
    """How a database stands.

    Attributes
    ----------
    store, where : str
        Which set of tables, and its address without password.
    version : str or None
        As in :class:`Upgrade`.
    head : str
        The newest version.
    rows : mapping of str to int
        Of each table that is there.
    differences : tuple of str
        Where a database at `head` is not what it should be.
    has_timescale : bool
        Whether TimescaleDB is installed in it.
    """

    store: str
    where: str
    version: str | None
    head: str
    rows: dict[str, int]
    differences: tuple[str, ...]
    has_timescale: bool

    @property
    def is_current(self) -> bool:
        """Whether QTS opens it as it is."""
        return self.version == self.head and not self.differences


def upgrade(engine: Engine, store: Store) -> Upgrade:
    """Bring the tables of `store` to the newest version in one transaction; nothing changes where they stand there.

    Two processes may try at once: one waits for the other and then finds nothing to do.

    Raises
    ------
    ConfigurationError
        If the database was made by a newer QTS, or its tables are not what they should be; it stays as it was.
    DataConnectionError
        If it cannot be reached, or another process holds it for more than half a minute.
    """
    where = shown_url(engine.url)
    with writer(engine) as connection:
        lock_for_change(connection)
        before = stored_version(connection, store)
        refuse_newer(before or "", store, where)
        create_schema(connection, store)
        command.upgrade(alembic_config(connection, store), "head")
        found = differences(connection, store)
        if found:
            raise ConfigurationError(
                "QTS-DB-005", f"Tables of the {store.name} are not what QTS expects", where=where, found=found[0],
                fix="nothing was changed; name an empty database, or move these tables away",
            )  # fmt: skip
        made = apply_hypertables(connection, store)
        return Upgrade(before, store.head, made, has_timescale(connection))


def status(engine: Engine, store: Store) -> Status:
    """Return how the tables of `store` stand; changes nothing."""
    with reader(engine) as connection:
        version = stored_version(connection, store)
        rows = {}
        if version == store.head:
            rows = {
                table.name: int(connection.execute(text(f"SELECT count(*) FROM {table.name}")).scalar_one())  # noqa: S608 our own names
                for table in store.metadata.sorted_tables
            }
        found = differences(connection, store) if version == store.head else ()
        return Status(store.name, shown_url(engine.url), version, store.head, rows, found, has_timescale(connection))


def differences(connection: Connection, store: Store) -> tuple[str, ...]:
    """Return where the tables differ from those declared, as Alembic sees it; tables of others do not count."""
    ours = frozenset(store.metadata.tables)

    def is_ours(_object: object, name: str | None, kind: str, _reflected: object, _compared: object) -> bool:
        return kind != "table" or name in ours

    context = MigrationContext.configure(connection, opts={"include_object": is_ours, "compare_type": True})
    return tuple(_described(difference) for difference in compare_metadata(context, store.metadata))


def alembic_config(connection: Connection, store: Store) -> Config:
    """Return Alembic's configuration for the migrations of `store`, run on `connection`."""
    here = Path(__file__).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", _escaped(here))
    config.set_main_option("version_locations", _escaped(here / store.name))
    config.set_main_option("path_separator", "newline")
    config.attributes.update(connection=connection, metadata=store.metadata)
    return config


def _escaped(path: Path) -> str:
    """Return `path` for a file that Alembic would read, where a percent sign means something."""
    return str(path).replace("%", "%%")


def _described(difference: object) -> str:
    """Return one of Alembic's differences in short: what is to be done, and to what."""
    parts = difference[0] if isinstance(difference, list) else difference
    words = parts if isinstance(parts, tuple) else (parts,)
    return " ".join(str(getattr(word, "name", word)) for word in words if word is not None)
