"""`qts data verify`, `compact`, `gc`: is everything stored whole, in few files, and what may go (checklist C-35)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.data.shared import JsonOption, open_lake
from qts_core.cli.output import note, print_json, print_table
from qts_core.market.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qts_core.adapters.lake import Lake
    from qts_core.config.settings import Settings
    from qts_core.data.retention import Removal, StoredFile

__all__ = ["compact", "gc", "verify"]

GIGABYTE = 1_000_000_000
EXAMPLES = 3
MADE_AGAIN = ("reports/", "features/")
"""What the other commands make again: reports, and the daemon's feature cache."""


def verify(json: JsonOption = False) -> None:
    """Read everything in the lake and check it against its checksums; exit code 3 when something is damaged.

    \b
    Examples:
      qts data verify
      qts data verify --json
    """
    from qts_core.adapters.lake.verification import verify_lake

    _, lake = open_lake()
    report = verify_lake(lake)
    if json:
        print_json(report.to_dict())
    else:
        found = (report.files, report.rows, report.bytes, len(report.damaged))
        print_table(("files", "rows", "bytes", "damaged"), [found])
        for damage in report.damaged:
            note(f"damaged: {lake.root}/{damage.file}: {damage.problem}")
        if report.damaged:
            note("restore these files from a backup, or write their months again")
        if report.unnamed:
            note(f"{len(report.unnamed)} files that no manifest names; `qts data gc` takes them in time")
    if not report.is_sound:
        raise typer.Exit(ExitCode.CORRUPT)


def compact(
    table: Annotated[str | None, typer.Argument(help="One table; all of them by default.")] = None,
    json: JsonOption = False,
) -> None:
    """Join the files of each month into one; what is read, as of any moment, stays what it was.

    \b
    Examples:
      qts data compact
      qts data compact raw_bars
    """
    _, lake = open_lake()
    rows = []
    for name in lake.tables() if table is None else (table,):
        for month in lake.months(name):
            before = lake.partition(name, month)
            after = lake.compact_month(name, month)
            if before is not None and len(before.segments) > len(after.segments):
                rows.append(
                    {
                        "table": name,
                        "month": month,
                        "files": len(before.segments),
                        "bytes_before": before.bytes,
                        "bytes": after.bytes,
                    }
                )
    if json:
        print_json(rows)
    elif rows:
        print_table(tuple(rows[0]), [tuple(row.values()) for row in rows])
    else:
        note("every month is one file")


def gc(
    table: Annotated[
        list[str] | None, typer.Option(help="Also delete this table, whole; may be given more than once.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; delete nothing.")] = False,
    json: JsonOption = False,
) -> None:
    """Delete what nobody needs: superseded files, old feature tables, and reports and caches beyond the disk budget.

    Bars, corporate actions and instruments go only when you name their table, and what a model was trained on stays.
    Settings: monitoring.yaml, `storage`.

    \b
    Examples:
      qts data gc --dry-run
      qts data gc --table predictions_lightgbm_return
    """
    from qts_core.adapters.clock import SystemClock
    from qts_core.adapters.disk import delete_files, stored_files
    from qts_core.adapters.lake.garbage import remove_from_lake

    settings, lake = open_lake()
    now = SystemClock().now()
    files = stored_files(settings.home)
    in_lake, outside = _plan(settings, lake, files, tuple(table or ()), now)
    if not dry_run:
        in_lake = remove_from_lake(lake, in_lake)
        outside = delete_files(settings.home, outside)
    _show(settings, files, (*in_lake, *outside), is_dry=dry_run, is_json=json)


def _plan(
    settings: Settings, lake: Lake, files: Sequence[StoredFile], tables: Sequence[str], now: datetime
) -> tuple[tuple[Removal, ...], tuple[Removal, ...]]:
    """Return what may go in the lake and outside it."""
    from qts_core.adapters.lake.garbage import lake_garbage, named_tables
    from qts_core.data.retention import over_budget

    rules = settings.monitoring.storage
    named = named_tables(lake, tables)
    asked = {removal.name for removal in named}
    found = lake_garbage(
        lake,
        now=now,
        grace=timedelta(hours=rules.grace_hours),
        tables_in_use=_tables_in_use(settings, lake),
        keep_features=timedelta(days=rules.keep_features_days),
        pinned=_pinned(settings, lake, now),
    )
    in_lake = (*named, *(removal for removal in found if removal.name not in asked))
    outside = over_budget(
        (file for file in files if file.name.startswith(MADE_AGAIN)),
        used_bytes=sum(f.bytes for f in files) - sum(r.bytes for r in in_lake),
        budget_bytes=int(rules.budget_gb * GIGABYTE),
        now=now,
        keep=timedelta(days=rules.keep_reports_days),
    )
    return in_lake, outside


