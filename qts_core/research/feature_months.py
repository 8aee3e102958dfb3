"""Features by month: each resumes from the engine snapshot of the one before (specification 5.3, design section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fnmatch import fnmatchcase

import numpy as np
import polars as pl

from qts_core.config.features import FeaturesSettings
from qts_core.config.settings import Settings
from qts_core.data.actions.chain import split_steps
from qts_core.data.ingest import load_actions, load_panel
from qts_core.data.lineage import is_current
from qts_core.data.quality.flags import real_bars
from qts_core.features import Catalogue, default_catalogue
from qts_core.features.roles import SymbolRoles
from qts_core.features.store import compute_panel, to_frame
from qts_core.market.calendar import TradingCalendar, month_of
from qts_core.market.errors import DataNotFoundError
from qts_core.market.ids import digest
from qts_core.ports.lake import LakePort, Partition

__all__ = [
    "BARS",
    "FeatureMonth",
    "catalogue_for",
    "compute_all_months",
    "compute_feature_month",
    "feature_inputs",
    "feature_snapshot",
    "feature_table",
    "model_catalogue",
    "refresh_feature_month",
    "snapshot_name",
    "stored_feature_month",
]

BARS = "clean_bars"
SPLITS = "splits"
SYMBOLS = "symbols"
STATE = "state"
"""Hash of the engine's state that a month goes on from."""
SNAPSHOT = "snapshot"
"""Hash of the engine's state at the month's end."""
KNOWN = "known_until"
THREADS = 2
"""Threads that share the symbols of a month; the values are the same bits for any number."""


@dataclass(frozen=True, slots=True)
class FeatureMonth:
    """One month of features in the lake.

    Attributes
    ----------
    partition : Partition
        The stored table.
    missing : mapping of str to float
        Share of existing bars without a value, by feature.
    """

    partition: Partition
    missing: dict[str, float]


def catalogue_for(settings: FeaturesSettings) -> Catalogue:
    """Return the part of the default catalogue that features.yaml asks for.

    `all` stands for what can be computed of any market; features that read auxiliary symbols are asked for by group.
    """
    catalogue, named = default_catalogue(), [group for group in settings.groups if group != "all"]
    if "all" in settings.groups:
        asked = catalogue.subset(groups=named).names if named else ()
        catalogue = catalogue.subset(names=[*catalogue.readable(()).names, *asked])
        named = []
    return _selected(catalogue, named or ["all"], settings.exclude)


def model_catalogue(settings: Settings, key: str) -> Catalogue:
    """Return the features of model `key`: a part of what is computed, in the same order."""
    wanted = settings.models.models[key].features
    return _selected(catalogue_for(settings.features), wanted.groups, wanted.exclude)


def feature_table(catalogue: Catalogue) -> str:
    """Return the lake's table of a catalogue: another expression gives another table."""
    return f"features_{catalogue.hash[:8]}"


def snapshot_name(catalogue: Catalogue, month: str) -> str:
    """Return the blob that holds the engine's state after `month`."""
    return f"snapshots/{feature_table(catalogue)}/{month}.npz"


def compute_feature_month(
    lake: LakePort,
    month: str,
    catalogue: Catalogue,
    *,
    symbols: tuple[str, ...],
    calendar: TradingCalendar,
    roles: SymbolRoles | None = None,
) -> FeatureMonth:
    """Compute every feature of `catalogue` on the clean bars of `month`.

    Raises
    ------
    DataNotFoundError
        If the month has no clean bars, or the month before has some but no features yet.
    """
    first, last = _span(month)
    panel = load_panel(lake, calendar=calendar, first=first, last=last, symbols=symbols)
    inputs = feature_inputs(lake, month, catalogue, symbols, roles)
    before = _month_before(lake, month)
    snapshot = None if before is None else lake.read_blob(snapshot_name(catalogue, before))
    result = compute_panel(panel, catalogue, snapshot, roles=roles, threads=THREADS)
    present = ~np.isnan(panel["close"])
    frame = to_frame(result, panel.timeline, panel.symbols, present=present)
    # The snapshot first: a month whose manifest is there can be gone on from.
    lake.write_blob(snapshot_name(catalogue, month), result.snapshot)
    lineage = inputs | {KNOWN: _known(lake, month), SNAPSHOT: digest(result.snapshot)}
    partition = lake.write_month(feature_table(catalogue), month, frame, lineage=lineage)
    return _described(partition, frame, catalogue)


def stored_feature_month(lake: LakePort, month: str, catalogue: Catalogue) -> FeatureMonth:
    """Describe a month of features that is in the lake, its bytes verified.

    Raises
    ------
    DataNotFoundError
        If it was never computed.
    """
    frame = lake.read_month(feature_table(catalogue), month)
    partition = lake.partition(feature_table(catalogue), month)
    assert partition is not None
    return _described(partition, frame, catalogue)


