"""Back-adjusted prices by hand, in each convention, as of any day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from qts_core.data.actions.adjustment import Convention, back_adjusted, back_factors, session_closes
from qts_core.data.actions.table import actions_frame
from qts_core.data.cleaning import clean_bars
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataValidationError

MakeBars = Callable[..., pl.DataFrame]

MON, TUE, WED, THU, FRI = (date(2024, 3, d) for d in (4, 5, 6, 7, 8))
CLOSES = pl.DataFrame({"symbol": ["AAA"] * 5, "session": [MON, TUE, WED, THU, FRI], "close": [100.0, 98, 50, 48, 49]})
SPLIT = {"symbol": "AAA", "ex_date": WED, "kind": "split", "new_shares": 2.0, "old_shares": 1.0}
PAID = {"symbol": "AAA", "ex_date": THU, "kind": "dividend", "cash_per_share": 2.0}
ACTIONS = actions_frame([SPLIT, PAID])


@pytest.mark.parametrize(
    ("convention", "expected"),
    [
        (Convention.SPLITS, [0.5, 0.5, 1, 1, 1]),
        # The dividend of 2 on Thursday: 1/(1 + 2/48) = 0.96 on its ex-day's close, 1 - 2/50 = 0.96 on the one before.
        (Convention.EX_DAY_CLOSE, [0.48, 0.48, 0.96, 1, 1]),
        (Convention.PREVIOUS_CLOSE, [0.48, 0.48, 0.96, 1, 1]),
    ],
)
def test_each_convention_by_hand(convention: Convention, expected: list[float]) -> None:
    found = back_factors(CLOSES, ACTIONS, as_of=FRI, convention=convention)
    np.testing.assert_allclose(found["price_factor"], expected, rtol=1e-15)
    np.testing.assert_array_equal(found["volume_factor"], [2, 2, 1, 1, 1])


def test_the_two_dividend_conventions_differ_when_the_price_moves_by_more_than_the_dividend() -> None:
    closes = CLOSES.with_columns(close=pl.Series([100.0, 98, 50, 45, 49]))
    ex_day = back_factors(closes, ACTIONS, as_of=FRI, convention=Convention.EX_DAY_CLOSE)["price_factor"]
    before = back_factors(closes, ACTIONS, as_of=FRI, convention=Convention.PREVIOUS_CLOSE)["price_factor"]
    assert ex_day[2] == pytest.approx(45 / 47)
    assert before[2] == pytest.approx(48 / 50)


def test_the_ex_day_convention_makes_the_step_of_the_adjusted_close_the_total_return() -> None:
    # CRSP's holding-period return of Thursday: (48 + 2) / 50 - 1.
    found = back_factors(CLOSES, ACTIONS, as_of=FRI, convention=Convention.EX_DAY_CLOSE)
    adjusted = (CLOSES["close"] * found["price_factor"]).to_list()
    assert adjusted[3] / adjusted[2] == pytest.approx((48 + 2) / 50)


def test_split_and_dividend_of_one_day_count_both_the_dividend_in_new_shares() -> None:
    both = actions_frame([SPLIT, {**PAID, "ex_date": WED}])
    before = back_factors(CLOSES, both, as_of=FRI, convention=Convention.PREVIOUS_CLOSE)["price_factor"]
    assert before[1] == pytest.approx(0.5 * (1 - 2 / 49))
    ex_day = back_factors(CLOSES, both, as_of=FRI, convention=Convention.EX_DAY_CLOSE)["price_factor"]
    assert ex_day[1] == pytest.approx(0.5 / (1 + 2 / 50))


def test_seen_from_an_earlier_day_later_actions_do_not_exist() -> None:
    found = back_factors(CLOSES, ACTIONS, as_of=WED, convention=Convention.EX_DAY_CLOSE)
    assert found["session"].to_list() == [MON, TUE, WED]
    assert found["price_factor"].to_list() == [0.5, 0.5, 1.0]
    late = actions_frame([{**SPLIT, "ts_known": datetime(2024, 3, 8, 12, tzinfo=UTC)}])
    assert back_factors(CLOSES, late, as_of=THU, convention=Convention.SPLITS)["price_factor"].to_list() == [1.0] * 4


def test_an_action_on_a_day_without_a_price_takes_effect_on_the_next() -> None:
    holed = CLOSES.filter(pl.col("session") != WED)
    found = back_factors(holed, ACTIONS, as_of=FRI, convention=Convention.SPLITS)
    assert found["price_factor"].to_list() == [0.5, 0.5, 1.0, 1.0]


def test_a_dividend_as_large_as_the_price_is_refused_with_its_day() -> None:
    huge = actions_frame([{**PAID, "cash_per_share": 50.0}])
    with pytest.raises(DataValidationError, match=r"QTS-DATA-037.*AAA 2024-03-07.*found 50 USD"):
        back_factors(CLOSES, huge, as_of=FRI, convention=Convention.PREVIOUS_CLOSE)
    # The other convention has an answer for every amount.
    assert back_factors(CLOSES, huge, as_of=FRI, convention=Convention.EX_DAY_CLOSE)["price_factor"][2] > 0


def test_bars_are_shown_in_the_shares_of_the_day_and_volume_the_other_way_round(
    calendar: TradingCalendar, make_bars: MakeBars
) -> None:
    bars = pl.concat([make_bars(MON, TUE), make_bars(WED, THU, price=50.0)])
    shown = back_adjusted(bars, ACTIONS, as_of=THU)
    assert shown.columns == bars.columns
    halves = shown.height // 2
    for name in ("open", "high", "low", "close"):
        assert shown[name][:halves].to_list() == (bars[name][:halves] * 0.5).to_list()
        assert shown[name][halves:].to_list() == bars[name][halves:].to_list()
    assert shown["volume"][:halves].to_list() == (bars["volume"][:halves] * 2).to_list()
    turnover = [(frame["close"] * frame["volume"]).sum() for frame in (shown, bars)]
    assert turnover[0] == pytest.approx(turnover[1], rel=1e-14)


def test_the_close_of_a_session_is_its_last_real_bar_in_its_last_version(
    calendar: TradingCalendar, make_bars: MakeBars
) -> None:
    bars = make_bars(MON, MON, symbols=("AAA", "BBB"))
    short = bars.filter((pl.col("symbol") == "BBB") | (pl.col("ts_event") < bars["ts_event"].max()))
    revised = (
        short.filter(pl.col("symbol") == "AAA")
        .tail(1)
        .with_columns(pl.col("ts_known").dt.offset_by("1d"), close=pl.lit(100.2))
    )
    found = session_closes(clean_bars(pl.concat([short, revised]), calendar=calendar).clean)
    assert found["close"].to_list() == [100.2, 100.26]
