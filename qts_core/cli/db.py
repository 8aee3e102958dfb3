"""`qts db`: bring the database to the newest tables, look at it, and load bars into it (specification 14)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.output import note, print_json, print_table
from qts_core.market.errors import DataNotFoundError, ExitCode

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from qts_core.adapters.db.migrate import Status
    from qts_core.adapters.db.stores import Store
    from qts_core.config.settings import Settings

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, add_completion=False, help="Upgrade, inspect and fill the database."
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Month = Annotated[str, typer.Option(help="Month YYYY-MM; all by default.")]

TABLE = "clean_bars"
EMPTY = "not made yet"


@app.command()
def upgrade() -> None:
    """Bring database and journal to the newest tables; what stands there already stays as it is.

    \b
    Examples:
      qts db upgrade
      QTS_DATABASE_URL=postgresql://qts@db/qts qts db upgrade
    """
    from qts_core.adapters.db.migrate import upgrade as upgrade_store
    from qts_core.adapters.settings_files import load_settings

    for url, store in _stores(load_settings().settings):
        with _connected(url, store) as engine:
            done = upgrade_store(engine, store)
        before = EMPTY if done.before is None else done.before or "unknown"
        change = "is at the newest version" if done.before == done.after else f"{before} -> {done.after}"
        note(f"{store.name} {_shown(url)}: {change}")
        for table in done.hypertables:
            note(f"    {table} is a hypertable now")
        if url.startswith("postgres") and not done.has_timescale:
            note("    TimescaleDB is not installed in it: ohlcv_bars and features stay plain tables")


@app.command()
def status(json: Json = False) -> None:
    """Print which version database and journal stand at; exit code 2 when one must be upgraded.

    \b
    Examples:
      qts db status
      qts db status --json
    """
    from qts_core.adapters.settings_files import load_settings

    found = [_status(url, store) for url, store in _stores(load_settings().settings)]
    if json:
        print_json(
            [
                {
                    "store": s.store, "where": s.where, "version": s.version, "newest": s.head, "state": _state(s),
                    "rows": s.rows, "differences": s.differences, "timescaledb": s.has_timescale,
                }
                for s in found
            ]
        )  # fmt: skip
    else:
        columns = ("what", "version", "newest", "state", "rows", "TimescaleDB", "where")
        rows = [
            (s.store, s.version, s.head, _state(s), sum(s.rows.values()), "yes" if s.has_timescale else "no", s.where)
            for s in found
        ]
        print_table(columns, rows)
        for one in found:
            for difference in one.differences:
                note(f"{one.store}: {difference}")
    if any(s.version is not None and not s.is_current for s in found):
        raise typer.Exit(ExitCode.USER_ERROR)


@app.command()
def load(
    first: Month = "",
    last: Month = "",
    features: Annotated[
        str, typer.Option(help="Instead of bars: these features, separated by commas, into the table features.")
    ] = "",
    json: Json = False,
) -> None:
    """Copy the lake's clean bars into the table ohlcv_bars, month by month; unchanged months are left alone.

    \b
    Examples:
      qts db load
      qts db load --first 2024-01 --last 2024-06
      qts db load --features tech_rsi_14_raw,stat_zscore_60_close --first 2024-06
    """
    for name, month in (("--first", first), ("--last", last)):
        if month and not re.fullmatch(r"\d{4}-(?:0[1-9]|1[0-2])", month, re.ASCII):
            raise typer.BadParameter(f"{name} {month!r} is no month such as 2024-03")
    from qts_core.adapters.settings_files import load_settings

    settings = load_settings().settings
    names = [name.strip() for name in features.split(",") if name.strip()]
    rows = _load_features(settings, names, first, last) if names else _load(settings, first, last)
    if json:
        print_json(rows)
        return
    print_table(tuple(rows[0]), [tuple(row.values()) for row in rows])


def _load(settings: Settings, first: str, last: str) -> list[dict[str, object]]:
    from qts_core.adapters.clock import SystemClock
    from qts_core.adapters.db import open_database
    from qts_core.adapters.db.bars import SqlBars
    from qts_core.adapters.lake import Lake

    lake, clock = Lake(settings.lake_dir), SystemClock()
    months = [m for m in lake.months(TABLE) if m >= first and (not last or m <= last)]
    if not months:
        raise DataNotFoundError(
            "QTS-DATA-013", "The lake holds no clean bars in that span", where=f"{lake.root}/{TABLE}",
            found=f"months {first or 'first'} to {last or 'last'}",
            fix="run `qts data import PATH` or `qts data synth`",
        )  # fmt: skip
    rows: list[dict[str, object]] = []
    with open_database(settings.database.url) as database:
        bars = SqlBars(database.engine)
        for month in months:
            partition = lake.partition(TABLE, month)
            identity = partition.sha256 if partition is not None else ""
            is_new = bars.load_month(month, lake.read_month(TABLE, month), sha256=identity, now=clock.now())
            rows.append({"month": month, "bars": bars.loaded_rows(month), "state": "loaded" if is_new else "unchanged"})
    return rows


def _load_features(settings: Settings, names: list[str], first: str, last: str) -> list[dict[str, object]]:
    from datetime import date

    from qts_core.adapters.db import open_database
    from qts_core.adapters.db.features import SqlFeatures
    from qts_core.adapters.lake import Lake
    from qts_core.market.calendar import month_of, xnys
    from qts_core.research.feature_store import FeatureStore

    store = FeatureStore.of(Lake(settings.lake_dir), settings, calendar=xnys())
    chosen = store.chosen(names).names
    begin = month_of(date.fromisoformat(f"{first}-01"))[0] if first else None
    end = month_of(date.fromisoformat(f"{last}-01"))[1] if last else None
    parts = store.checked(store.scan(chosen, first=begin, last=end), begin, end, None)
    with open_database(settings.database.url) as database:
        table = SqlFeatures(database.engine)
        return [
            {
                "month": part.month,
                "features": len(chosen),
                "values": table.load(part.frame, chosen),
                "from": "the lake" if part.stored else "computed",
            }
            for part in parts
        ]


def _stores(settings: Settings) -> Iterator[tuple[str, Store]]:
    """Yield the database, and the files of parameter searches and of the daemon's journal once there are."""
    from qts_core.adapters.db.engine import sqlite_file
    from qts_core.adapters.db.stores import DATABASE, JOURNAL, STUDIES
    from qts_core.adapters.db.studies import studies_url

    yield settings.database.url, DATABASE
    studies = studies_url(settings.database.url)
    file = sqlite_file(studies)
    if file is None or file.exists():
        yield studies, STUDIES
    journal = settings.live_dir / "journal.db"
    if journal.exists():
        yield f"sqlite:///{journal}", JOURNAL


@contextmanager
def _connected(url: str, store: Store) -> Iterator[Engine]:
    from qts_core.adapters.db.engine import connect_engine
    from qts_core.adapters.db.versions import LOCK_SECONDS

    engine = connect_engine(url, schema=store.schema, wait_seconds=LOCK_SECONDS)
    try:
        yield engine
    finally:
        engine.dispose()


def _status(url: str, store: Store) -> Status:
    from qts_core.adapters.db.engine import sqlite_file
    from qts_core.adapters.db.migrate import Status
    from qts_core.adapters.db.migrate import status as status_of

    file = sqlite_file(url)
    # Looking must not make a file.
    if file is not None and not file.exists():
        return Status(store.name, _shown(url), None, store.head, {}, (), has_timescale=False)
    with _connected(url, store) as engine:
        return status_of(engine, store)


def _state(status: Status) -> str:
    if status.version is None:
        return EMPTY
    if status.version > status.head:
        return "made by a newer QTS"
    if status.version != status.head:
        return "run `qts db upgrade`"
    return "not as it should be" if status.differences else "current"


def _shown(url: str) -> str:
    from qts_core.adapters.db.engine import shown_url

    return shown_url(url)
