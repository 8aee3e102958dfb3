"""The table of corporate actions: rows in, a frame out, and two tables joined."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from qts_core.data.actions.table import actions_frame, as_actions, known_by, merged_actions, no_actions
from qts_core.data.schemas import ACTION_SCHEMA
from qts_core.market.errors import DataValidationError

DAY = date(2024, 3, 5)
PAID = {"symbol": "AAA", "ex_date": DAY, "kind": "dividend", "cash_per_share": 0.25, "source": "one"}
SPLIT = {"symbol": "AAA", "ex_date": DAY, "kind": "split", "new_shares": 4.0, "old_shares": 1.0, "source": "one"}


def test_what_a_row_does_not_say_is_null() -> None:
    frame = actions_frame([SPLIT, PAID])
    assert dict(frame.schema) == dict(ACTION_SCHEMA)
    assert frame["kind"].to_list() == ["dividend", "split"]
    assert frame["new_symbol"].to_list() == [None, None]
    assert actions_frame([]).equals(no_actions())


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**PAID, "amount": 1.0}, "found amount"),
        ({"symbol": "AAA", "kind": "split"}, "found no ex_date"),
        ({**PAID, "cash_per_share": "a quarter"}, "does not fit"),
    ],
)
def test_a_row_with_other_fields_is_refused(row: dict[str, object], message: str) -> None:
    with pytest.raises(DataValidationError, match=f"QTS-DATA-014.*{message}"):
        actions_frame([row])


def test_a_table_of_before_gets_the_new_columns() -> None:
    old = actions_frame([PAID]).drop("new_symbol", "ts_known")
    assert as_actions(old).equals(actions_frame([PAID]))


def test_an_action_is_known_from_its_announcement_on() -> None:
    told = actions_frame([{**SPLIT, "ts_known": datetime(2024, 3, 1, 12, tzinfo=UTC)}, PAID])
    assert known_by(told, datetime(2024, 2, 29, tzinfo=UTC))["kind"].to_list() == ["dividend"]
    assert known_by(told, datetime(2024, 3, 1, 12, tzinfo=UTC)).height == 2


def test_a_later_word_replaces_the_earlier_one() -> None:
    merged = merged_actions(actions_frame([PAID, SPLIT]), actions_frame([{**PAID, "cash_per_share": 0.26}]))
    assert merged.filter(pl.col("kind") == "dividend")["cash_per_share"].to_list() == [0.26]
    assert merged.height == 2
    assert merged_actions(merged, merged).equals(merged)


def test_two_payments_of_one_day_are_added_up_and_one_given_twice_is_not() -> None:
    special = {**PAID, "cash_per_share": 3.0, "source": "two"}
    merged = merged_actions(no_actions(), actions_frame([PAID, special, PAID]))
    assert merged["cash_per_share"].to_list() == [3.25]
    assert merged["source"].to_list() == ["one + two"]
