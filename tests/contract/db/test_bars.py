"""Bars of the lake in the database: exact, whole months, repeatable (specification 14.1, 14.2; bad input B55)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from qts_core.adapters.db import Database, open_database
from qts_core.adapters.db.bars import SqlBars
from qts_core.adapters.db.market_tables import features, ohlcv_bars
from qts_core.data.quality.flags import BarFlag
from qts_core.data.schemas import BAR_SCHEMA, CLEAN_SCHEMA
from qts_core.market.errors import DataConnectionError, DataValidationError
from tests.support.postgres import PostgresServer

OPEN = datetime(2024, 3, 1, 14, 30, tzinfo=UTC)
NOW = datetime(2024, 4, 1, 8, 0, 0, 250_000, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
PRICES = ("open", "high", "low", "close", "vwap")


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with open_database(url) as opened:
        yield opened


def bars(*changes: Mapping[str, object]) -> pl.DataFrame:
    """Return clean bars, a quarter of an hour apart, each with its own changes."""
    rows = [
        {
            "symbol": "AAPL", "ts_event": OPEN + n * QUARTER, "ts_known": OPEN + (n + 1) * QUARTER, "open": 187.25,
            "high": 188.0, "low": 187.0, "close": 187.5, "volume": 1000.0, "vwap": 187.4, "trade_count": 12,
            "source": "test", "flags": 0, **change,
        }
        for n, change in enumerate(changes)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=dict(CLEAN_SCHEMA))


def load(database: Database, frame: pl.DataFrame, *, sha256: str = "a" * 64, month: str = "2024-03") -> bool:
    return SqlBars(database.engine).load_month(month, frame, sha256=sha256, now=NOW)


def stored(database: Database) -> list[dict[str, object]]:
    with database.read() as connection:
        query = select(ohlcv_bars).order_by(ohlcv_bars.c.timestamp, ohlcv_bars.c.symbol)
        return [dict(row._mapping) for row in connection.execute(query)]


def test_a_bar_comes_back_as_it_stands_in_the_lake(database: Database) -> None:
    assert load(database, bars({}))
    assert stored(database) == [
        {
            "symbol": "AAPL", "timestamp": OPEN, "ts_known": OPEN + QUARTER, "open": Decimal("187.25000000"),
            "high": Decimal(188), "low": Decimal(187), "close": Decimal("187.5"), "volume": Decimal(1000),
            "vwap": Decimal("187.4"), "trade_count": 12, "flags": 0, "source": "test",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("price", "decimal"),
    [
        (0.1 + 0.2, "0.3"),
        (1e-8, "0.00000001"),
        (0.00000123, "0.00000123"),
        (612345.0, "612345"),
        (99999999.12345678, "99999999.12345678"),
        (9999999999.0, "9999999999"),
        (2.675, "2.675"),
    ],
)
def test_a_price_is_the_decimal_that_people_read(database: Database, price: float, decimal: str) -> None:
    load(database, bars(dict.fromkeys(PRICES, price)))
    assert {stored(database)[0][name] for name in PRICES} == {Decimal(decimal)}


def test_what_is_missing_stays_missing_and_fractions_of_shares_stay(database: Database) -> None:
    load(database, bars({"vwap": None, "trade_count": None, "volume": 0.3333}))
    row = stored(database)[0]
    assert (row["vwap"], row["trade_count"], row["volume"]) == (None, None, Decimal("0.3333"))


def test_a_month_loaded_twice_changes_nothing(database: Database) -> None:
    frame = bars({}, {})
    assert load(database, frame) is True
    before = stored(database)
    assert load(database, frame) is False
    assert stored(database) == before


def test_a_month_that_changed_in_the_lake_is_replaced_whole(database: Database) -> None:
    load(database, bars({}, {"symbol": "MSFT"}))
    assert load(database, bars({"close": 99.5}), sha256="b" * 64) is True
    assert [(row["symbol"], row["close"]) for row in stored(database)] == [("AAPL", Decimal("99.5"))]


def test_a_month_that_lost_rows_in_the_database_is_loaded_again(database: Database) -> None:
    load(database, bars({}, {}))
    with database.write() as connection:
        connection.execute(text("DELETE FROM ohlcv_bars"))
    assert load(database, bars({}, {})) is True
    assert len(stored(database)) == 2


def test_other_months_stay_and_the_month_ends_in_new_york(database: Database) -> None:
    """The last bar of February in New York starts on 1 March in UTC when it is an evening's."""
    evening = datetime(2024, 3, 1, 4, 45, tzinfo=UTC)
    load(database, bars({"ts_event": evening, "ts_known": evening}), month="2024-02")
    load(database, bars({}))
    load(database, bars({}, {}), sha256="b" * 64)
    assert [row["timestamp"] for row in stored(database)] == [evening, OPEN, OPEN + QUARTER]
    assert SqlBars(database.engine).months() == ("2024-02", "2024-03")
    with pytest.raises(DataValidationError, match="another month"):
        load(database, bars({}), month="2024-02", sha256="c" * 64)