def _tables_in_use(settings: Settings, lake: Lake) -> frozenset[str]:
    """Return the feature tables of the configuration and of every bundle under QTS_HOME."""
    from qts_core.research.catalogues import catalogue_for, model_catalogue
    from qts_core.research.feature_months import feature_table
    from qts_core.research.retention import bundled_feature_tables
    from qts_core.research.symbol_parts import lake_roles

    roles = lake_roles(settings.universe, lake)
    configured = {feature_table(catalogue_for(settings.features, roles))}
    configured |= {feature_table(model_catalogue(settings, key, roles)) for key in settings.models.models}
    return frozenset(configured | bundled_feature_tables(settings.home))


def _pinned(settings: Settings, lake: Lake, now: datetime) -> frozenset[str]:
    """Return the files of training sets that a model was or may be trained on."""
    from qts_core.research.retention import bundled_training_sets, pinned_files

    return pinned_files(
        lake,
        written={file.name.removeprefix("blobs/"): file.modified for file in lake.store.files()},
        now=now,
        keep=timedelta(days=settings.monitoring.storage.keep_features_days),
        bundled=bundled_training_sets(settings.home),
        registered=lambda: _registered_sets(settings),
    )


def _registered_sets(settings: Settings) -> frozenset[str] | None:
    """Return the training sets that registered versions name, None when the registry cannot be asked."""
    from qts_core.cli.compose import research_tools
    from qts_core.market.errors import TradingSystemError

    try:
        with research_tools(settings) as tools:
            versions = [v for model in tools.registry.models() for v in tools.registry.versions(model)]
    except TradingSystemError as error:
        note(f"every training set keeps its files: {error.line()}")
        return None
    return frozenset(version.tags.get("training_set", "") for version in versions)


def _show(
    settings: Settings, files: Sequence[StoredFile], gone: Sequence[Removal], *, is_dry: bool, is_json: bool
) -> None:
    from qts_core.adapters.disk import areas_of

    used, freed = sum(f.bytes for f in files), sum(r.bytes for r in gone)
    budget = int(settings.monitoring.storage.budget_gb * GIGABYTE)
    left = used - freed
    if is_json:
        print_json(
            {
                "dry_run": is_dry,
                "removed": [{"file": r.name, "bytes": r.bytes, "reason": r.reason} for r in gone],
                "freed_bytes": freed,
                "used_bytes": left,
                "budget_bytes": budget,
                "over_budget_bytes": max(0, left - budget),
                "areas_before": areas_of(files),
            }
        )
        return
    reasons: dict[str, list[Removal]] = {}
    for removal in gone:
        reasons.setdefault(removal.reason, []).append(removal)
    if reasons:
        rows = [(reason, len(each), sum(r.bytes for r in each)) for reason, each in sorted(reasons.items())]
        print_table(("would go" if is_dry else "gone", "files", "bytes"), rows)
    for each in reasons.values():
        for removal in each[:EXAMPLES]:
            note(f"    {removal.name}")
        if len(each) > EXAMPLES:
            note(f"    ... and {len(each) - EXAMPLES} more of these")
    areas = ", ".join(f"{area} {size / GIGABYTE:.2f}" for area, size in areas_of(files).items())
    note(f"{freed:,} bytes {'would be ' if is_dry else ''}freed; {settings.home} held, in GB: {areas or 'nothing'}")
    if left > budget:
        note(
            f"still {left - budget:,} bytes over the budget of {budget:,}: delete tables by name (`qts data list`, "
            "then `qts data gc --table NAME`), remove old runs in MLflow, or raise monitoring.storage.budget_gb"
        )
