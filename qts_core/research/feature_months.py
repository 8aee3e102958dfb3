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
from qts_core.features import Catalogue, default_catalogue
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
    "feature_snapshot",
    "feature_table",
    "model_catalogue",
    "snapshot_name",
]

BARS = "clean_bars"
SPLITS = "splits"
KNOWN = "known_until"


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
    """Return the part of the default catalogue that features.yaml asks for."""
    return _selected(default_catalogue(), settings.groups, settings.exclude)


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
    lake: LakePort, month: str, catalogue: Catalogue, *, symbols: tuple[str, ...], calendar: TradingCalendar
) -> FeatureMonth:
    """Compute every feature of `catalogue` on the clean bars of `month`.

    Raises
    ------
    DataNotFoundError
        If the month has no clean bars, or the month before has some but no features yet.
    """
    first, last = _span(month)
    panel = load_panel(lake, calendar=calendar, first=first, last=last, symbols=symbols)
    earlier = [m for m in lake.months(BARS) if m < month]
    snapshot, lineage = (
        None,
        _sources(lake, month, load_actions(lake)) | {"catalogue": catalogue.hash, KNOWN: _known(lake, month)},
    )
    if earlier:
        name = snapshot_name(catalogue, earlier[-1])
        if not lake.has_blob(name):
            raise DataNotFoundError(
                "QTS-FEAT-006",
                "the month before has no features to go on from",
                where=f"features {month}",
                found=f"no snapshot of {earlier[-1]}",
                fix="compute the months in order, or all of them",
            )
        snapshot = lake.read_blob(name)
        lineage["continues"] = earlier[-1]
    result = compute_panel(panel, catalogue, snapshot)
    present = ~np.isnan(panel["close"])
    frame = to_frame(result, panel.timeline, panel.symbols, present=present)
    partition = lake.write_month(feature_table(catalogue), month, frame, lineage=lineage)
    lake.write_blob(snapshot_name(catalogue, month), result.snapshot)
    bars = max(int(present.sum()), 1)
    missing = {name: float((np.isnan(result.values[i]) & present).sum()) / bars for i, name in enumerate(result.names)}
    return FeatureMonth(partition, missing)


def compute_all_months(
    lake: LakePort, catalogue: Catalogue, *, symbols: tuple[str, ...], calendar: TradingCalendar
) -> dict[str, FeatureMonth]:
    """Compute the features of every month of clean bars whose stored ones do not stem from those bars, in order."""
    done: dict[str, FeatureMonth] = {}
    actions = load_actions(lake)
    for month in lake.months(BARS):
        stored = lake.partition(feature_table(catalogue), month)
        if done or stored is None or not _sources(lake, month, actions).items() <= stored.lineage.items():
            done[month] = compute_feature_month(lake, month, catalogue, symbols=symbols, calendar=calendar)
    return done


def feature_snapshot(lake: LakePort, catalogue: Catalogue, before: datetime) -> tuple[str, bytes] | None:
    """Return the newest month that ended before `before` with its engine snapshot, None when there is none.

    It stands for what was known at `before`: it and every month before it stem from the bars that the lake holds now,
    and none of those was revised later.
    """
    table, found, actions = feature_table(catalogue), None, load_actions(lake)
    for month in lake.months(BARS):
        stored = lake.partition(table, month)
        if (
            month >= f"{before:%Y-%m}"
            or stored is None
            or not _sources(lake, month, actions).items() <= stored.lineage.items()
        ):
            break
        if datetime.fromisoformat(stored.lineage[KNOWN]) > before:
            break
        found = month
    if found is None or not lake.has_blob(snapshot_name(catalogue, found)):
        return None
    return found, lake.read_blob(snapshot_name(catalogue, found))


def _sources(lake: LakePort, month: str, actions: pl.DataFrame) -> dict[str, str]:
    """Return what features of `month` are made from: its bars and the splits in force at its end."""
    in_force = split_steps(actions.filter(pl.col("ex_date") <= _span(month)[1]))
    return {BARS: lake.data_hash(BARS, [month]), SPLITS: digest(in_force)}


def _known(lake: LakePort, month: str) -> str:
    """Return when the last of the month's bars or revisions became known."""
    known: datetime = lake.read_month(BARS, month).select(pl.col("ts_known").max()).item()
    return known.isoformat()


def _span(month: str) -> tuple[date, date]:
    return month_of(date.fromisoformat(f"{month}-01"))


def _selected(catalogue: Catalogue, groups: Sequence[str], exclude: Sequence[str]) -> Catalogue:
    unwanted = [name for name in catalogue.names if any(fnmatchcase(name, pattern) for pattern in exclude)]
    return catalogue.subset(groups=tuple(catalogue.groups) if "all" in groups else tuple(groups), exclude=unwanted)
