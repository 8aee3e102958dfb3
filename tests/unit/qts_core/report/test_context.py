"""Only what is out of sample is measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from qts_core.market.time import trading_day
from qts_core.report.context import Context
from qts_core.report.inputs import ReportInput

Maker = Callable[..., ReportInput]


def test_everything_is_measured_unless_said_otherwise(sample: Maker) -> None:
    context = Context.of(sample())
    assert context.first_row == 0
    assert len(context.net) == len(np.unique(context.given.curves.timeline.session))
    assert context.measures["trades"].value == 30


def test_figures_begin_with_the_first_session_out_of_sample(sample: Maker) -> None:
    given = sample()
    start = date(2024, 3, 1)
    context = Context.of(replace(given, curves=replace(given.curves, out_of_sample_from=start)))
    assert context.net.dates[0] == start
    assert context.dates[context.first_row] == start
    assert context.net.initial == given.curves.net[context.first_row - 1]
    assert context.value("total_return") == pytest.approx(given.curves.net[-1] / context.net.initial - 1)
    assert context.value("trades") == sum(trading_day(t.entered) >= start for t in given.trades)
    paid = sum(float(v[context.first_row :].sum()) for v in given.costs.by_kind.values())
    assert context.value("total_costs") == pytest.approx(paid)


def test_trades_are_in_the_order_of_closing(sample: Maker) -> None:
    left = [t.left for t in Context.of(sample()).trades]
    assert left == sorted(left)
