"""Contracts judged by Great Expectations: what is wrong is named, with the rows."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from qts_core.adapters.expectations import ContractResult, validate
from qts_core.data.contracts import Aspect, Choice, Expected, NotBelow, Range, TableContract

OPEN = datetime(2024, 1, 2, 14, 30, tzinfo=UTC)
INSTANT = pl.Datetime("us", "UTC")

CONTRACT = TableContract(
    table="bars",
    columns={
        "symbol": pl.String(), "ts_event": INSTANT, "low": pl.Float64(), "high": pl.Float64(), "trades": pl.Int64(),
    },
    required=("symbol", "ts_event", "low"),
    key=("symbol", "ts_event"),
    ranges=(Range("low", low=0.0, is_open=True), Range("trades", low=0.0, high=1e6)),
    orders=(NotBelow("high", "low"),),
    choices=(Choice("symbol", ("AAA", "BBB")),),
)  # fmt: skip


def bars(rows: int = 40) -> pl.DataFrame:
    times = [OPEN + timedelta(minutes=15 * (i // 2)) for i in range(rows)]
    return pl.DataFrame(
        {
            "symbol": ["AAA", "BBB"] * (rows // 2), "ts_event": times, "low": [1.0] * rows, "high": [2.0] * rows,
            "trades": [None, 7] * (rows // 2),
        },
        schema=dict(CONTRACT.columns),
    )  # fmt: skip


def spoilt(column: str, value: object, *places: int) -> pl.DataFrame:
    is_spoilt = pl.int_range(pl.len()).is_in(places)
    return bars().with_columns(pl.when(is_spoilt).then(pl.lit(value)).otherwise(column).alias(column))


def words(result: ContractResult, aspect: Aspect) -> list[str]:
    return [breach.expectation for breach in result.aspects[aspect].breaches]


def test_a_table_that_keeps_its_contract_passes_in_every_part() -> None:
    result = validate(bars(), CONTRACT, Expected(40, 40, OPEN))
    assert result.passed
    assert set(result.aspects) == set(Aspect)
    assert result.rows == 40


def test_a_value_outside_its_range_is_shown_with_its_key() -> None:
    result = validate(spoilt("low", -1.0, 5, 9), CONTRACT)
    ranges = result.aspects[Aspect.RANGES]
    assert words(result, Aspect.RANGES) == ["low > 0"]
    assert ranges.breaches[0].rows == 2
    assert ranges.failing["low"].to_list() == [-1.0, -1.0]
    assert ranges.failing["symbol"].to_list() == ["BBB", "BBB"]
    assert result.aspects[Aspect.KEYS].passed


def test_a_column_below_its_floor_is_a_breach_and_a_null_is_none() -> None:
    result = validate(spoilt("high", 0.5, 3), CONTRACT)
    assert words(result, Aspect.RANGES) == ["high >= low"]
    assert result.aspects[Aspect.RANGES].failing.select("low", "high").row(0) == (1.0, 0.5)
    assert validate(spoilt("high", None, 3), CONTRACT).passed


def test_a_word_that_is_not_declared_is_a_breach() -> None:
    result = validate(spoilt("symbol", "CCC", 3), CONTRACT)
    assert words(result, Aspect.RANGES) == ["symbol is one of the 2 declared"]


def test_a_null_in_a_required_column_breaks_the_schema() -> None:
    result = validate(spoilt("symbol", None, 4), CONTRACT)
    assert words(result, Aspect.SCHEMA) == ["symbol is never null"]


def test_another_type_and_a_missing_column_are_shown_beside_the_declaration() -> None:
    result = validate(bars().with_columns(pl.col("low").cast(pl.Float32)).drop("trades"), CONTRACT)
    schema = result.aspects[Aspect.SCHEMA]
    assert words(result, Aspect.SCHEMA) == ["columns and types are the declared ones"]
    assert schema.failing.select("column", "declared", "stored").rows() == [
        ("low", "Float64", "Float32"), ("trades", "Int64", "absent"),
    ]  # fmt: skip
    [unjudged] = result.aspects[Aspect.RANGES].breaches
    assert unjudged.found == "could not be judged: no column trades"


def test_the_stored_schema_counts_where_only_some_columns_are_handed_over() -> None:
    keys = TableContract("bars", CONTRACT.columns, required=("symbol",), key=("symbol", "ts_event"))
    assert validate(bars().select("symbol", "ts_event"), keys, stored=CONTRACT.columns).passed


def test_rows_with_one_key_are_all_shown_at_most_twenty() -> None:
    result = validate(pl.concat([bars(), bars()]), CONTRACT)
    keys = result.aspects[Aspect.KEYS]
    assert keys.breaches[0].expectation == "symbol, ts_event together are unique"
    assert keys.breaches[0].rows == 80
    assert 0 < keys.failing.height <= 20


@pytest.mark.parametrize(("least", "most"), [(41, None), (0, 39)])
def test_too_few_and_too_many_rows_are_told_with_their_number(least: int, most: int | None) -> None:
    result = validate(bars(), CONTRACT, Expected(least, most))
    assert [b.found for b in result.aspects[Aspect.ROW_COUNT].breaches] == ["found 40"]


def test_a_table_that_ends_too_early_is_not_fresh() -> None:
    late = validate(bars(), CONTRACT, Expected(newest=OPEN + timedelta(days=1)))
    [breach] = late.aspects[Aspect.FRESHNESS].breaches
    assert breach.expectation == "the newest bar starts at 2024-01-03 14:30 UTC or later"
    assert late.aspects[Aspect.RANGES].passed


def test_an_empty_table_keeps_every_contract_that_allows_no_rows() -> None:
    assert validate(bars().clear(), CONTRACT).passed


def test_nothing_is_written_drawn_or_loaded_before_a_table_is_judged(tmp_path: Path) -> None:
    code = (
        "import sys, polars as pl\n"
        "from qts_core.adapters.expectations import validate\n"
        "from qts_core.data.contracts import CONTRACTS, Expected\n"
        "assert 'great_expectations' not in sys.modules\n"
        "contract = CONTRACTS['instruments']\n"
        "assert validate(pl.DataFrame(schema=dict(contract.columns)), contract).passed\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin", "HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[5])},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []
