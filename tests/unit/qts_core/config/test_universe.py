"""The universe: facts about symbols, limits by sector."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from qts_core.config.settings import Settings
from qts_core.config.universe import SymbolSettings, UniverseSettings


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
    with pytest.raises(ValidationError, match=r"BRK.B is listed twice: symbols\[0\] and symbols\[1\]"):
        UniverseSettings(symbols=twice)


def test_unknown_and_banned_symbols(settings: Settings) -> None:
    assert settings.universe.sector_of("ZZZZ") == "Other"
    assert settings.universe.sector_of("NOC") == "Industrials"
    banned = settings.evolve({"universe.blacklist.symbols": ("AAPL",)})
    assert "AAPL" not in banned.universe.tradable
    assert not banned.universe.instrument("AAPL").is_tradable
