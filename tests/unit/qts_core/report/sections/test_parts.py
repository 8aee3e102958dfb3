"""The parts of sections that reckon: overlays, hours, concentration, spans, against values done by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from qts_core.analytics.capacity import Capacity, CapacityLine
from qts_core.market.calendar import xnys
from qts_core.market.timeline import BARS_PER_SESSION, Timeline
from qts_core.report import ReportInput, render_report
from qts_core.report.context import Context
from qts_core.report.evidence import (
    Ambiguity,
    Evidence,
    Executions,
    Firing,
    Holdings,
    Lineage,
    LiveCurve,
    WalkForward,
    WalkWindow,
)
from qts_core.report.sections.attribution import profit_by_hour
from qts_core.report.sections.costs import daily_costs
from qts_core.report.sections.equity import overlaid
from qts_core.report.sections.exposure import concentration, sector_exposure
from qts_core.report.sections.identity import lineage
from qts_core.report.sections.stress import worst_spans
from tests.support.pages import outline

Maker = Callable[..., ReportInput]
DAYS = tuple(date(2024, 1, day) for day in (2, 3, 4, 5))
SCRIPT = "<script>x</script>"


def test_live_equity_starts_where_the_backtest_was_at_the_close_before() -> None:
    live = LiveCurve((date(2024, 1, 5), date(2024, 1, 8)), np.array([1010.0, 1030.0]), 1000.0)
    days, drawn = overlaid(DAYS, np.array([100.0, 110.0, 120.0, 121.0]), live)
    assert days[-1] == date(2024, 1, 8)
    assert drawn is not None
    np.testing.assert_allclose(drawn, [np.nan, np.nan, 120.0, 121.2, 123.6])


def test_without_live_sessions_nothing_is_laid_over() -> None:
    assert overlaid(DAYS, np.ones(4), None) == (DAYS, None)
    assert overlaid(DAYS, np.ones(4), LiveCurve((), np.array([]), 1.0)) == (DAYS, None)


def test_live_sessions_before_the_backtest_are_left_out() -> None:
    old = LiveCurve((date(2023, 1, 3),), np.array([1.0]), 1.0)
    assert overlaid(DAYS, np.ones(4), old) == (DAYS, None)


def test_every_dollar_belongs_to_the_night_or_to_an_hour() -> None:
    line = Timeline.between(xnys(), date(2024, 1, 2), date(2024, 1, 3))
    equity = 100.0 + np.arange(1.0, len(line) + 1.0)
    found = profit_by_hour(line, equity, 100.0)
    assert sum(profit for profit, _ in found.values()) == pytest.approx(2 * BARS_PER_SESSION)
    # The first bar of each of two sessions; then 09:45, and four bars an hour.
    assert found["night and first bar"] == (2.0, 2)
    assert found["09 h"] == (2.0, 2)
    assert found["12 h"] == (8.0, 8)


def test_four_equal_positions_come_to_four_and_one_large_to_one() -> None:
    largest, effective = concentration(np.array([[0.1, -0.1, 0.1, -0.1], [0.5, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]))
    np.testing.assert_allclose(largest, [0.1, 0.5, 0.0])
    np.testing.assert_allclose(effective, [4.0, 1.0, np.nan])


def test_a_sector_is_the_sum_of_its_symbols_gross_and_net() -> None:
    found = sector_exposure(Holdings(("A", "B", "C"), np.array([[0.2, -0.1, 0.05]])), {"A": "Tech", "B": "Tech"})
    assert list(found) == ["Tech", "unknown"]
    assert found["Tech"][0].tolist() == pytest.approx([0.3])
    assert found["Tech"][1].tolist() == pytest.approx([0.1])


def test_the_worst_spans_of_the_market_do_not_overlap_and_say_what_the_strategy_did() -> None:
    market = np.array([0.0, -0.02, -0.03, 0.01, -0.04, 0.0])
    own = np.array([0.0, 0.01, 0.0, 0.0, -0.01, 0.0])
    days = tuple(date(2024, 1, day) for day in range(1, 7))
    one = worst_spans(own, market, days, lengths=(1,), each=2)
    assert [s.first.day for s in one] == [5, 3]
    assert [s.market for s in one] == pytest.approx([-0.04, -0.03])
    assert [s.own for s in one] == pytest.approx([-0.01, 0.0])
    two = worst_spans(own, market, days, lengths=(2,), each=2)
    assert [(s.first.day, s.last.day) for s in two] == [(2, 3), (5, 6)]
    assert two[0].market == pytest.approx(0.98 * 0.97 - 1)


def test_a_market_that_only_rises_has_no_worst_span() -> None:
    assert worst_spans(np.ones(9), np.full(9, 0.01), DAYS + DAYS + DAYS[:1]) == ()


def test_costs_of_a_session_are_over_the_equity_before_it(sample: Maker) -> None:
    context = Context.of(sample(date(2024, 6, 27), date(2024, 6, 28)))
    paid = np.sum(list(context.given.costs.by_kind.values()), axis=0)
    before = [100_000.0, context.net.equity[0]]
    np.testing.assert_allclose(
        daily_costs(context), [paid[:BARS_PER_SESSION].sum() / before[0], paid[BARS_PER_SESSION:].sum() / before[1]]
    )


def test_every_kind_of_figure_has_a_line_of_lineage_and_a_script_is_no_link(sample: Maker) -> None:
    given = replace(sample(), evidence=Evidence(lineage=(Lineage("backtest", "B", "run", "javascript:x", "ab"),)))
    lines = {line.key: line for line in lineage(Context.of(given))}
    assert set(lines) >= {"backtest", "model", "features", "data"}
    assert lines["backtest"].href == ""
    assert lines["backtest"].digest == "ab"


def evidence(given: ReportInput) -> Evidence:
    n = len(given.curves.timeline)
    weights = np.tile([0.2, -0.1, 0.1, 0.0, 0.05], (n, 1))
    day = given.curves.timeline
    window = WalkWindow(1, (DAYS[0], DAYS[1]), (DAYS[2], DAYS[3]), {SCRIPT: "20"}, 9, {"sharpe": 2.0}, {"sharpe": 1.0})
    last = date.fromordinal(719_163 + int(day.session[-1]))
    return Evidence(
        lineage=(Lineage("backtest", "Backtest", SCRIPT, "https://example.org/", "ff" * 32),),
        holdings=Holdings(tuple(f"S{i}" for i in range(5)), weights),
        executions=(Executions(np.array([9.5, 12.0]), np.array([100.0, 200.0]), np.array([0.1, 0.2])),),
        attribution={"alpha": {SCRIPT: 10.0, "reversion": -5.0}, "model": {"m": 5.0}},
        live=LiveCurve((last, date(2024, 7, 1)), np.array([1010.0, 1020.0]), 1000.0),
        walk_forward=WalkForward((window,), DAYS, np.array([0.01, -0.01, 0.0, 0.02]), {SCRIPT: 0.5}, (SCRIPT,)),
        firings=(Firing(SCRIPT, "flatten", SCRIPT),),
        ambiguity=Ambiguity(3, -20.0, 30.0),
        capacity=Capacity(9, 2.0, 1e7, (CapacityLine(1e5, 1.9), CapacityLine(1e9, -9.0))),
    )  # fmt: skip


def test_everything_that_can_stand_beside_a_backtest_is_on_the_page_and_escaped(sample: Maker) -> None:
    given = sample()
    page = render_report(replace(given, evidence=evidence(given)))
    seen = outline(page).seen
    assert not [tag for tag, _ in seen if tag in {"script", "img"}]
    for words in (
        "The names held most", "Simulated executions against", "Net profit by alpha", "The live account, paper",
        "When the kill switch fired", "3 bars touched both a stop and its target", "half of it is left at $10M",
        "Each window: parameters chosen on the past", "When the market fell most", "How bad a session gets",
        "Histories drawn anew", "How many trades were won and lost in a row",
    ):  # fmt: skip
        assert words in page, words
    anchors = {a["id"] for _, a in seen if "id" in a}
    assert {str(a["href"])[1:] for tag, a in seen if tag == "a" and str(a["href"]).startswith("#")} <= anchors


def test_every_n_leads_to_where_its_figures_come_from(sample: Maker) -> None:
    page = render_report(sample())
    captions = page.count("<figcaption>")
    assert captions == page.count('<small><a href="#from-') > 20
