"""How samples are made of pinned files: the same ones today and whenever they are made again (specification 7.3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import polars as pl

from qts_core.analytics.survivorship import Survivorship, survivorship
from qts_core.config.ensembles import EnsembleSettings
from qts_core.config.models import ModelSettings
from qts_core.data.ingest import WHOLE
from qts_core.data.panels import month_key
from qts_core.market.errors import DataNotFoundError, InvalidConfigError
from qts_core.market.ids import digest
from qts_core.market.instruments import Instrument
from qts_core.market.membership import Flags, membership_mask
from qts_core.market.panel import Floats, Panel
from qts_core.market.time import trading_day
from qts_core.models.base import Parameter
from qts_core.models.factory import task_type
from qts_core.models.manifest import FeatureReference
from qts_core.models.preprocessing import Method
from qts_core.ports.lake import LakePort, LakeReader
from qts_core.research.ensemble_members import ENSEMBLE, MemberRecipe
from qts_core.research.feature_months import BARS, feature_table, sound_months
from qts_core.research.feature_store import KEYS, FeatureStore
from qts_core.research.pinned_lake import Pin, pin_month
from qts_core.research.symbol_parts import SymbolPart
from qts_core.research.training_strategy import strategy_of
from qts_core.targets import judged_values, labels_for, parse_target
from qts_core.training.ensembles.entry import EnsembleEntry, MemberEntry
from qts_core.training.entry import NO_UNCERTAINTY
from qts_core.training.folds import FoldPlan, plan_folds
from qts_core.training.samples import Outcomes, TrainingSet
from qts_core.training.trainer import TrainingEntry

__all__ = ["FEATURES", "Recipe", "entry_of", "made_by", "training_pins"]

ACTIONS = "corporate_actions"
FEATURES = "features"
"""Name under which months of features are pinned, whatever table holds them."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How samples are made of bars and features, once these are chosen.

    Attributes
    ----------
    key : str
        Of the model.
    settings : ModelSettings
    features : tuple of FeatureReference
        Columns of the samples.
    catalogue_hash : str
    instruments : tuple of Instrument
        The panel's columns, with their time in the universe.
    parts : tuple of SymbolPart
        What the features took each symbol for.
    as_of : datetime or None
        When everything that enters was known.
    members : tuple of MemberRecipe
        Of an ensemble.
    """

    key: str
    settings: ModelSettings
    features: tuple[FeatureReference, ...]
    catalogue_hash: str
    instruments: tuple[Instrument, ...]
    parts: tuple[SymbolPart, ...]
    as_of: datetime | None
    members: tuple[MemberRecipe, ...] = ()


def entry_of(key: str, chosen: ModelSettings, members: Sequence[MemberRecipe] = ()) -> TrainingEntry:
    """Return the trainer's view of the entry `key` of models.yaml; `members` are those of an ensemble.

    Raises
    ------
    InvalidConfigError
        If task and target contradict each other.
    """
    target, model_type = parse_target(chosen.target), task_type(chosen.task)
    try:
        return TrainingEntry(
            key,
            chosen.type,
            model_type,
            target,
            _given(chosen.hyperparameters),
            chosen.training.seed,
            chosen.training.row_stride,
            preprocessing=Method(scaler) if (scaler := chosen.features.preprocessing) else None,
            selection=chosen.features.selection,
            sample_weights=chosen.training.sample_weights,
            validation_share=chosen.training.validation_share,
            strategy=strategy_of(key, chosen),
            recency_half_life_sessions=chosen.training.recency_half_life_sessions,
            uncertainty=chosen.uncertainty,
            window_parameters=tuple(_given(window) for window in chosen.window_hyperparameters),
            ensemble=_ensemble_of(chosen, members),
        )
    except ValueError as error:
        raise InvalidConfigError(
            "QTS-CONF-005", "task and target contradict each other", where=f"models.yaml {key}", found=str(error),
            expected="the task that docs/concepts/models.md names for the target",
        ) from error  # fmt: skip


def _ensemble_of(chosen: ModelSettings, members: Sequence[MemberRecipe]) -> EnsembleEntry | None:
    if chosen.type != ENSEMBLE:
        return None
    # what a member says of its own doubt is no score; the ensemble has its own
    entries = [replace(entry_of(m.key, m.settings), uncertainty=NO_UNCERTAINTY) for m in members]
    joined = tuple(MemberEntry(e, frozenset(m.left_out)) for e, m in zip(entries, members, strict=True))
    return EnsembleEntry(joined, chosen.ensemble or EnsembleSettings())


def _given(hyperparameters: Mapping[str, Parameter | None]) -> dict[str, Parameter]:
    return {name: value for name, value in hyperparameters.items() if value is not None}


def made_by(recipe: Recipe, source: LakeReader, panel: Panel) -> tuple[TrainingSet, FoldPlan, Survivorship]:
    """Return samples, folds and survivors; the same ones for the same files, whenever they are made.

    Parameters
    ----------
    recipe : Recipe
    source : LakeReader
        Its features stand under :data:`FEATURES`.
    panel : Panel
        Of the bars of `source`.
    """
    entry = entry_of(recipe.key, recipe.settings, recipe.members)
    members = membership_mask(recipe.instruments, panel.timeline)
    names = tuple(feature.name for feature in recipe.features)
    features, row, column = _read_features(source, panel, names, recipe.as_of)
    inside = members[row, column]
    if not inside.all():
        features, row, column = features[inside], row[inside], column[inside]
    labels = labels_for(entry.target, panel, members)
    judged = judged_values(entry.target, labels, panel)
    data_hash = source.data_hash(BARS)
    samples = TrainingSet(
        features=features,
        labels=labels.values[row, column],
        returns=judged[row, column],
        row=row,
        column=column,
        end_row=labels.end_row[row, column],
        names=names,
        feature_hashes=tuple(feature.hash for feature in recipe.features),
        timeline=panel.timeline,
        symbols=panel.symbols,
        catalogue_hash=recipe.catalogue_hash,
        data_hash=data_hash if recipe.as_of is None else digest(f"{data_hash} as of {recipe.as_of.isoformat()}"),
        parts=recipe.parts,
        others=_others(entry, panel, members, row, column),
    )
    plan = plan_folds(recipe.settings.training, panel.timeline, horizon_bars=entry.target.horizon_bars)
    return samples, plan, survivorship(panel, members)


def _others(
    entry: TrainingEntry,
    panel: Panel,
    members: Flags,
    row: np.ndarray[tuple[int], np.dtype[np.int32]],
    column: np.ndarray[tuple[int], np.dtype[np.int32]],
) -> dict[str, Outcomes]:
    """Return the outcomes of every target that a member of an ensemble learns."""
    found: dict[str, Outcomes] = {}
    for member in () if entry.ensemble is None else entry.ensemble.members:
        target = member.entry.target
        if target.name not in found:
            labels = labels_for(target, panel, members)
            judged = judged_values(target, labels, panel)
            found[target.name] = Outcomes(labels.values[row, column], judged[row, column], labels.end_row[row, column])
    return found


def training_pins(store: FeatureStore, names: tuple[str, ...], *, as_of: datetime | None) -> tuple[Pin, ...]:
    """Return the months that a training set is made of: bars, corporate actions, and features under `FEATURES`.

    What was computed again for a moment is stored beside the rest, in a table of that moment.

    Raises
    ------
    DataNotFoundError
        If a month of bars has no features, or features of other bars than are there now.
    """
    lake, table = store.lake, feature_table(store.catalogue)
    reach = "9999-12" if as_of is None else month_key(trading_day(as_of))
    months = [month for month in lake.months(BARS) if month <= reach]
    pins = [pin_month(lake, BARS, month) for month in months]
    if lake.partition(ACTIONS, WHOLE) is not None:
        pins.append(pin_month(lake, ACTIONS, WHOLE))
    if as_of is None:
        sound = {part.month for part in sound_months(lake, store.catalogue, roles=store.roles)}
        _check_features(lake, table, months, sound)
        return (*pins, *(pin_month(lake, table, month, name=FEATURES) for month in months))
    then = f"{table}_{digest(as_of.isoformat())[:8]}"
    for part in store.scan(names, as_of=as_of):
        if part.stored is None:
            lake.write_month(then, part.month, part.frame, lineage={"as_of": as_of.isoformat(), "features": table})
        pins.append(pin_month(lake, table if part.stored else then, part.month, name=FEATURES))
    return tuple(pins)


def _check_features(lake: LakePort, table: str, months: Sequence[str], sound: Collection[str]) -> None:
    missing = sorted(set(months) - set(lake.months(table)))
    if missing:
        raise DataNotFoundError(
            "QTS-DATA-013", "there are months of bars without features", where=table, found=", ".join(missing),
            fix="run `qts train` (it computes them), or materialise the features in Dagster",
        )  # fmt: skip
    if stale := sorted(set(months) - set(sound)):
        raise DataNotFoundError(
            "QTS-FEAT-027", "features were made from other bars than the lake holds now", where=table,
            found=f"those from {stale[0]} on", fix="run `qts train`, or materialise the features in Dagster",
        )  # fmt: skip


def _read_features(
    source: LakeReader, panel: Panel, names: tuple[str, ...], as_of: datetime | None
) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.int32]], np.ndarray[tuple[int], np.dtype[np.int32]]]:
    months = source.months(FEATURES)
    partitions = [source.partition(FEATURES, month) for month in months]
    count = sum(p.rows for p in partitions if p is not None)
    features = np.empty((count, len(names)))
    row, column = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int32)
    place = pl.Enum(panel.symbols)
    filled = 0
    for month in months:
        frame = source.read_month(FEATURES, month, columns=(*KEYS, *names)).sort("ts_event", "symbol")
        if as_of is not None:
            frame = frame.filter(pl.col("ts_known") <= as_of)
        rows = slice(filled, filled + frame.height)
        for index, name in enumerate(names):
            features[rows, index] = frame[name].to_numpy()
        row[rows] = panel.timeline.rows_of(frame["ts_event"].to_physical().to_numpy())
        column[rows] = frame["symbol"].cast(place).to_physical().to_numpy()
        filled = rows.stop
    features, row, column = features[:filled], row[:filled], column[:filled]
    is_bar = np.isfinite(panel["close"])
    if filled != int(is_bar.sum()) or (filled and (int(row.min()) < 0 or not is_bar[row, column].all())):
        raise DataNotFoundError(
            "QTS-DATA-013", "features and bars do not match", where=FEATURES,
            found=f"{filled:,} rows of features, {int(is_bar.sum()):,} bars", fix="compute the features again",
        )  # fmt: skip
    return features, row, column
