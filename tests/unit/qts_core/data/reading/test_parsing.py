"""Tables become bars, or are refused with the cell that is wrong."""

from __future__ import annotations

import polars as pl
import pytest

from qts_core.data.reading.columns import ALIASES, map_columns
from qts_core.data.reading.parsing import infer_bar_minutes, parse_bars
from qts_core.data.schemas import BAR_SCHEMA
from qts_core.market.errors import DataNotFoundError, DataValidationError

ROWS: dict[str, list[str]] = {
    "Ticker": ["AAPL", "AAPL"],
    "Date Time": ["2024-03-04T14:30:00Z", "2024-03-04T14:45:00Z"],
    "O": ["10.0", "10.1"],
    "H": ["10.5", "10.6"],
    "L": ["9.5", "9.6"],
    "C": ["10.1", "10.2"],
    "V": ["1.5e6", "100"],
}


def table(**changes: list[str]) -> pl.DataFrame:
    return pl.DataFrame({**ROWS, **{name.replace("_", " "): cells for name, cells in changes.items()}})


def test_documented_aliases_in_any_case_are_read() -> None:
    result = parse_bars(table(), source="s", where="f.csv")
    assert dict(result.frame.schema) == dict(BAR_SCHEMA)
    assert result.frame["volume"].to_list() == [1_500_000.0, 100.0]
    assert result.frame["open"].to_list() == [10.0, 10.1]
    assert result.bar_minutes == 15
    assert result.warnings == ()
    assert [str(t) for t in result.frame["ts_known"]] == ["2024-03-04 14:45:00+00:00", "2024-03-04 15:00:00+00:00"]


def test_unknown_columns_are_named_in_a_warning_and_not_read() -> None:
    result = parse_bars(table(extra=["1", "2"]), source="s", where="f.csv")
    assert result.warnings == ("columns not read: extra",)


def test_a_missing_column_is_named_with_its_aliases() -> None:
    with pytest.raises(DataValidationError, match=r"QTS-DATA-004.*volume \(or v, vol\)"):
        parse_bars(table().drop("V"), source="s", where="f.csv")


def test_two_columns_of_one_meaning_are_refused() -> None:
    with pytest.raises(DataValidationError, match="two columns mean close"):
        map_columns([*ROWS, "close"], where="f.csv")


def test_no_alias_means_two_things() -> None:
    every = [alias for aliases in ALIASES.values() for alias in aliases]
    assert len(every) == len(set(every))


def test_ten_thousand_columns_are_refused() -> None:
    with pytest.raises(DataValidationError, match="QTS-DATA-010"):
        map_columns([f"c{i}" for i in range(10_000)], where="f.csv")


@pytest.mark.parametrize("cell", ["1.234,50", "1,234.50", "$10", "ten", "10,5"])
def test_a_cell_that_is_no_number_is_shown_with_its_row(cell: str) -> None:
    with pytest.raises(DataValidationError, match=r"QTS-DATA-005.*cells of close.*data row 2") as caught:
        parse_bars(table(C=["10.1", cell]), source="s", where="f.csv")
    assert cell in str(caught.value)


@pytest.mark.parametrize("cell", ["NaN", "inf", "-inf", "", "  "])
def test_a_price_that_is_not_finite_becomes_null_with_a_warning(cell: str) -> None:
    result = parse_bars(table(H=["10.5", cell]), source="s", where="f.csv")
    assert result.frame["high"].to_list() == [10.5, None]
    assert "go to quarantine" in result.warnings[0]


@pytest.mark.parametrize("cell", ["100.5", "1e30", "99999999999999999999"])
def test_volumes_that_are_not_whole_or_too_large_are_refused(cell: str) -> None:
    with pytest.raises(DataValidationError, match=r"QTS-DATA-005.*whole numbers of shares"):
        parse_bars(table(V=["1", cell]), source="s", where="f.csv")


@pytest.mark.parametrize(("given", "read"), [(" aapl ", "AAPL"), ("brk-b", "BRK.B"), ("BRK/B", "BRK.B")])
def test_symbols_are_spelled_one_way_and_the_change_is_told(given: str, read: str) -> None:
    result = parse_bars(table(Ticker=[given, given]), source="s", where="f.csv")
    assert result.frame["symbol"].unique().to_list() == [read]
    assert read in result.warnings[0]


@pytest.mark.parametrize("symbol", ["../../etc/passwd", "АAPL", "'; DROP TABLE orders;--", "TOOLONG", "AA\u200bPL", ""])
def test_what_is_no_symbol_is_refused_and_escaped(symbol: str) -> None:
    with pytest.raises(DataValidationError, match="QTS-DATA-007") as caught:
        parse_bars(table(Ticker=["AAPL", symbol]), source="s", where="f.csv")
    assert str(caught.value).isascii()


def test_a_file_without_symbols_needs_one_given() -> None:
    with pytest.raises(DataValidationError, match="symbol"):
        parse_bars(table().drop("Ticker"), source="s", where="f.csv")
    result = parse_bars(table().drop("Ticker"), source="s", where="f.csv", symbol="spy")
    assert result.frame["symbol"].unique().to_list() == ["SPY"]


def test_rows_out_of_order_are_sorted_with_a_warning() -> None:
    result = parse_bars(table()[::-1], source="s", where="f.csv")
    assert result.frame["ts_event"].is_sorted()
    assert result.warnings == ("rows were not in order of time; sorted",)


def test_no_rows_are_refused_unless_allowed() -> None:
    with pytest.raises(DataNotFoundError, match="0 data rows"):
        parse_bars(table().head(0), source="s", where="f.csv")
    assert parse_bars(table().head(0), source="s", where="f.csv", allow_empty=True).frame.is_empty()


@pytest.mark.parametrize("minutes", [1, 5, 15, 390, 1440])
def test_the_length_of_bars_is_their_commonest_spacing(minutes: int) -> None:
    times = pl.Series([0, 1, 2, 3, 9, 10]).cast(pl.Int64) * minutes * 60_000_000
    frame = pl.DataFrame({"symbol": ["AAA"] * 6, "ts_event": times.cast(pl.Datetime("us", "UTC"))})
    assert infer_bar_minutes(frame) == minutes


def test_a_boolean_column_is_no_column_of_numbers() -> None:
    with pytest.raises(DataValidationError, match="no column of numbers"):
        parse_bars(table().with_columns(C=pl.lit(value=True)), source="s", where="f.csv")
