"""Vendors' tables of corporate actions, each in its own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import polars as pl
import pytest

from qts_core.data.actions.reading import parse_actions
from qts_core.market.errors import DataNotFoundError, DataValidationError


def parse(table: Mapping[str, Sequence[object]]) -> pl.DataFrame:
    return parse_actions(pl.DataFrame(dict(table)), where="file.csv", source="vendor")


def test_one_value_column_is_a_ratio_or_an_amount() -> None:
    found = parse(
        {
            "ticker": ["AAPL", "aapl "],
            "Date": ["2020-08-31", "2020-08-07"],
            "action": ["split", "dividend"],
            "value": ["4", "0.82"],
        }
    )
    assert found.select("symbol", "kind", "new_shares", "old_shares", "cash_per_share").rows() == [
        ("AAPL", "dividend", None, None, 0.82),
        ("AAPL", "split", 4.0, 1.0, None),
    ]
    assert found["source"].to_list() == ["vendor", "vendor"]


@pytest.mark.parametrize(
    ("ratio", "shares"),
    [
        (2.0, (2, 1)),
        (1.5, (3, 2)),
        (1.499999, (3, 2)),
        (0.166667, (1, 6)),
        (0.05, (1, 20)),
        (1.06883283454, (1.06883283454, 1)),
    ],
)
def test_a_ratio_names_the_fraction_it_was_rounded_from(ratio: float, shares: tuple[float, float]) -> None:
    found = parse({"symbol": ["AAA"], "ex_date": [date(2020, 1, 2)], "kind": ["split"], "split_ratio": [ratio]})
    assert found.select("new_shares", "old_shares").row(0) == shares


def test_a_change_of_name_and_the_moment_it_was_known_are_read() -> None:
    table = {
        "symbol": ["FB"],
        "ex_date": ["2022-06-09"],
        "type": ["Name Change"],
        "new_ticker": ["meta"],
        "ts_known": ["2022-05-31T13:00:00Z"],
        "source": ["press"],
    }
    (row,) = parse(table).to_dicts()
    assert (row["kind"], row["new_symbol"], row["source"]) == ("symbol_change", "META", "press")
    assert row["ts_known"] == datetime(2022, 5, 31, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ex_date": ["31/08/2020"]}, "ex_date is no date.*row 1; found 31/08/2020"),
        ({"ex_date": [20200831]}, "ex_date is no date"),
        ({"kind": ["merger"]}, "unknown kind of action.*found merger"),
        ({"symbol": ["ＡＡＰＬ"]}, "a symbol is none"),
        ({"value": ["four"]}, "value is no number.*row 1; found four"),
        ({"ts_known": ["2020-08-01"]}, "ts_known is no instant"),
        ({"ticker": ["AAPL"]}, "a column is given twice"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_row(change: dict[str, list[object]], message: str) -> None:
    table: dict[str, list[object]] = {"symbol": ["AAPL"], "ex_date": ["2020-08-31"], "kind": ["split"], "value": ["4"]}
    with pytest.raises(DataValidationError, match=f"QTS-DATA-036.*{message}"):
        parse({**table, **change})


def test_missing_columns_and_rows_are_told() -> None:
    with pytest.raises(DataValidationError, match=r"QTS-DATA-036.*columns are missing.*kind: kind, action"):
        parse({"symbol": ["AAPL"], "ex_date": ["2020-08-31"]})
    with pytest.raises(DataNotFoundError, match="QTS-DATA-002"):
        parse({"symbol": [], "ex_date": [], "kind": []})
