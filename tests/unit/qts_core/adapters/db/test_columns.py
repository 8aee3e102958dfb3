"""Columns hold the same value on every database, or refuse it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from qts_core.adapters.db.columns import ExactDecimal, Instant
from qts_core.market.errors import DataValidationError

SQLITE, POSTGRESQL = sqlite.dialect(), postgresql.dialect()  # type: ignore[no-untyped-call]
PRICE = ExactDecimal(18, 8)


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_every_decimal_that_fits_comes_back_from_sqlite(places: int) -> None:
    value = Decimal(places).scaleb(-8)
    stored = PRICE.process_bind_param(value, SQLITE)
    assert stored == places
    assert PRICE.process_result_value(stored, SQLITE) == value


def test_decimals_keep_their_order_on_sqlite() -> None:
    values = [Decimal(text) for text in ("-10", "-9.5", "0", "1E-8", "9.99999999", "10", "100")]
    stored = [PRICE.process_bind_param(value, SQLITE) for value in values]
    assert stored == sorted(stored, key=lambda x: x if x is not None else 0)


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL], ids=lambda d: d.name)
@pytest.mark.parametrize("text", ["1E-9", "0.123456789", "10000000000", "NaN", "Infinity", "1E+30"])
def test_a_decimal_that_does_not_fit_is_refused_and_never_rounded(text: str, dialect: object) -> None:
    with pytest.raises(DataValidationError, match="QTS-DB-006"):
        PRICE.process_bind_param(Decimal(text), dialect)  # type: ignore[arg-type]


def test_more_digits_than_an_integer_of_64_bits_holds_are_no_column() -> None:
    with pytest.raises(ValueError, match="18"):
        ExactDecimal(19, 8)


def test_an_instant_is_microseconds_on_sqlite_and_utc_everywhere() -> None:
    moment = datetime(2024, 3, 1, 14, 30, 0, 1, tzinfo=UTC)
    assert Instant().process_bind_param(moment, SQLITE) == 1_709_303_400_000_001
    assert Instant().process_result_value(1_709_303_400_000_001, SQLITE) == moment
    berlin = moment.astimezone(timezone(timedelta(hours=1)))
    found = Instant().process_result_value(berlin, POSTGRESQL)
    assert found == moment
    assert found is not None
    assert found.tzinfo is UTC


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(DataValidationError, match="no time zone"):
        Instant().process_bind_param(datetime(2024, 3, 1), SQLITE)


def test_nothing_stays_nothing() -> None:
    for column in (PRICE, Instant()):
        assert column.process_bind_param(None, SQLITE) is None
        assert column.process_result_value(None, SQLITE) is None
