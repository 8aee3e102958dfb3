"""Labels by month, each with the instant from which it is known (specification 6.5, 7.3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from qts_core.config.settings import Settings
from qts_core.data.contracts import NotBelow, Range, TableContract
from qts_core.data.ingest import load_actions, load_panel
from qts_core.data.lineage import is_current
from qts_core.data.market_source import market_instruments
from qts_core.market.calendar import TradingCalendar, month_of
from qts_core.market.ids import digest
from qts_core.market.instruments import Instrument
from qts_core.market.membership import Flags, membership_mask
from qts_core.market.panel import Floats, Panel
from qts_core.market.time import day_number
from qts_core.ports.lake import LakePort, Partition
from qts_core.research.feature_months import BARS
from qts_core.research.preparation import research_symbols
from qts_core.targets import LabelPanel, Target, judged_values, labels_for
from qts_core.targets.labels import ENTRY_DELAY_BARS
from qts_core.training.samples import TrainingSet

__all__ = ["LabelMaker", "LabelMonth", "differing_labels", "label_contract", "labels_table", "months_ahead"]

VERSION = "1"
"""Raise it whenever the same bars would be labelled otherwise: every month is then labelled again."""
FEWEST_BARS = 13
"""Bars that every session has, half days too."""
INSTANT = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class LabelMonth:
    """One month of labels in the lake.

    Attributes
    ----------
    partition : Partition
    frame : DataFrame
        symbol, ts_event, ts_known (when the label is known: the end of the last bar it uses), label_end (the start of
        that bar), label, outcome (what a prediction is judged by); only labels that are known.
    is_unchanged : bool
        Whether what was stored had been made from the same bars.
    """

    partition: Partition
    frame: pl.DataFrame
    is_unchanged: bool


def labels_table(target: Target) -> str:
    """Return the lake's table of a target's labels."""
    return f"labels_{target.name}"


class LabelMaker:
    """Makes months of labels, all from one panel, which is read when the first month needs it.

    The same functions on the same bars as in training, so labels are equal bit for bit.
    """

    def __init__(self, lake: LakePort, settings: Settings, calendar: TradingCalendar) -> None:
        self._lake, self._settings, self._calendar = lake, settings, calendar
        self._made: dict[str, tuple[LabelPanel, Floats]] = {}

    def months_ending_in(self, target: Target, months: Sequence[str]) -> tuple[str, ...]:
        """Return the months of bars, of `months` or before, whose labels may end within `months`."""
        first, last = min(months), max(months)
        return tuple(m for m in self._lake.months(BARS) if m <= last and (m in months or _until(target, m) >= first))

    def refresh(self, target: Target, month: str) -> LabelMonth:
        """Label one month of bars unless the labels stored were made from the very same bars.

        Raises
        ------
        DataNotFoundError
            If the month has no clean bars.
        """
        table, inputs = labels_table(target), self._inputs(target, month)
        stored = self._lake.partition(table, month)
        if stored is not None and is_current(self._lake, [table], month, inputs):
            return LabelMonth(stored, self._lake.read_month(table, month), is_unchanged=True)
        frame = self._frame(target, month)
        return LabelMonth(self._lake.write_month(table, month, frame, lineage=inputs), frame, is_unchanged=False)

    @cached_property
    def _panel(self) -> Panel:
        return load_panel(self._lake, calendar=self._calendar)

    @cached_property
    def _instruments(self) -> tuple[Instrument, ...]:
        return market_instruments(self._lake, self._settings.universe, research_symbols(self._lake))

    @cached_property
    def _members(self) -> Flags:
        return membership_mask(self._instruments, self._panel.timeline)

    @cached_property
    def _shared_inputs(self) -> dict[str, str]:
        told = [(i.symbol, str(i.member_from), str(i.member_to), i.is_auxiliary) for i in self._instruments]
        return {
            "labelling": VERSION,
            "members": digest(str(told)),
            "actions": digest(load_actions(self._lake).drop("ts_known", strict=False).write_csv()),
        }

    def _inputs(self, target: Target, month: str) -> dict[str, str]:
        until = _until(target, month)
        return {
            BARS: self._lake.data_hash(BARS, [m for m in self._lake.months(BARS) if m <= until]),
            **self._shared_inputs,
        }

    def _frame(self, target: Target, month: str) -> pl.DataFrame:
        if target.name not in self._made:
            made = labels_for(target, self._panel, self._members)
            self._made[target.name] = made, judged_values(target, made, self._panel)
        labels, outcome = self._made[target.name]
        time = self._panel.timeline
        start, stop = (day_number(day) for day in month_of(date.fromisoformat(f"{month}-01")))
        inside = slice(*np.searchsorted(time.session, [start, stop + 1]).tolist())
        known = self._members[inside] & np.isfinite(labels.values[inside]) & ~np.isnan(self._panel["close"][inside])
        row, column = np.nonzero(known)
        row += inside.start
        end = labels.end_row[row, column]
        return pl.DataFrame(
            {
                "symbol": pl.Series(np.array(self._panel.symbols, dtype=object)[column], dtype=pl.String),
                "ts_event": pl.Series(time.ts_event[row]).cast(INSTANT),
                "ts_known": pl.Series(time.ts_known[end]).cast(INSTANT),
                "label_end": pl.Series(time.ts_event[end]).cast(INSTANT),
                "label": pl.Series(labels.values[row, column]),
                "outcome": pl.Series(outcome[row, column], nan_to_null=True),
            }
        )


def label_contract(target: Target) -> TableContract:
    """Return what the table of a target's labels promises."""
    low, high = target.spec.low, target.spec.high
    return TableContract(
        table=labels_table(target),
        columns={
            "symbol": pl.String(),
            **dict.fromkeys(("ts_event", "ts_known", "label_end"), INSTANT),
            **dict.fromkeys(("label", "outcome"), pl.Float64()),
        },
        required=("symbol", "ts_event", "ts_known", "label_end", "label"),
        key=("symbol", "ts_event"),
        ranges=() if math.isinf(low) and math.isinf(high) else (Range("label", low=low, high=high),),
        orders=(NotBelow("label_end", "ts_event"), NotBelow("ts_known", "label_end")),
    )


