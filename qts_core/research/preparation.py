"""From the lake to what a model learns from: features, labels and the fold plan on one timeline (specification 7.3)."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import polars as pl

from qts_core.analytics.survivorship import Survivorship, survivorship
from qts_core.config.models import ModelSettings
from qts_core.config.settings import Settings
from qts_core.data.actions.identity import carry_bars
from qts_core.data.ingest import load_actions, load_panel
from qts_core.data.market_source import market_instruments
from qts_core.features import Catalogue
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataNotFoundError, InvalidConfigError
from qts_core.market.ids import digest
from qts_core.market.instruments import Instrument
from qts_core.market.membership import Flags, membership_mask
from qts_core.market.panel import Floats, Panel
from qts_core.models.factory import task_type
from qts_core.models.preprocessing import Method
from qts_core.ports.lake import LakePort
from qts_core.research.feature_months import BARS, catalogue_for, feature_table, model_catalogue
from qts_core.research.symbol_parts import SymbolPart, parts_of
from qts_core.targets import judged_values, labels_for, parse_target
from qts_core.training.folds import FoldPlan, plan_folds
from qts_core.training.samples import TrainingSet
from qts_core.training.trainer import TrainingEntry

__all__ = [
    "PreparedTraining",
    "model_settings",
    "prepare_training",
    "research_symbols",
    "training_entry",
    "training_set",
]


@dataclass(frozen=True, slots=True, eq=False)
class PreparedTraining:
    """Everything one training needs, with what a page wants to show of it.

    Attributes
    ----------
    entry : TrainingEntry
    samples : TrainingSet
    plan : FoldPlan
    panel : Panel
        The bars the samples came from.
    table : str
        Lake table of the features.
    instruments : tuple of Instrument
        The panel's columns, with their time in the universe.
    survivorship : Survivorship
        Who of them was still there at the end.
    seconds : float
        Time it took.
    """

    entry: TrainingEntry
    samples: TrainingSet
    plan: FoldPlan
    panel: Panel
    table: str
    instruments: tuple[Instrument, ...]
    survivorship: Survivorship
    seconds: float

    @property
    def identity(self) -> str:
        """Hash of every choice: configuration, universe, features, bars and folds."""
        return digest(
            {
                **self.entry.as_dict(),
                "catalogue": self.samples.catalogue_hash,
                "data": self.samples.data_hash,
                "folds": self.plan.hash,
                "universe": [(i.symbol, str(i.member_from), str(i.member_to), i.role) for i in self.instruments],
            }
        )


def model_settings(settings: Settings, key: str) -> ModelSettings:
    """Return the entry `key` of models.yaml.

    Raises
    ------
    InvalidConfigError
        If there is no such model.
    """
    if key not in settings.models.models:
        raise InvalidConfigError(
            "QTS-CONF-003", "no such model", where="models.yaml", found=key,
            expected=", ".join(sorted(settings.models.models)) or "an entry under models",
            fix="name one of them, or add an entry",
        )  # fmt: skip
    return settings.models.models[key]


def research_symbols(lake: LakePort) -> tuple[str, ...]:
    """Return every symbol that has a clean bar in any month, sorted: the columns of all research panels."""
    found: set[str] = set()
    actions = load_actions(lake)
    for month in lake.months(BARS):
        named = carry_bars(lake.read_month(BARS, month).select("symbol", "ts_event"), actions)
        found.update(named["symbol"].unique().to_list())
    return tuple(sorted(found))


def training_entry(settings: Settings, key: str) -> TrainingEntry:
    """Return the trainer's view of a model's configuration."""
    chosen = model_settings(settings, key)
    target, model_type = parse_target(chosen.target), task_type(chosen.task)
    try:
        return TrainingEntry(
            key,
            chosen.type,
            model_type,
            target,
            {name: value for name, value in chosen.hyperparameters.items() if value is not None},
            chosen.training.seed,
            chosen.training.row_stride,
            preprocessing=Method(scaler) if (scaler := chosen.features.preprocessing) else None,
            selection=chosen.features.selection,
            sample_weights=chosen.training.sample_weights,
        )
    except ValueError as error:
        raise InvalidConfigError(
            "QTS-CONF-005", "task and target contradict each other", where=f"models.yaml {key}", found=str(error),
            expected="the task that docs/concepts/models.md names for the target",
        ) from error  # fmt: skip


def prepare_training(lake: LakePort, settings: Settings, key: str, *, calendar: TradingCalendar) -> PreparedTraining:
    """Read bars and features of the lake, make labels, and lay out the folds.

    Parameters
    ----------
    lake : LakePort
        With ``clean_bars`` and the features of the configured catalogue.
    key : str
        Model in models.yaml.

    Raises
    ------
    DataNotFoundError
        If a month of bars has no features yet.
    TrainingError
        If there are too few sessions for one fold.
    """
    started = time.perf_counter()
    entry, chosen = training_entry(settings, key), model_settings(settings, key).training
    panel = load_panel(lake, calendar=calendar)
    table = feature_table(catalogue_for(settings.features))
    instruments = market_instruments(lake, settings.universe, panel.symbols)
    members = membership_mask(instruments, panel.timeline)
    samples = training_set(
        lake, panel, model_catalogue(settings, key), entry, table=table, members=members,
        parts=parts_of(settings.universe, instruments),
    )  # fmt: skip
    plan = plan_folds(chosen, panel.timeline, horizon_bars=entry.target.horizon_bars)
    alive = survivorship(panel, members)
    return PreparedTraining(entry, samples, plan, panel, table, instruments, alive, time.perf_counter() - started)


def training_set(
    lake: LakePort,
    panel: Panel,
    catalogue: Catalogue,
    entry: TrainingEntry,
    *,
    table: str,
    members: Flags,
    parts: tuple[SymbolPart, ...] = (),
) -> TrainingSet:
    """Join the features of `table` with the labels of `entry`, a sample for every bar of a member of the universe.

    Parameters
    ----------
    members : bool [T, N]
        Where each symbol of `panel` belongs to the universe.
    parts : tuple of SymbolPart
        What the features took each symbol for.
    """
    features, row, column = _read_features(lake, panel, catalogue.names, table)
    inside = members[row, column]
    if not inside.all():
        features, row, column = features[inside], row[inside], column[inside]
    labels = labels_for(entry.target, panel, members)
    judged = judged_values(entry.target, labels, panel)
    return TrainingSet(
        features=features,
        labels=labels.values[row, column],
        returns=judged[row, column],
        row=row,
        column=column,
        end_row=labels.end_row[row, column],
        names=catalogue.names,
        feature_hashes=tuple(catalogue[name].version for name in catalogue.names),
        timeline=panel.timeline,
        symbols=panel.symbols,
        catalogue_hash=catalogue.hash,
        data_hash=lake.data_hash(BARS),
        parts=parts,
    )


def _read_features(
    lake: LakePort, panel: Panel, names: tuple[str, ...], table: str
) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.int32]], np.ndarray[tuple[int], np.dtype[np.int32]]]:
    months, missing = lake.months(table), set(lake.months(BARS)) - set(lake.months(table))
    if missing:
        raise DataNotFoundError(
            "QTS-DATA-013", "there are months of bars without features", where=table, found=", ".join(sorted(missing)),
            fix="run `qts train` (it computes them), or materialise the features in Dagster",
        )  # fmt: skip
    partitions = [lake.partition(table, month) for month in months]
    count = sum(p.rows for p in partitions if p is not None)
    features = np.empty((count, len(names)))
    row, column = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int32)
    place = pl.Enum(panel.symbols)
    filled = 0
    for month in months:
        frame = lake.read_month(table, month).sort("ts_event", "symbol")
        rows = slice(filled, filled + frame.height)
        for index, name in enumerate(names):
            features[rows, index] = frame[name].to_numpy()
        row[rows] = panel.timeline.rows_of(frame["ts_event"].to_physical().to_numpy())
        column[rows] = frame["symbol"].cast(place).to_physical().to_numpy()
        filled = rows.stop
    if filled and (int(row.min()) < 0 or np.isnan(panel["close"][row, column]).any()):
        raise DataNotFoundError(
            "QTS-DATA-013", "features without a bar", where=table, fix="compute the features again: their bars changed"
        )
    return features, row, column
