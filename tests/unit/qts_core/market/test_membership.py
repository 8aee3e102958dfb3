"""Membership by day and by bar."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from qts_core.market.calendar import xnys
from qts_core.market.instruments import Instrument
from qts_core.market.membership import members_on, membership_mask
from qts_core.market.time import day_number
from qts_core.market.timeline import Timeline

LINE = Timeline.between(xnys(), date(2024, 7, 1), date(2024, 7, 5))  # 1, 2, 3 (half-day), 5 July: 26, 26, 14, 26 bars
DAYS = (
    Instrument("AA"),
    Instrument("AB", member_from=date(2024, 7, 3)),
    Instrument("AC", member_to=date(2024, 7, 2)),
    Instrument("AD", member_from=date(2024, 7, 2), member_to=date(2024, 7, 4)),
    Instrument("SPY", is_tradable=False, role="market"),
)


def test_the_mask_runs_from_the_first_bar_of_the_first_day_to_the_last_bar_of_the_last() -> None:
    mask = membership_mask(DAYS, LINE)
    assert mask.shape == (92, 5)
    assert mask.sum(axis=0).tolist() == [92, 14 + 26, 52, 26 + 14, 0]
    assert mask[:, 1].tolist() == [False] * 52 + [True] * 40
    assert mask[:, 2].tolist() == [True] * 52 + [False] * 40


def test_a_last_day_on_a_holiday_ends_with_the_session_before() -> None:
    assert membership_mask(DAYS, LINE)[:, 3].tolist() == [False] * 26 + [True] * 40 + [False] * 26


@pytest.mark.parametrize("day", [date(2024, 7, 1), date(2024, 7, 2), date(2024, 7, 3), date(2024, 7, 5)])
def test_the_mask_and_the_day_agree(day: date) -> None:
    rows = LINE.session == day_number(day)
    mask = membership_mask(DAYS, LINE)[rows]
    np.testing.assert_array_equal(mask, np.broadcast_to(members_on(DAYS, day), mask.shape))


def test_an_empty_timeline_has_an_empty_mask() -> None:
    assert membership_mask(DAYS, LINE[0:0]).shape == (0, 5)


def test_an_auxiliary_symbol_is_never_a_member_whatever_its_dates() -> None:
    fund = Instrument("XLK", role="sector:Technology", member_from=date(2000, 1, 1))
    assert fund.is_auxiliary
    assert not fund.is_member(date(2024, 7, 1))
    assert not fund.is_always_member


def test_only_a_member_without_dates_is_always_one() -> None:
    assert [i.is_always_member for i in DAYS] == [True, False, False, False, False]


@pytest.mark.parametrize("instrument", DAYS)
def test_an_instrument_comes_back_from_json(instrument: Instrument) -> None:
    assert Instrument.from_json(instrument.to_json()) == instrument


def test_an_instrument_written_before_there_were_dates_still_reads() -> None:
    old = {"symbol": "AA", "sector": "Energy", "industry": "", "is_tradable": True, "is_shortable": False,
           "is_fractionable": True}  # fmt: skip
    assert Instrument.from_json(old) == Instrument("AA", "Energy", is_shortable=False)