def refresh_feature_month(
    lake: LakePort,
    month: str,
    catalogue: Catalogue,
    *,
    symbols: tuple[str, ...],
    calendar: TradingCalendar,
    roles: SymbolRoles | None = None,
) -> FeatureMonth | None:
    """Compute the features of one month unless the stored ones were made from the very same inputs; return None then.

    Raises
    ------
    DataNotFoundError
        As :func:`compute_feature_month`.
    """
    is_there = lake.partition(BARS, month) is not None
    if is_there and is_current(
        lake, [feature_table(catalogue)], month, feature_inputs(lake, month, catalogue, symbols, roles)
    ):
        return None
    return compute_feature_month(lake, month, catalogue, symbols=symbols, calendar=calendar, roles=roles)


def compute_all_months(
    lake: LakePort,
    catalogue: Catalogue,
    *,
    symbols: tuple[str, ...],
    calendar: TradingCalendar,
    roles: SymbolRoles | None = None,
) -> dict[str, FeatureMonth]:
    """Compute the features of every month of clean bars unless the stored ones were made from what is there now.

    In order: a month whose end state changes has the next one computed again too; where it does not, the chain ends.
    """
    done: dict[str, FeatureMonth] = {}
    for month in lake.months(BARS):
        computed = refresh_feature_month(lake, month, catalogue, symbols=symbols, calendar=calendar, roles=roles)
        if computed is not None:
            done[month] = computed
    return done


def feature_inputs(
    lake: LakePort, month: str, catalogue: Catalogue, symbols: tuple[str, ...], roles: SymbolRoles | None = None
) -> dict[str, str]:
    """Return the hashes of everything that the features of `month` depend on.

    Raises
    ------
    DataNotFoundError
        If there is a month of bars before it from whose end the features cannot go on.
    """
    inputs = _sources(lake, month, load_actions(lake))
    parts = "" if roles is None else roles.digest
    inputs |= {"catalogue": catalogue.hash, SYMBOLS: digest(",".join(symbols) + parts)}
    before = _month_before(lake, month)
    if before is None:
        return inputs
    stored = lake.partition(feature_table(catalogue), before)
    found = {} if stored is None else stored.lineage
    if SNAPSHOT not in found or found[SYMBOLS] != inputs[SYMBOLS]:
        raise DataNotFoundError(
            "QTS-FEAT-006",
            "the month before has no features to go on from",
            where=f"features {month}",
            found=f"features of other symbols in {before}" if SNAPSHOT in found else f"no snapshot of {before}",
            fix="compute the months in order, or all of them",
        )
    return inputs | {"continues": before, STATE: found[SNAPSHOT]}


def feature_snapshot(lake: LakePort, catalogue: Catalogue, before: datetime) -> tuple[str, bytes] | None:
    """Return the newest month that ended before `before` with its engine snapshot, None when there is none.

    It stands for what was known at `before`: it and every month before it stem from the bars that the lake holds now,
    and none of those was revised later.
    """
    table, found, actions = feature_table(catalogue), None, load_actions(lake)
    state: dict[str, str] = {}
    for month in lake.months(BARS):
        stored = lake.partition(table, month)
        if month >= f"{before:%Y-%m}" or stored is None:
            break
        if not (_sources(lake, month, actions) | state).items() <= stored.lineage.items():
            break
        if datetime.fromisoformat(stored.lineage[KNOWN]) > before:
            break
        found, state = month, {STATE: stored.lineage.get(SNAPSHOT, "")}
    if found is None or not lake.has_blob(snapshot_name(catalogue, found)):
        return None
    return found, lake.read_blob(snapshot_name(catalogue, found))


def _described(partition: Partition, frame: pl.DataFrame, catalogue: Catalogue) -> FeatureMonth:
    bars = max(frame.height, 1)
    return FeatureMonth(partition, {name: frame[name].null_count() / bars for name in catalogue.names})


def _sources(lake: LakePort, month: str, actions: pl.DataFrame) -> dict[str, str]:
    """Return what features of `month` are made from: its bars and the splits in force at its end."""
    in_force = split_steps(actions.filter(pl.col("ex_date") <= _span(month)[1]))
    return {BARS: lake.data_hash(BARS, [month]), SPLITS: digest(in_force)}


def _month_before(lake: LakePort, month: str) -> str | None:
    return max((m for m in lake.months(BARS) if m < month), default=None)


def _known(lake: LakePort, month: str) -> str:
    """Return when the last of the month's bars or revisions became known."""
    known: datetime = real_bars(lake.read_month(BARS, month)).select(pl.col("ts_known").max()).item()
    return known.isoformat()


def _span(month: str) -> tuple[date, date]:
    return month_of(date.fromisoformat(f"{month}-01"))


def _selected(catalogue: Catalogue, groups: Sequence[str], exclude: Sequence[str]) -> Catalogue:
    unwanted = [name for name in catalogue.names if any(fnmatchcase(name, pattern) for pattern in exclude)]
    return catalogue.subset(groups=tuple(catalogue.groups) if "all" in groups else tuple(groups), exclude=unwanted)
