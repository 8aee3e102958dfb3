"""A renamed share is one series, a re-used ticker two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl
import pytest

from qts_core.data.actions.chain import chain_factors
from qts_core.data.actions.identity import Identities, carry_actions, carry_bars
from qts_core.data.actions.table import actions_frame, no_actions
from qts_core.data.cleaning import clean_bars
from qts_core.data.panels import bars_to_panel
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataValidationError
from qts_core.market.timeline import Timeline

MakeBars = Callable[..., pl.DataFrame]

# Facebook became META on 2022-06-09; until 2022-01-31 META had been an exchange-traded fund, METV from then on.
CHANGE = {"symbol": "FB", "ex_date": date(2022, 6, 9), "kind": "symbol_change", "new_symbol": "META"}
FUND = {"symbol": "META", "ex_date": date(2022, 1, 31), "kind": "symbol_change", "new_symbol": "METV"}
SPLIT = {"symbol": "FB", "ex_date": date(2022, 6, 7), "kind": "split", "new_shares": 2.0, "old_shares": 1.0}
BEFORE, AFTER = date(2022, 6, 8), date(2022, 6, 9)


@pytest.mark.parametrize(
    ("symbol", "day", "name"),
    [
        ("FB", BEFORE, "META"),
        ("META", AFTER, "META"),
        ("META", date(2022, 1, 28), "METV"),
        ("META", date(2022, 3, 1), "META~2022-06-09"),
        ("FB", AFTER, "FB"),
        ("AAPL", BEFORE, "AAPL"),
    ],
)
def test_the_name_of_a_security_is_followed_to_its_end(symbol: str, day: date, name: str) -> None:
    assert Identities(actions_frame([CHANGE, FUND])).name(symbol, day) == name


def test_a_chain_of_changes_ends_at_the_last_name() -> None:
    second = {"symbol": "META", "ex_date": date(2023, 1, 3), "kind": "symbol_change", "new_symbol": "MET.A"}
    assert Identities(actions_frame([CHANGE, second])).name("FB", date(2020, 1, 2)) == "MET.A"
    assert Identities(actions_frame([CHANGE, second]), date(2022, 12, 30)).name("FB", date(2020, 1, 2)) == "META"


def test_a_series_goes_on_under_its_new_symbol_without_a_jump(calendar: TradingCalendar, make_bars: MakeBars) -> None:
    fund = make_bars(date(2022, 6, 7), BEFORE, symbols=("META",), price=15.0)
    bars = pl.concat(
        [
            make_bars(date(2022, 6, 6), date(2022, 6, 6), symbols=("FB",), price=200.0),
            make_bars(date(2022, 6, 7), BEFORE, symbols=("FB",), price=100.0),
            make_bars(AFTER, date(2022, 6, 10), symbols=("META",), price=101.0),
        ]
    )
    actions = actions_frame([CHANGE, SPLIT])
    line = Timeline.between(calendar, date(2022, 6, 6), date(2022, 6, 10))
    carried = carry_bars(pl.concat([bars, fund]), actions)
    panel = bars_to_panel(carried, carry_actions(actions), timeline=line, symbols=("META",))
    linked = (panel["close"] * panel["factor"])[:, 0]
    assert np.isfinite(linked).all()
    assert np.abs(np.diff(np.log(linked))).max() < 0.01


def test_seen_from_before_the_change_the_old_symbol_stands(make_bars: MakeBars) -> None:
    bars = make_bars(date(2022, 6, 7), BEFORE, symbols=("FB",))
    assert carry_bars(bars, actions_frame([CHANGE]), BEFORE)["symbol"].unique().to_list() == ["FB"]
    assert carry_bars(bars, actions_frame([CHANGE]), AFTER)["symbol"].unique().to_list() == ["META"]
    assert carry_bars(bars, no_actions()) is bars


def test_the_splits_of_the_old_symbol_go_with_it(calendar: TradingCalendar) -> None:
    line = Timeline.between(calendar, AFTER, AFTER)
    named = carry_actions(actions_frame([CHANGE, SPLIT]), AFTER)
    np.testing.assert_array_equal(chain_factors(named, line, ("META",)), 2.0)
    np.testing.assert_array_equal(chain_factors(actions_frame([CHANGE, SPLIT]), line, ("META",)), 1.0)


def test_cleaning_compares_the_new_symbol_with_the_last_close_of_the_old(
    calendar: TradingCalendar, make_bars: MakeBars
) -> None:
    old = pl.concat(
        [
            make_bars(BEFORE, BEFORE, symbols=("FB",), price=196.0),
            make_bars(BEFORE, BEFORE, symbols=("META",), price=15.0),
        ]
    )
    new = make_bars(AFTER, AFTER, symbols=("META",), price=195.0)
    state = clean_bars(old, calendar=calendar).state
    # Without the change, Facebook's bars look like a fund that rose thirteenfold.
    assert clean_bars(new, calendar=calendar, state=state).counts == {"price_jump": 26}
    assert clean_bars(new, calendar=calendar, state=state, actions=actions_frame([CHANGE])).quarantine.is_empty()


def test_bars_after_a_delisting_are_refused_when_the_series_is_read(make_bars: MakeBars) -> None:
    gone = actions_frame([{"symbol": "AAA", "ex_date": date(2024, 3, 5), "kind": "delisting"}])
    before = make_bars(date(2024, 3, 4), date(2024, 3, 4))
    assert carry_bars(before, gone).equals(before)
    with pytest.raises(DataValidationError, match=r"QTS-DATA-035.*AAA.*26 bars, the first on 2024-03-05"):
        carry_bars(make_bars(date(2024, 3, 4), date(2024, 3, 5)), gone)
