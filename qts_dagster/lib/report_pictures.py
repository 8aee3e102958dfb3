"""Small pictures of backtests for the pages of assets, from records and scenarios."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg
import numpy as np

from qts_core.market.panel import Floats
from qts_core.report.figures import bar_chart, line_chart
from qts_core.report.formats import decimals, percent, short_percent
from qts_core.report.inputs import Scenario
from qts_core.report.record import ReportRecord
from qts_core.research.training_summary import FoldSummary
from qts_dagster.lib.metadata import image

__all__ = ["cost_modes", "equity_picture", "promised_and_kept", "sharpe_by_window"]


def equity_picture(record: ReportRecord) -> dg.MetadataValue:
    """Draw net and gross return since the first session."""
    curves = {name: _grown(values) for name, values in (("net", record.net), ("gross", record.gross))}
    drawing = line_chart(
        record.days, curves, title="Return out of sample", unit="Return", value_format=short_percent, include=(0.0,)
    )
    return image(drawing, f"Return out of sample, net and gross of costs, n = {len(record.days)} sessions.")


def cost_modes(scenarios: Sequence[Scenario]) -> dg.MetadataValue:
    """Draw the net return under each cost mode."""
    names = [each.name.split(":")[0] for each in scenarios]
    drawing = bar_chart(
        names, [each.total_return for each in scenarios], title="Net return by cost mode", value_format=percent,
        is_signed=True,
    )  # fmt: skip
    return image(drawing, f"Net return of the same predictions by cost mode, n = {len(names)} modes.")


def sharpe_by_window(names: Sequence[str], sharpes: Sequence[float]) -> dg.MetadataValue:
    """Draw the net Sharpe ratio of each window's test sessions."""
    drawing = bar_chart(names, sharpes, title="Net Sharpe ratio by window", is_signed=True)
    return image(drawing, f"Net Sharpe ratio a year on each window's test sessions, n = {len(names)} windows.")


def promised_and_kept(folds: Sequence[FoldSummary], measure: str) -> dg.MetadataValue:
    """Draw a measure of each fold where it was fitted, and where it was tested."""
    bars = [
        (f"{fold.name}: {where}", values.get(measure, float("nan")))
        for fold in folds
        for where, values in (("fitted", fold.in_sample), ("tested", fold.out_of_sample))
    ]
    words = measure.replace("_", " ")
    drawing = bar_chart(
        [name for name, _ in bars], [value for _, value in bars], title=words, is_signed=True,
        value_format=lambda value: decimals(value, 3),
    )  # fmt: skip
    return image(drawing, f"The {words} of each fold where it was fitted and tested, n = {len(folds)} folds.")


def _grown(values: Floats) -> Floats:
    grown: Floats = np.cumprod(1.0 + values, dtype=np.float64) - 1.0
    return grown
