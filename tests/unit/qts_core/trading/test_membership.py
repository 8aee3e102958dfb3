"""A symbol that leaves the universe is closed and left alone; one that joins is traded from its first day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from qts_core.backtest import BacktestResult, run_event_backtest, run_vectorised_backtest
from qts_core.exchange import fill_settings
from qts_core.market.instruments import Instrument
from qts_core.market.membership import membership_mask
from qts_core.market.panel import Floats, Panel
from qts_core.market.time import day_number, trading_day
from qts_core.trading.membership import LEFT, Membership
from qts_core.trading.predictors import StoredPredictor
from qts_core.trading.settings import CoreSettings
from tests.support.decision_market import QUICK, WEIGHTS, instruments, panel, scores

MONDAY, TUESDAY, WEDNESDAY = date(2024, 3, 4), date(2024, 3, 5), date(2024, 3, 6)
LEAVES, JOINS, IS_READ, IS_BANNED = 0, 1, 2, 3


def market() -> Panel:
    """Five sessions from Monday to Friday, 26 bars each, six symbols."""
    return panel(breadth=6)


def dated() -> tuple[Instrument, ...]:
    """Return six instruments: the first leaves after Tuesday, the second joins on Wednesday, two are never traded."""
    listed = list(instruments(6))
    listed[LEAVES] = replace(listed[LEAVES], member_to=TUESDAY)
    listed[JOINS] = replace(listed[JOINS], member_from=WEDNESDAY)
    listed[IS_READ] = replace(listed[IS_READ], role="market", is_tradable=False)
    listed[IS_BANNED] = replace(listed[IS_BANNED], is_tradable=False)
    return tuple(listed)


def run(bars: Panel, values: Floats, core: CoreSettings, listed: tuple[Instrument, ...]) -> BacktestResult:
    return run_event_backtest(
        bars, StoredPredictor(bars.timeline, bars.symbols, values), core, instruments=listed,
        fills=fill_settings("realistic"), keep_decisions=True,
    )  # fmt: skip


def rows_of(bars: Panel, day: date) -> np.ndarray:
    return np.flatnonzero(bars.timeline.session == day_number(day))


@pytest.fixture(scope="module")
def weighted() -> BacktestResult:
    bars = market()
    return run(bars, np.full(bars["close"].shape, 0.1), WEIGHTS, dated())


def test_a_symbol_that_leaves_is_closed_at_the_first_bar_after_and_never_ordered_again(
    weighted: BacktestResult,
) -> None:
    bars = market()
    held = weighted.quantity[:, LEAVES]
    first = rows_of(bars, WEDNESDAY)[0]
    assert (held[1 : first + 1] > 0).all()
    assert (held[first + 1 :] == 0).all(), "ordered at Wednesday's first close, filled at the next open"
    last = [fill.ts_event for fill in weighted.fills if fill.symbol == bars.symbols[LEAVES]][-1]
    assert last == weighted.decisions[first + 1].ts_event


def test_the_decision_that_closes_it_says_why(weighted: BacktestResult) -> None:
    symbol = market().symbols[LEAVES]
    said = [d for d in weighted.decisions for v in d.verdicts if v.name == LEFT]
    assert [trading_day(d.ts_event) for d in said] == [WEDNESDAY]
    (verdict,) = (v for v in said[0].verdicts if v.name == LEFT)
    assert (verdict.symbol, verdict.is_allowed, verdict.limit) == (symbol, False, 0.0)
    assert verdict.value > 0.0
    assert [o.purpose for o in said[0].orders if o.request.symbol == symbol] == ["x"]


def test_a_symbol_that_joins_is_traded_from_its_first_day(weighted: BacktestResult) -> None:
    bars = market()
    held = weighted.quantity[:, JOINS]
    first = rows_of(bars, WEDNESDAY)[0]
    assert (held[: first + 1] == 0).all()
    assert (held[first + 1 :] > 0).all()


@pytest.mark.parametrize("column", [IS_READ, IS_BANNED])
def test_an_auxiliary_or_banned_symbol_is_never_ordered(weighted: BacktestResult, column: int) -> None:
    assert (weighted.quantity[:, column] == 0).all()
    assert market().symbols[column] not in {o.request.symbol for d in weighted.decisions for o in d.orders}


def test_with_signals_outsiders_have_no_strength_and_no_orders() -> None:
    bars = market()
    outcome = run(bars, scores(bars), QUICK, dated())
    members = membership_mask(dated(), bars.timeline)
    for row, decision in enumerate(outcome.decisions):
        outside = ~members[row]
        assert np.isnan(decision.strength[outside]).all()
        opened = {o.request.symbol for o in decision.orders if not o.reduces_risk}
        assert not opened & {s for s, is_out in zip(bars.symbols, outside, strict=True) if is_out}
    assert outcome.fills


def test_scores_of_outsiders_do_not_move_the_others() -> None:
    bars = market()
    values, changed = scores(bars), scores(bars)
    changed[~membership_mask(dated(), bars.timeline)] = 7.0
    ours, theirs = run(bars, values, QUICK, dated()), run(bars, changed, QUICK, dated())
    assert np.array_equal(ours.quantity, theirs.quantity)
    assert np.array_equal(ours.equity, theirs.equity)


def test_dates_that_cover_everything_change_no_bit() -> None:
    bars = market()
    wide = tuple(replace(i, member_from=date(2000, 1, 1), member_to=date(2100, 1, 1)) for i in instruments(6))
    ours, theirs = run(bars, scores(bars), QUICK, wide), run(bars, scores(bars), QUICK, instruments(6))
    assert ours.decisions_digest == theirs.decisions_digest


def test_both_engines_agree_to_the_cent() -> None:
    bars = panel(breadth=6, missing=0.03, seed=4)
    rng = np.random.default_rng(5)
    weights = np.repeat(rng.normal(0.0, 0.1, (len(bars) // 5 + 1, 6)), 5, axis=0)[: len(bars)]
    fills, cash = fill_settings("realistic"), Decimal(100_000)
    listed = dated()[:3] + instruments(6)[3:]
    fast = run_vectorised_backtest(
        bars, weights, fills=fills, cash=cash, members=membership_mask(listed, bars.timeline)
    )
    slow = run_event_backtest(
        bars, StoredPredictor(bars.timeline, bars.symbols, weights), WEIGHTS, instruments=listed, fills=fills, cash=cash
    )
    assert slow.fills
    assert np.array_equal(fast.quantity, slow.quantity)
    assert np.array_equal(np.round(fast.cash, 8), np.round(slow.cash, 8))


def test_the_benchmark_holds_members_only_while_they_are(weighted: BacktestResult) -> None:
    bars = market()
    close = bars["close"]
    # five are ever members, 20,000 USD each: the first until Tuesday's close, the second from Wednesday's first close
    tuesday, wednesday = rows_of(bars, TUESDAY)[-1], rows_of(bars, WEDNESDAY)[0]
    left = 20_000 * close[tuesday, LEAVES] / close[0, LEAVES]
    joined = 20_000 * close[-1, JOINS] / close[wednesday, JOINS]
    banned, others = close[-1, 3] / close[0, 3], (close[-1, 4:] / close[0, 4:]).sum()
    expected = left + joined + 20_000 * (banned + others)
    assert weighted.benchmark[-1] == pytest.approx(expected)


def test_without_dates_and_bans_nothing_is_copied() -> None:
    membership = Membership(instruments(3))
    membership.move_to(MONDAY)
    values = np.array([0.1, 0.2, np.nan])
    assert membership.scores(values) is values
    assert membership.without_leavers(values, values) == (values, [])
    assert membership.only_tradable(values, values) is values


def test_a_banned_symbol_that_is_held_stays_as_it_is() -> None:
    membership = Membership(dated())
    membership.move_to(WEDNESDAY)
    current, target = np.full(6, 0.2), np.zeros(6)
    assert membership.only_tradable(target, current).tolist() == [0.0, 0.0, 0.2, 0.2, 0.0, 0.0]
