"""`qts data download` as a process against a served exchange: from nothing to a clean lake, whatever comes between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from live_daemon.paper_exchange.market import Market, synthetic_market_of
from live_daemon.paper_exchange.venue import Venue, VenueSettings
from qts_core.adapters.lake import Lake
from qts_core.data.ingest import load_actions, load_panel
from qts_core.data.market_source import recorded_source
from qts_core.exchange import fill_settings
from qts_core.market.calendar import xnys
from qts_core.market.panel import BAR_FIELDS
from tests.contract.alpaca.serving import Served, serving, wait_until

ROOT = Path(__file__).parents[3]
SECRET = "sesame-open-77"
FIRST, LAST = "2024-10-01", "2024-12-31"
pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def market() -> Market:
    """Half a year of four symbols."""
    return synthetic_market_of(xnys(), symbols=4, seed=5)


@pytest.fixture
def exchange(market: Market) -> Iterator[Served]:
    """An exchange on the day after the market's last session."""
    settings = VenueSettings(
        (date(2024, 12, 31),), fill_settings("alpaca-paper"), Decimal(100_000), None, timedelta(minutes=5)
    )
    with serving(Venue(market, xnys(), settings, lambda: 0.0)) as served:
        served.advance(until="2025-01-01T12:00:00Z")
        yield served


def started(served: Served, home: Path, symbols: tuple[str, ...], *more: str) -> subprocess.Popen[str]:
    """Start a download; the exchange accepts any keys, so these would only ever show by mistake."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("QTS_", "ALPACA_", "APCA_"))}
    keys = {"ALPACA_API_KEY": "key-of-a-test", "ALPACA_SECRET_KEY": SECRET, "ALPACA_DATA_URL": served.rest}
    arguments = ("--first", FIRST, "--last", LAST, "--symbols", ",".join(symbols), "--json", *more)
    return subprocess.Popen(
        [sys.executable, "-m", "qts_core.cli.main", "data", "download", *arguments], cwd=ROOT, text=True,
        env={**kept, **keys, "QTS_HOME": str(home), "QTS_DEBUG": "0"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    assert SECRET not in out + err
    assert "key-of-a-test" not in out + err
    return process.returncode, out, err


def plan_fault(served: Served, **fault: object) -> None:
    with served.http() as client:
        client.post("/qts/faults", json=fault).raise_for_status()


def test_a_download_fills_an_empty_lake_with_the_very_bars_of_the_market(
    exchange: Served, market: Market, tmp_path: Path
) -> None:
    symbols = market.bars.symbols
    plan_fault(exchange, kind="503", path="/v2/stocks/bars", after=1)
    code, out, err = finished(started(exchange, tmp_path, symbols))
    assert code == 0, err
    counts = json.loads(out)
    assert (counts["chunks"], counts["requests"], counts["months"], counts["missing"]) == (3, 5, 3, [])
    lake = Lake(tmp_path / "lake")
    held = load_panel(lake, calendar=xnys(), first=date(2024, 10, 1), last=date(2024, 12, 31))
    rows = market.bars.timeline.rows_of(held.timeline.ts_event)
    assert held.symbols == symbols
    for name in BAR_FIELDS[:5]:
        expected = market.bars[name][rows]
        assert ((held[name] == expected) | ((held[name] != held[name]) & (expected != expected))).all(), name
    source = recorded_source(lake)
    assert source is not None
    assert (source.kind, source.origin, source.first, source.last) == (
        "imported", "alpaca iex", date(2024, 10, 1), date(2024, 12, 31),
    )  # fmt: skip
    due = market.actions.filter(pl.col("ex_date").is_between(date(2024, 10, 1), date(2024, 12, 31)))
    assert load_actions(lake).height == due.height > 0
    assert not any((tmp_path / "downloads").rglob("*.parquet"))


def test_killed_in_the_middle_it_goes_on_where_it_stopped(exchange: Served, market: Market, tmp_path: Path) -> None:
    symbols = market.bars.symbols[:2]
    plan_fault(exchange, kind="silent", path="/v2/stocks/bars", after=2)
    process = started(exchange, tmp_path, symbols)
    stage = tmp_path / "downloads"
    wait_until(lambda: len(list(stage.rglob("*.json"))) == 2 or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    assert finished(process)[0] == -signal.SIGKILL
    with exchange.http() as client:
        client.post("/qts/faults", json={}).raise_for_status()
    assert not (tmp_path / "lake").exists() or not Lake(tmp_path / "lake").months("raw_bars")
    code, out, err = finished(started(exchange, tmp_path, symbols))
    assert code == 0, err
    counts = json.loads(out)
    assert (counts["chunks_resumed"], counts["requests"]) == (2, 2)
    again = json.loads(finished(started(exchange, tmp_path, symbols))[1])
    assert (again["rows"], again["chunks_resumed"]) == (0, 0)


def test_a_growing_span_adds_to_the_lake_and_another_feed_is_refused(
    exchange: Served, market: Market, tmp_path: Path
) -> None:
    symbols = market.bars.symbols[:2]
    assert finished(started(exchange, tmp_path, symbols, "--last", "2024-11-15"))[0] == 0
    lake = Lake(tmp_path / "lake")
    before = lake.read("raw_bars")
    assert finished(started(exchange, tmp_path, symbols))[0] == 0
    after = Lake(tmp_path / "lake").read("raw_bars")
    early = after.filter(pl.col("ts_event") < datetime(2024, 11, 16, tzinfo=UTC))
    assert_frame_equal(early, before, check_row_order=False)
    assert after["ts_event"].max() == datetime(2024, 12, 31, 20, 45, tzinfo=UTC)
    code, out, err = finished(started(exchange, tmp_path, symbols, "--feed", "sip"))
    assert (code, out) == (2, "")
    assert err.startswith("QTS-DATA-048 DataValidationError: this lake holds bars of another feed; found alpaca sip")
    assert set(after["source"]) == {"alpaca iex"}
