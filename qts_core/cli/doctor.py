"""`qts doctor`: look whether everything QTS needs is there, and say how to mend what is not."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated

import typer

from qts_core.cli.output import print_json, print_table
from qts_core.config.settings import Settings
from qts_core.market.errors import ExitCode, TradingSystemError

__all__ = ["Finding", "app"]

app = typer.Typer(rich_markup_mode=None, add_completion=False, help="Look whether everything QTS needs is there.")

GIGABYTE = 1_000_000_000
ENOUGH_GIGABYTES = 2
OPTIONAL = {"torch": "dl", "stable_baselines3": "rl", "redis": "redis", "psycopg": "postgres"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `is_fatal` says that QTS does not work without it."""

    name: str
    is_good: bool
    detail: str
    is_fatal: bool = True


@app.command()
def doctor(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Look whether everything QTS needs is there.

    \b
    Examples:
      qts doctor
      qts doctor --json
    """
    findings = list(_examine())
    if json:
        print_json([{"name": f.name, "good": f.is_good, "detail": f.detail, "fatal": f.is_fatal} for f in findings])
    else:
        marks = {True: "ok", False: "MISSING"}
        rows = [(marks[f.is_good] if f.is_fatal or f.is_good else "absent", f.name, f.detail) for f in findings]
        print_table(("state", "what", "detail"), rows)
    if any(f.is_fatal and not f.is_good for f in findings):
        raise typer.Exit(ExitCode.USER_ERROR)


def _examine() -> Iterator[Finding]:
    version = ".".join(str(n) for n in sys.version_info[:3])
    yield Finding("Python", sys.version_info >= (3, 11), f"{version}, needs 3.11 or newer")
    from qts_core.adapters.settings_files import load_settings

    try:
        loaded = load_settings()
    except TradingSystemError as error:
        yield Finding("settings", is_good=False, detail=error.line())
        return
    settings = loaded.settings
    yield Finding("settings", is_good=True, detail=f"hash {settings.configuration_hash[:12]}")
    for check in (_home, _database, _calendar, _features, _broker):
        yield _guarded(check, settings)
    for package, extra in OPTIONAL.items():
        there = find_spec(package) is not None
        yield Finding(package, there, "installed" if there else f'pip install "qts[{extra}]"', is_fatal=False)


def _guarded(check: Callable[[Settings], Finding], settings: Settings) -> Finding:
    try:
        return check(settings)
    except (TradingSystemError, OSError) as error:
        return Finding(check.__name__.strip("_"), is_good=False, detail=str(error))


def _home(settings: Settings) -> Finding:
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=settings.home):
        free = shutil.disk_usage(settings.home).free / GIGABYTE
    return Finding("home", free > ENOUGH_GIGABYTES, f"{settings.home}, {free:.0f} GB free")


def _database(settings: Settings) -> Finding:
    from qts_core.adapters.db import open_database

    with open_database(settings.database.url) as database:
        return Finding("database", is_good=True, detail=f"{database}, {database.trials.count()} trials")


def _calendar(_settings: Settings) -> Finding:
    from qts_core.market.calendar import LAST_DAY, xnys

    xnys()
    return Finding("calendar", is_good=True, detail=f"XNYS until {LAST_DAY}")


def _features(settings: Settings) -> Finding:
    from qts_core.adapters.lake import Lake
    from qts_core.research.catalogues import choose_features
    from qts_core.research.symbol_parts import lake_roles

    chosen = choose_features(settings.features, lake_roles(settings.universe, Lake(settings.lake_dir)))
    own = f", {len(chosen.own)} of them your own" if len(chosen.own) else ""
    told = f"{len(chosen.catalogue)} are computed{own}, catalogue {chosen.catalogue.hash[:8]}"
    return Finding("features", is_good=True, detail="; ".join(part for part in (told, chosen.sentence()) if part))


def _broker(settings: Settings) -> Finding:
    if not settings.alpaca.has_keys:
        return Finding("broker", is_good=True, detail="no keys: the daemon trades on the embedded paper exchange")
    return Finding("broker", is_good=True, detail=f"keys for {settings.alpaca.base_url}, not tried")
