"""Where in a panel corporate actions take effect."""

from __future__ import annotations

from datetime import date

from qts_core.backtest.actions import actions_by_row
from qts_core.data.actions.table import actions_frame
from tests.support.decision_market import panel

SPLIT = {"symbol": "AA", "kind": "split", "new_shares": 2.0, "old_shares": 1.0}
CHANGE = {"symbol": "OLD", "kind": "symbol_change", "new_symbol": "AA"}


def test_actions_take_effect_at_the_first_bar_of_their_session_or_the_next() -> None:
    bars = panel(breadth=2, last=date(2024, 3, 8))
    rows = [{**SPLIT, "ex_date": date(2024, 3, day)} for day in (1, 3, 6, 9, 11)]
    assert list(actions_by_row(actions_frame(rows), bars)) == [52]
    assert actions_by_row(None, bars) == {}


def test_a_split_under_the_old_symbol_is_the_new_ones() -> None:
    bars = panel(breadth=2, last=date(2024, 3, 8))
    split = {**SPLIT, "symbol": "OLD", "ex_date": date(2024, 3, 5)}
    found = actions_by_row(actions_frame([split, {**CHANGE, "ex_date": date(2024, 3, 7)}]), bars)
    assert [split.symbol for split in found[26].splits] == ["AA"]
    assert actions_by_row(actions_frame([split, {**CHANGE, "ex_date": date(2024, 3, 11)}]), bars) == {}
