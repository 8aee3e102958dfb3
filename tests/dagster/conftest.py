"""A small platform of its own for every test: eight invented symbols over two months."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from qts_core.data.market_source import MarketSource, record_source
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_dagster.defs.resources import Platform
from qts_dagster.demo.materialise import open_instance

FIRST, LAST = date(2024, 1, 2), date(2024, 2, 29)


@pytest.fixture(scope="session")
def source() -> MarketSource:
    settings = SyntheticMarketSettings(symbols=8, first=FIRST, last=LAST, seed=3, signal_strength=1.0)
    symbols = tuple(i.symbol for i in synthetic_market(settings).instruments)
    return MarketSource("synthetic", FIRST, LAST, symbols, "test market", seed=3, signal_strength=1.0)


@pytest.fixture
def platform(tmp_path: Path, source: MarketSource) -> Platform:
    platform = Platform(home=str(tmp_path / "home"))
    record_source(platform.lake, source)
    return platform


@pytest.fixture
def instance(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DAGSTER_HOME", "")  # restored afterwards: opening an instance sets it
    with open_instance(platform.settings.home) as opened:
        yield opened
