"""What cannot be is refused with its rows; what is odd is told."""

from __future__ import annotations

from datetime import date

import pytest

from qts_core.data.actions.checks import check_actions, doubtful_actions
from qts_core.data.actions.table import actions_frame
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataValidationError

DAY = date(2024, 3, 5)
SPLIT = {"symbol": "AAA", "ex_date": DAY, "kind": "split", "new_shares": 4.0, "old_shares": 1.0}
PAID = {"symbol": "AAA", "ex_date": DAY, "kind": "dividend", "cash_per_share": 0.25}
CHANGE = {"symbol": "FB", "ex_date": DAY, "kind": "symbol_change", "new_symbol": "META"}
SPUN = {"symbol": "AAA", "ex_date": DAY, "kind": "spin_off"}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{**SPLIT, "kind": "merger"}], "an unknown kind"),
        ([{**SPLIT, "symbol": "../etc"}], "a symbol that is none"),
        ([{**CHANGE, "new_symbol": "meta"}], "a symbol that is none"),
        ([{**SPLIT, "old_shares": 0.0}], "two positive numbers"),
        ([{**SPLIT, "new_shares": None}], "two positive numbers"),
        ([{**SPLIT, "new_shares": float("nan")}], "two positive numbers"),
        ([{**PAID, "cash_per_share": -0.25}], "without a positive amount"),
        ([{**PAID, "cash_per_share": float("inf")}], "without a positive amount"),
        ([SPUN], "says nothing"),
        ([{**SPUN, "new_symbol": "NEW"}], "says nothing"),
        ([{**CHANGE, "new_symbol": None}], "into nothing new"),
        ([{**CHANGE, "new_symbol": "FB"}], "into nothing new"),
        ([SPLIT, {**SPLIT, "new_shares": 2.0}], "twice on one day"),
        ([CHANGE, {**CHANGE, "new_symbol": "FBOOK"}], "twice on one day"),
        (
            [CHANGE, {**CHANGE, "symbol": "XYZ", "ex_date": date(2024, 6, 3)}],
            "another security has held since 2024-03-05",
        ),
    ],
)
def test_actions_that_cannot_be_are_refused(rows: list[dict[str, object]], message: str) -> None:
    with pytest.raises(DataValidationError, match=rf"QTS-DATA-035.*{message}.*found \S+"):
        check_actions(actions_frame(rows))


def test_sound_actions_pass() -> None:
    left = {"symbol": "META", "ex_date": date(2024, 4, 1), "kind": "symbol_change", "new_symbol": "METB"}
    taken = {**CHANGE, "symbol": "XYZ", "ex_date": date(2024, 6, 3)}
    spun = [
        {**SPUN, "cash_per_share": 30.0},
        {**SPUN, "symbol": "BBB", "new_symbol": "NEW", "new_shares": 1.0, "old_shares": 3.0},
    ]
    check_actions(actions_frame([SPLIT, PAID, {**PAID, "cash_per_share": 3.0}, CHANGE, left, taken, *spun]))


@pytest.mark.parametrize(
    ("rows", "doubt"),
    [
        ([{**PAID, "ex_date": date(2024, 3, 3)}, PAID], "the exchange is closed on the ex-date: AAA 2024-03-03"),
        ([{**SPLIT, "new_shares": 1.0}], "a split of one for one: AAA"),
        ([{**SPLIT, "new_shares": 1.0, "old_shares": 250.0}], "a split beyond 100 for one: AAA"),
        ([{**SPLIT, "kind": "delisting"}, {**PAID, "ex_date": date(2024, 3, 6)}], "after the symbol was delisted: AAA"),
        ([SPLIT, PAID], ""),
        ([], ""),
    ],
)
def test_odd_actions_are_told(calendar: TradingCalendar, rows: list[dict[str, object]], doubt: str) -> None:
    found = doubtful_actions(actions_frame(rows), calendar)
    assert len(found) == bool(doubt)
    assert doubt in "".join(found)
