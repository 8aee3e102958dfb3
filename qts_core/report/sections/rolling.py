"""Measures over a moving window: Sharpe ratio, volatility, beta."""

from __future__ import annotations

from markupsafe import Markup

from qts_core.analytics.rolling import rolling_beta, rolling_sharpe, rolling_volatility
from qts_core.report.blocks import Section, figure
from qts_core.report.context import Context
from qts_core.report.formats import decimals, percent, short_decimals, short_percent
from qts_core.report.sections.verdict import GOALS
from qts_core.report.svg.timeline import Pane, Series, time_chart

__all__ = ["rolling_section"]

LONG_WINDOW, SHORT_WINDOW = 126, 63


def rolling_section(context: Context) -> Section | None:
    """Draw Sharpe ratio, volatility and beta over half a year, or over a quarter for short runs."""
    n = len(context.net)
    window = LONG_WINDOW if n >= 2 * LONG_WINDOW else SHORT_WINDOW if n >= SHORT_WINDOW + 21 else 0
    if not window:
        return None
    goal = GOALS[0].threshold

    def draw(width: float) -> Markup:
        return time_chart(
            context.net.dates, _panes(context, window), width=width, label="Rolling Sharpe ratio, volatility and beta"
        )

    against = "" if context.benchmark is None else f"; beta to: {context.given.curves.benchmark_name.lower()}"
    block = figure(
        f"Sharpe ratio, volatility and beta over the last {window} sessions, annualised; dashed: the goal of {goal}",
        f"n = {n - window + 1:,} windows of {window} sessions, overlapping",
        draw,
        note=f"Net of costs; neighbouring windows share all but one session{against}.",
    )
    return Section("rolling", "Rolling measures", (block,), "backtest")


def _panes(context: Context, window: int) -> tuple[Pane, ...]:
    returns = context.net.returns
    sharpe = Series("Net", "net", rolling_sharpe(returns, window=window))
    spread = [Series("Net", "net", rolling_volatility(returns, window=window), is_thin=True)]
    panes = [Pane("Sharpe", (sharpe,), 120, short_decimals, decimals, include=(0.0,), marks=(GOALS[0].threshold,))]
    if context.benchmark is None:
        return (*panes, _volatility(spread))
    other = context.benchmark.returns
    spread.append(Series("Benchmark", "benchmark", rolling_volatility(other, window=window), is_thin=True))
    beta = Series("Net", "net", rolling_beta(returns, other, window=window), is_thin=True)
    return (*panes, _volatility(spread), Pane("Beta", (beta,), 70, short_decimals, decimals, include=(0.0,)))


def _volatility(series: list[Series]) -> Pane:
    return Pane("Volatility", tuple(series), 80, short_percent, percent, include=(0.0,))
