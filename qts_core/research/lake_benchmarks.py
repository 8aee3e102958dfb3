"""What anyone could have held instead, from bars of the lake: known funds, and equal weights (specification 11.3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qts_core.analytics.benchmarks import BENCHMARKS, benchmark_returns, custom_benchmark, session_closes
from qts_core.config.settings import Settings
from qts_core.data.ingest import load_panel
from qts_core.data.market_source import market_instruments
from qts_core.market.calendar import TradingCalendar
from qts_core.market.membership import membership_mask
from qts_core.market.panel import Floats, Panel
from qts_core.ports.lake import LakePort
from qts_core.research.symbol_parts import research_symbols

__all__ = ["EQUAL_WEIGHT", "lake_benchmarks", "panel_benchmarks"]

EQUAL_WEIGHT = "Equal weight, monthly"


def lake_benchmarks(
    lake: LakePort, settings: Settings, days: NDArray[np.int32], *, calendar: TradingCalendar
) -> dict[str, Floats]:
    """Return the returns of each benchmark on `days`, float64 [D], by name; those that the lake has bars for.

    Parameters
    ----------
    days : int32 [D]
        Sessions, days since 1970-01-01, increasing.
    """
    if not len(days):
        return {}
    # A month before the first session is enough for the close before it, whatever holidays lie there.
    first, last = (np.datetime64(int(day), "D").item() for day in (days[0] - 31, days[-1]))
    symbols = research_symbols(lake)
    panel = load_panel(lake, calendar=calendar, symbols=symbols, first=first, last=last)
    instruments = market_instruments(lake, settings.universe, panel.symbols)
    members = membership_mask(instruments, panel.timeline)
    row = int(np.searchsorted(panel.timeline.session, days[0]))
    held = tuple(i.symbol for i, is_in in zip(instruments, members[row], strict=True) if is_in and not i.is_auxiliary)
    return panel_benchmarks(panel, days, held)


def panel_benchmarks(panel: Panel, days: NDArray[np.int32], held: tuple[str, ...]) -> dict[str, Floats]:
    """Return the same from the bars of `panel`; `held` share the equal weights, of which each needs a bar before.

    Equal weights are set anew at the first session of each month. A symbol without a bar on the session before the
    first of `days` is not in them: nobody knew of it. One that ends later stands still at its last close. Where no bar
    lies before, the first return is 0.
    """
    line = panel.timeline
    before = int(np.searchsorted(line.session, days[0]))
    start = int(np.searchsorted(line.session, line.session[before - 1])) if before else 0
    if not np.isfinite(panel["close"][start:before]).any():
        start = before
    closes = session_closes(panel.rows(slice(start, None)))
    chosen = [*BENCHMARKS]
    known = [symbol for symbol in held if symbol in closes]
    if known:
        chosen.append(custom_benchmark(EQUAL_WEIGHT, {symbol: 1.0 / len(known) for symbol in known}))
    return benchmark_returns(closes, days, benchmarks=chosen)