def months_ahead(target: Target) -> int:
    """Return how many months after its own the labels of a month may end in, at most."""
    return _days_ahead(target) // 28 + 1


def differing_labels(lake: LakePort, target: Target, samples: TrainingSet) -> tuple[int, int]:
    """Compare the labels of a training set with those stored; return how many were compared and how many differ.

    A label that only one of the two has differs.
    """
    stored = lake.read(labels_table(target)).select("symbol", "ts_event", "label")
    known = np.isfinite(samples.labels)
    used = pl.DataFrame(
        {
            "symbol": pl.Series(np.array(samples.symbols, dtype=object)[samples.column[known]], dtype=pl.String),
            "ts_event": pl.Series(samples.timeline.ts_event[samples.row[known]]).cast(INSTANT),
            "used": samples.labels[known],
        }
    )
    joined = used.join(stored, on=["symbol", "ts_event"], how="full")
    return joined.height, joined.filter(pl.col("used").ne_missing(pl.col("label"))).height


def _until(target: Target, month: str) -> str:
    """Return the last month whose bars the labels of `month` may use."""
    last = month_of(date.fromisoformat(f"{month}-01"))[1] + timedelta(days=_days_ahead(target))
    return f"{last:%Y-%m}"


def _days_ahead(target: Target) -> int:
    sessions = (target.horizon_bars + ENTRY_DELAY_BARS) // FEWEST_BARS + 1
    # Seven sessions in ten days and a week of holidays are fewer than any year has seen.
    return sessions * 10 // 7 + 7
