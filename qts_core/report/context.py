"""What every section needs, computed once: curves by session, the out-of-sample part, all measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from qts_core.analytics.returns import DailyCurve
from qts_core.analytics.summary import Measure, Performance, measure
from qts_core.market.panel import Floats
from qts_core.market.time import day_number, trading_day
from qts_core.report.inputs import ReportInput, Trade

__all__ = ["Context"]


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """A report's input with what is derived from it.

    Attributes
    ----------
    dates : tuple of date
        Trading date of each of T bars.
    first_row : int
        First bar out of sample; everything in `net`, `measures` and `trades` is measured from there.
    net, gross, benchmark : DailyCurve
        Out of sample, at session closes.
    """

    given: ReportInput
    dates: tuple[date, ...]
    first_row: int
    net: DailyCurve
    gross: DailyCurve
    benchmark: DailyCurve | None
    trades: tuple[Trade, ...]
    measures: Mapping[str, Measure]

    @classmethod
    def of(cls, given: ReportInput) -> Context:
        """Derive everything from `given`."""
        curves = given.curves
        line = curves.timeline
        start = curves.out_of_sample_from
        first = 0 if start is None else int(np.searchsorted(line.session, day_number(start)))

        def daily(equity: Floats) -> DailyCurve:
            before = curves.initial if first == 0 else float(equity[first - 1])
            return DailyCurve.of(line[first:], equity[first:], initial=before)

        net, gross = daily(curves.net), daily(curves.gross)
        benchmark = None if curves.benchmark is None else daily(curves.benchmark)
        trades = tuple(t for t in given.trades if start is None or trading_day(t.entered) >= start)
        in_order = sorted(trades, key=lambda t: t.left)
        performance = Performance(
            net=net,
            gross=gross,
            benchmark=benchmark,
            bar_equity=curves.net[first:],
            gross_exposure=curves.gross_exposure[first:],
            net_exposure=curves.net_exposure[first:],
            positions=curves.positions[first:],
            trade_pnl=np.array([t.pnl for t in in_order], dtype=np.float64),
            trade_bars=np.array([t.bars_held for t in in_order], dtype=np.int64),
            costs=float(sum(values[first:].sum() for values in given.costs.by_kind.values())),
            traded_notional=float(given.costs.traded[first:].sum()),
            trials=given.trials.deflating,
            trial_variance=given.trials.variance,
        )
        names = {int(day): date.fromordinal(719_163 + int(day)) for day in np.unique(line.session)}
        dates = tuple(names[int(day)] for day in line.session)
        return cls(given, dates, first, net, gross, benchmark, tuple(in_order), measure(performance))

    def value(self, name: str) -> float:
        """Return the value of a metric."""
        return self.measures[name].value

    @property
    def sessions(self) -> str:
        """The n of everything measured by session, in words."""
        return f"n = {len(self.net):,} sessions"
