"""One market for each lake, recorded so that two can never mix."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from qts_core.adapters.lake import Lake
from qts_core.config.universe import UniverseSettings
from qts_core.data.ingest import register_instruments
from qts_core.data.market_source import (
    MarketSource,
    default_source,
    ensure_month,
    imported_source,
    market_instruments,
    market_of,
    record_source,
    recorded_source,
)
from qts_core.market.calendar import xnys
from qts_core.market.errors import DataNotFoundError, DataValidationError
from qts_core.market.instruments import Instrument

SMALL = MarketSource(
    "synthetic", date(2024, 1, 2), date(2024, 2, 15), ("ENEAA", "FINAA", "TECAA"), "small", seed=5, signal_strength=1.0
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def test_a_source_survives_the_lake(lake: Lake) -> None:
    assert recorded_source(lake) is None
    record_source(lake, SMALL)
    assert recorded_source(lake) == SMALL


def test_another_market_is_refused_and_the_first_one_stays(lake: Lake) -> None:
    record_source(lake, SMALL)
    with pytest.raises(DataValidationError, match=r"QTS-DATA-017.*another market.*QTS_HOME"):
        record_source(lake, replace(SMALL, seed=6, origin="other"))
    assert recorded_source(lake) == SMALL


def test_an_imported_market_may_grow_at_its_ends_but_not_change_its_symbols(lake: Lake) -> None:
    bought = MarketSource("imported", date(2024, 1, 2), date(2024, 1, 31), ("AAPL",), "a.csv")
    record_source(lake, bought)
    record_source(lake, replace(bought, last=date(2024, 2, 29)))
    with pytest.raises(DataValidationError, match="QTS-DATA-017"):
        record_source(lake, replace(bought, last=date(2024, 2, 29), symbols=("MSFT",)))


def test_months_run_from_first_to_last_over_a_year_end() -> None:
    span = replace(SMALL, first=date(2023, 11, 15), last=date(2024, 2, 1))
    assert span.months == ("2023-11", "2023-12", "2024-01", "2024-02")


def test_the_default_market_is_the_years_up_to_the_end_of_2024() -> None:
    source = default_source(years=5)
    assert (source.first, source.last, len(source.symbols)) == (date(2020, 1, 1), date(2024, 12, 31), 50)
    assert source.symbols == tuple(sorted(source.symbols))


def test_a_month_of_a_synthetic_market_is_written_once_and_is_the_same_bits_every_time(lake: Lake) -> None:
    symbols = tuple(i.symbol for i in market_of(SMALL).instruments)
    source = replace(SMALL, symbols=symbols)
    first = ensure_month(lake, "2024-01", source, calendar=xnys())
    again = ensure_month(lake, "2024-01", source, calendar=xnys())
    assert again == first
    assert first.rows == lake.read_month("raw_bars", "2024-01").height > 0


def test_a_month_that_was_never_imported_is_named_with_the_way_to_import_it(lake: Lake) -> None:
    bought = MarketSource("imported", date(2024, 1, 2), date(2024, 1, 31), ("AAPL",), "a.csv")
    with pytest.raises(DataNotFoundError, match=r"raw_bars 2024-01.*qts data import"):
        ensure_month(lake, "2024-01", bought, calendar=xnys())


def test_an_imported_source_spans_what_is_there_and_what_comes(lake: Lake) -> None:
    bars = market_of(SMALL).bars
    record_source(lake, MarketSource("imported", date(2023, 12, 1), date(2023, 12, 29), SMALL.symbols, "a.csv"))
    grown = imported_source(lake, bars, "b.csv")
    assert (grown.first, grown.last) == (date(2023, 12, 1), date(2024, 2, 15))


def test_the_configured_universe_knows_better_than_the_lake_what_a_symbol_is(lake: Lake) -> None:
    register_instruments(lake, [Instrument("TECAA", "Technology")])
    known, unknown = market_instruments(lake, UniverseSettings(), ["TECAA", "ZZZZ"])
    assert (known.sector, unknown.sector) == ("Technology", "Other")
