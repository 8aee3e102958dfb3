"""The table of benchmarks: its figures against statsmodels and by hand, and no table where nothing is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

from qts_core.report.context import Context
from qts_core.report.formats import decimals, percent
from qts_core.report.inputs import ReportInput
from qts_core.report.sections.benchmarks import benchmarks_table
from qts_core.report.sections.equity import equity_section

Maker = Callable[..., ReportInput]


def with_benchmarks(given: ReportInput, **returns: np.ndarray) -> Context:
    return Context.of(replace(given, evidence=replace(given.evidence, benchmarks=returns)))


def test_a_row_for_each_with_beta_and_return_of_the_field(sample: Maker) -> None:
    own = Context.of(sample()).net.returns
    rng = np.random.default_rng(4)
    other = 0.5 * own + 0.01 * rng.standard_normal(len(own))
    found = benchmarks_table(with_benchmarks(sample(), SPY=other, EQUAL=other[::-1]))
    assert found is not None
    assert [row[0].text for row in found.rows] == ["SPY", "EQUAL"]
    assert found.counted == f"n = {len(own):,} sessions"
    cells = dict(zip([column.name for column in found.columns], found.rows[0], strict=True))
    fitted = sm.OLS(own, sm.add_constant(other)).fit()
    assert cells["Beta"].text == decimals(float(fitted.params[1]))
    assert cells["Alpha, a year"].text == percent(float(fitted.params[0]) * 252)
    assert cells["Return"].text == percent(float(np.prod(1 + other) - 1))


def test_what_lacks_sessions_is_left_out_and_nothing_gives_no_table(sample: Maker) -> None:
    own = Context.of(sample()).net.returns
    assert benchmarks_table(Context.of(sample())) is None
    assert benchmarks_table(with_benchmarks(sample(), SPY=own[1:])) is None


def test_it_stands_below_the_equity(sample: Maker) -> None:
    own = Context.of(sample()).net.returns
    plain, more = equity_section(Context.of(sample())), equity_section(with_benchmarks(sample(), SPY=own * 0.5))
    assert len(more.blocks) == len(plain.blocks) + 1
    assert any("could have held" in str(block) for block in more.blocks)


@pytest.mark.parametrize("value", [0.0])
def test_a_benchmark_that_never_moves_says_nothing_undefined(sample: Maker, value: float) -> None:
    own = Context.of(sample()).net.returns
    found = benchmarks_table(with_benchmarks(sample(), CASH=np.full(len(own), value)))
    assert found is not None
    assert found.rows[0][3].text == "–"
