"""The universe: facts about symbols, time in the universe, auxiliary symbols, limits by sector."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from pydantic import ValidationError

from qts_core.config.settings import Settings
from qts_core.config.universe import AuxiliarySettings, SymbolSettings, UniverseSettings
from qts_core.market.calendar import xnys
from qts_core.market.timeline import Timeline

SMALL = UniverseSettings(
    symbols=(
        SymbolSettings(symbol="MSFT", sector="Technology"),
        SymbolSettings(symbol="AAPL", sector="Technology", from_date=date(2024, 7, 2), to_date=date(2024, 7, 3)),
    ),
    auxiliary=(
        AuxiliarySettings(symbol="XLY", role="sector:Consumer"),
        AuxiliarySettings(symbol="SPY", role="market"),
        AuxiliarySettings(symbol="XLP", role="sector:Consumer"),
    ),
)


def test_the_shipped_universe_has_fifty_symbols_each_with_sector_and_industry(settings: Settings) -> None:
    universe = settings.universe
    assert len(universe.tradable) == 50
    assert all(entry.sector != "Other" and entry.industry for entry in universe.symbols)
    assert sum(universe.benchmark_weights().values()) == pytest.approx(1.0)


def test_the_specifications_sector_limits_add_up_to_one(settings: Settings) -> None:
    limits = settings.universe.sector_limits
    assert limits == {"Technology": 0.30, "Healthcare": 0.25, "Financials": 0.20, "Consumer": 0.15, "Other": 0.10}
    assert sum(limits.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("sector", "default", "limit"),
    [("Consumer", 0.30, 0.15), ("Technology", 0.20, 0.20), ("Utilities", 0.30, 0.10)],
)
def test_a_sector_limit_only_ever_tightens(settings: Settings, sector: str, default: float, limit: float) -> None:
    assert settings.universe.sector_limit(sector, default) == limit


def test_a_symbol_is_written_one_way() -> None:
    assert SymbolSettings(symbol=" brk-b ").symbol == "BRK.B"


@pytest.mark.parametrize("text", ["../../etc/passwd", "ＡＡＰＬ", "TOOLONG", "A APL", "", "AAPL\u200b", "1X"])
def test_what_is_no_ticker_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="not a US ticker"):
        SymbolSettings(symbol=text)


def test_a_symbol_listed_twice_is_refused() -> None:
    twice = (SymbolSettings(symbol="BRK.B"), SymbolSettings(symbol="brk-b"))
    with pytest.raises(ValidationError, match=r"BRK.B is listed twice: symbols\[0\] \(Other\) and symbols\[1\]"):
        UniverseSettings(symbols=twice)


def test_unknown_and_banned_symbols(settings: Settings) -> None:
    assert settings.universe.sector_of("ZZZZ") == "Other"
    assert settings.universe.sector_of("NOC") == "Industrials"
    banned = settings.evolve({"universe.blacklist.symbols": ("AAPL",)})
    assert "AAPL" not in banned.universe.tradable
    assert not banned.universe.instrument("AAPL").is_tradable


def test_the_shipped_universe_has_twenty_auxiliary_symbols_none_of_them_traded(settings: Settings) -> None:
    universe = settings.universe
    assert len(universe.auxiliary_symbols) == 20
    assert not set(universe.auxiliary_symbols) & set(universe.tradable)
    assert len(universe.all_symbols) == 70
    for role in ("market", "growth", "small_cap", "rates", "dollar", "gold", "bonds", "cash", "volatility"):
        assert len(universe.with_role(role)) == 1, role
    for sector in {entry.sector for entry in universe.symbols}:
        assert universe.with_role(f"sector:{sector}"), sector


def test_auxiliary_symbols_are_found_by_role_in_the_order_of_the_file() -> None:
    assert SMALL.with_role("sector:Consumer") == ("XLY", "XLP")
    assert SMALL.with_role("market") == ("SPY",)
    assert SMALL.with_role("gold") == ()


def test_everything_that_is_wanted_is_in_one_list() -> None:
    assert SMALL.all_symbols == ("AAPL", "MSFT", "SPY", "XLP", "XLY")
    assert SMALL.tradable == ("AAPL", "MSFT")


@pytest.mark.parametrize(
    ("day", "members"),
    [
        (date(2024, 7, 1), ("MSFT",)),
        (date(2024, 7, 2), ("AAPL", "MSFT")),
        (date(2024, 7, 3), ("AAPL", "MSFT")),
        (date(2024, 7, 5), ("MSFT",)),
    ],
)
def test_first_and_last_day_of_membership_are_both_included(day: date, members: tuple[str, ...]) -> None:
    assert SMALL.members_on(day) == members
    assert SMALL.is_member("AAPL", day) == ("AAPL" in members)


def test_an_auxiliary_symbol_is_never_a_member_and_an_unknown_one_always() -> None:
    assert not SMALL.is_member("SPY", date(2024, 7, 2))
    assert SMALL.is_member("ZZZZ", date(2024, 7, 2))


def test_membership_on_a_timeline_is_that_of_each_day() -> None:
    line = Timeline.between(xnys(), date(2024, 7, 1), date(2024, 7, 5))
    mask = SMALL.membership(line, ("AAPL", "MSFT", "SPY"))
    assert mask.sum(axis=0).tolist() == [26 + 14, 92, 0]
    assert np.flatnonzero(mask[:, 0]).tolist() == list(range(26, 66))


def test_an_auxiliary_instrument_knows_its_role_and_cannot_be_traded() -> None:
    fund = SMALL.instrument("XLY")
    assert (fund.role, fund.sector, fund.is_tradable, fund.is_auxiliary) == ("sector:Consumer", "Consumer", False, True)
    assert SMALL.instrument("SPY").sector == "Other"


def test_dates_in_iso_form_are_read_and_others_are_not() -> None:
    assert SymbolSettings.model_validate({"symbol": "A", "from_date": "2024-07-02"}).from_date == date(2024, 7, 2)
    for text in ("02/07/2024", "2024-02-30", 20240702, "2024-07-02T10:00"):
        with pytest.raises(ValidationError):
            SymbolSettings.model_validate({"symbol": "A", "to_date": text})


def test_two_spellings_of_one_ticker_in_a_mapping_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"BRK.B is given twice"):
        UniverseSettings.model_validate({"other_sectors": {"BRK-B": "Financials", "BRK.B": "Energy"}})


def test_a_black_list_may_be_written_in_any_spelling() -> None:
    universe = UniverseSettings.model_validate({"blacklist": {"symbols": ("brk-b",), "reasons": {"BRK B": "why"}}})
    assert universe.blacklist.symbols == ("BRK.B",)
    assert universe.blacklist.reasons == {"BRK.B": "why"}
    assert not universe.instrument("BRK.B").is_tradable
    assert universe.lists("BRK.B")