def test_filled_bars_stay_behind_and_other_flags_come_along(database: Database) -> None:
    outlier = int(BarFlag.OUTLIER | BarFlag.LATE)
    load(database, bars({}, {"flags": int(BarFlag.FILLED)}, {"flags": outlier}))
    assert [row["flags"] for row in stored(database)] == [0, outlier]


def test_of_two_versions_the_one_known_last_is_taken(database: Database) -> None:
    late = {"ts_event": OPEN, "ts_known": OPEN + timedelta(days=3), "close": 187.75}
    load(database, pl.concat([bars(late), bars({})]))
    assert [(row["close"], row["ts_known"]) for row in stored(database)] == [
        (Decimal("187.75"), OPEN + timedelta(days=3))
    ]


def test_bars_from_before_there_were_flags_load(database: Database) -> None:
    load(database, bars({}).select(BAR_SCHEMA.keys()))
    assert stored(database)[0]["flags"] == 0


@pytest.mark.parametrize("change", [{"close": 1e10}, {"volume": 1e15}, {"close": float("nan")}, {"high": None}])
def test_a_value_that_fits_no_column_changes_nothing(database: Database, change: dict[str, object]) -> None:
    load(database, bars({}))
    with pytest.raises(DataValidationError, match="QTS-DB-006"):
        load(database, bars({"close": 1.0}, change), sha256="b" * 64)
    assert [row["close"] for row in stored(database)] == [Decimal("187.5")]
    assert load(database, bars({})) is False


@pytest.mark.parametrize("words", ["'; DROP TABLE ohlcv_bars;--", 'a"b,c\nd', "\\.", "\\N", "", "%s :x"])
def test_any_text_is_only_text(database: Database, words: str) -> None:
    """B55: as source of a bar; as symbol it is far too long for the pattern, and still only text."""
    load(database, bars({"source": words, "symbol": words[:10] or "A"}, {}))
    assert sorted(str(row["source"]) for row in stored(database)) == sorted([words, "test"])
    assert SqlBars(database.engine).count() == 2


def test_a_decimal_that_would_be_rounded_is_refused_by_both(database: Database) -> None:
    row = {**stored_row(), "close": Decimal("1.000000001")}
    with pytest.raises(DataValidationError, match="QTS-DB-006"), database.write() as connection:
        connection.execute(insert(ohlcv_bars).values(**row))


def stored_row() -> dict[str, object]:
    prices = {name: Decimal(1) for name in ("open", "high", "low", "close")}
    return {"symbol": "A", "timestamp": OPEN, "ts_known": OPEN, **prices, "volume": 1, "flags": 0, "source": ""}


def test_bars_sort_and_compare_as_numbers_and_instants(database: Database) -> None:
    load(database, bars({"close": 9.0}, {"close": 10.0}, {"close": 100.0}))
    with database.read() as connection:
        query = select(ohlcv_bars.c.close).where(ohlcv_bars.c.close > Decimal("9.5")).order_by(ohlcv_bars.c.close)
        assert list(connection.execute(query).scalars()) == [Decimal(10), Decimal(100)]
        later = select(ohlcv_bars.c.close).where(ohlcv_bars.c.timestamp > OPEN + QUARTER)
        assert list(connection.execute(later).scalars()) == [Decimal(100)]


def test_a_served_feature_is_one_row_for_symbol_instant_and_name(database: Database) -> None:
    row = {"symbol": "AAPL", "timestamp": OPEN, "feature_name": "momentum_rsi_14_last", "value": 0.1 + 0.2}
    with database.write() as connection:
        connection.execute(insert(features).values(**row))
    with database.read() as connection:
        assert dict(connection.execute(select(features)).one()._mapping) == row
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(insert(features).values(**row))


def test_a_connection_lost_in_the_middle_of_a_load_leaves_the_month_as_it_was(
    postgres: PostgresServer, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qts_core.adapters.db import bars as module

    with open_database(postgres_url) as database:
        load(database, bars({}))
        copy = module._copy

        def lose(connection: object, rows: pl.DataFrame) -> None:
            postgres.disconnect_everybody(postgres_url)
            copy(connection, rows)  # type: ignore[arg-type]

        monkeypatch.setattr(module, "_copy", lose)
        with pytest.raises(DataConnectionError, match="QTS-DB-001"):
            load(database, bars({"close": 1.0}), sha256="b" * 64)
        assert [row["close"] for row in stored(database)] == [Decimal("187.5")]
