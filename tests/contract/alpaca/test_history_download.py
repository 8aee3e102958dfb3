"""Years of bars come through alpaca-py over real sockets, whatever the network does on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from live_daemon.paper_exchange.credentials import Credentials
from live_daemon.paper_exchange.server import ServerSettings
from qts_core.adapters.alpaca.endpoint import Endpoint
from qts_core.adapters.alpaca.history import HistoryDownload, HistoryRequest, Progress, download_history
from qts_core.data.panels import bars_to_panel
from qts_core.market.calendar import TradingCalendar, xnys
from qts_core.market.errors import DataConnectionError, DataValidationError, InvalidConfigError, TradingSystemError
from qts_core.market.timeline import Timeline
from tests.contract.alpaca.serving import KEY, SECRET, Served, serving
from tests.unit.live_daemon.paper_exchange.replays import FRIDAY, SYMBOLS, TUESDAY, WEDNESDAY, actions, venue

NOW = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)
BARS = "/v2/stocks/bars"


@pytest.fixture
def calendar() -> TradingCalendar:
    """XNYS."""
    return xnys()


@pytest.fixture
def over(served: Served) -> Served:
    """The exchange after the last replayed session."""
    served.advance(until="2024-12-02T12:00:00Z")
    return served


def endpoint(served: Served, secret: str = SECRET) -> Endpoint:
    return Endpoint(served.rest, served.rest, "", "", KEY, secret)


def download(
    served: Served,
    folder: Path,
    *,
    symbols: tuple[str, ...] = SYMBOLS,
    last: date = FRIDAY,
    bar_minutes: int = 15,
) -> HistoryDownload:
    request = HistoryRequest(symbols, TUESDAY, last, bar_minutes=bar_minutes)
    pauses: list[float] = []
    return download_history(endpoint(served), request, folder=folder, calendar=xnys(), now=NOW, wait=pauses.append)


def plan_fault(served: Served, **fault: object) -> None:
    with served.http() as client:
        client.post("/qts/faults", json={"path": BARS, **fault}).raise_for_status()


def test_every_bar_of_the_regular_sessions_arrives(over: Served, tmp_path: Path, calendar: TradingCalendar) -> None:
    found = download(over, tmp_path)
    line = Timeline.between(calendar, TUESDAY, FRIDAY)
    assert len(line) == 26 + 26 + 14
    panel = bars_to_panel(found.frame, actions(), timeline=line, symbols=SYMBOLS)
    assert found.frame.height == 3 * len(line)
    # AAA opens session s at 100 + 10 s and gains a cent a minute; BBB misses every tenth minute of 1,000 shares.
    assert panel["open"][[0, 26, 52], 0].tolist() == [100.0, 110.0, 120.0]
    assert panel["close"][0].tolist() == [100.14, 50.0, 80.0]
    assert panel["volume"][0].tolist() == [15_000.0, 14_000.0, 15_000.0]
    assert panel["close"][-1, 2] == 20.0
    assert set(found.frame["source"]) == {"alpaca iex"}
    assert found.counts["bars"] == found.frame.height
    assert found.missing == ()


def test_minutes_are_built_into_the_bars_that_the_server_would_give(over: Served, tmp_path: Path) -> None:
    given = download(over, tmp_path).frame
    built = download(over, tmp_path, bar_minutes=1)
    exact = ["symbol", "ts_event", "ts_known", "open", "high", "low", "close", "volume", "trade_count"]
    assert built.frame.select(exact).equals(given.select(exact))
    # The server rounds a vwap to six decimals, once for the bar and once for each minute.
    assert ((built.frame["vwap"] - given["vwap"]).abs() < 2e-6).all()


def test_corporate_actions_come_with_the_bars(over: Served, tmp_path: Path) -> None:
    found = download(over, tmp_path).actions
    rows = found.select("symbol", "ex_date", "kind", "new_shares", "old_shares", "cash_per_share", "source").rows()
    assert rows == [
        ("AAA", FRIDAY, "dividend", None, None, 0.25, "alpaca"),
        ("CCC", FRIDAY, "split", 4.0, 1.0, None, "alpaca"),
    ]


def test_actions_outside_the_days_asked_for_stay_out(over: Served, tmp_path: Path) -> None:
    assert download(over, tmp_path, last=WEDNESDAY).actions.is_empty()


def test_a_symbol_without_bars_is_named(over: Served, tmp_path: Path) -> None:
    assert download(over, tmp_path, symbols=("AAA", "ZZZ")).missing == ("ZZZ",)


def test_no_bar_at_all_is_an_error(over: Served, tmp_path: Path) -> None:
    with pytest.raises(TradingSystemError, match=r"QTS-DATA-045 .*no bar of these symbols"):
        download(over, tmp_path, symbols=("ZZZ",))


@pytest.mark.parametrize("kind", ["429", "500", "502", "503", "504", "html", "html200", "truncated", "cut"])
def test_whatever_goes_wrong_twice_goes_well_in_the_end(over: Served, tmp_path: Path, kind: str) -> None:
    whole = download(over, tmp_path / "calm").frame
    plan_fault(over, kind=kind, count=2)
    found = download(over, tmp_path / "rough")
    assert found.frame.equals(whole)
    with over.http() as client:
        assert client.post("/qts/faults", json={}).json() == {"left": 0}
    assert found.counts["requests"] == 4


def test_a_server_that_stays_broken_is_given_up_and_finished_chunks_are_kept(over: Served, tmp_path: Path) -> None:
    plan_fault(over, kind="503", count=99)
    with pytest.raises(DataConnectionError, match=r"QTS-DATA-045 .*6 attempts at http://[^?]*/v2/stocks/bars; found"):
        download(over, tmp_path)
    with over.http() as client:
        client.post("/qts/faults", json={})
        client.post("/qts/faults", json={"kind": "503", "path": "/v1/corporate-actions", "count": 6})
    with pytest.raises(DataConnectionError):
        download(over, tmp_path)
    found = download(over, tmp_path)
    assert (found.counts["chunks_resumed"], found.counts["requests"]) == (1, 1)


def test_a_damaged_chunk_is_downloaded_again(over: Served, tmp_path: Path) -> None:
    whole = download(over, tmp_path)
    (chunk,) = tmp_path.rglob("*.parquet")
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 1
    chunk.write_bytes(bytes(content))
    again = download(over, tmp_path)
    assert again.counts["chunks_resumed"] == 0
    assert again.frame.equals(whole.frame)
    again.finish()
    assert not any(tmp_path.rglob("*.parquet"))


def test_a_session_that_runs_is_neither_kept_nor_taken_unfinished(opened: Served, tmp_path: Path) -> None:
    opened.advance(minutes=40)
    asked = HistoryRequest(symbols=SYMBOLS, first=TUESDAY, last=WEDNESDAY)
    now = datetime(2024, 11, 27, 15, 10, tzinfo=UTC)
    found = download_history(endpoint(opened), asked, folder=tmp_path, calendar=xnys(), now=now)
    last = found.frame["ts_event"].max()
    assert last == datetime(2024, 11, 27, 14, 30, tzinfo=UTC)
    assert not any(tmp_path.rglob("*.parquet"))


@pytest.fixture
def guarded() -> Iterator[Served]:
    """An exchange that knows one pair of keys, on a free plan."""
    with serving(venue(), ServerSettings(credentials=Credentials(KEY, SECRET), is_free_plan=True)) as running:
        yield running


def test_wrong_keys_are_said_so_once_and_never_shown(guarded: Served, tmp_path: Path) -> None:
    asked = HistoryRequest(symbols=SYMBOLS, first=TUESDAY, last=TUESDAY)
    with pytest.raises(InvalidConfigError, match=r"QTS-DATA-046 .*http 401 unauthorized") as caught:
        download_history(endpoint(guarded, "sesame-77"), asked, folder=tmp_path, calendar=xnys(), now=NOW)
    assert "sesame" not in str(caught.value)


def test_a_free_plan_does_not_see_the_whole_market_at_once(guarded: Served, tmp_path: Path) -> None:
    asked = HistoryRequest(symbols=SYMBOLS, first=TUESDAY, last=WEDNESDAY, feed="sip")
    with pytest.raises(InvalidConfigError, match="subscription does not permit querying recent SIP data"):
        download_history(endpoint(guarded), asked, folder=tmp_path, calendar=xnys(), now=NOW)
    # With a clock that agrees with the server's, the last 20 minutes are not even asked for.
    now = datetime(2024, 11, 27, 14, 25, tzinfo=UTC)
    found = download_history(endpoint(guarded), asked, folder=tmp_path, calendar=xnys(), now=now)
    assert set(found.frame["source"]) == {"alpaca sip"}


def test_the_rate_limit_is_kept_without_a_single_429(tmp_path: Path) -> None:
    # The exchange's virtual minute passes with `seconds`; it allows two requests in it.
    seconds = [0.0]
    replay = venue(speed=1.0, monotonic=lambda: seconds[0])
    with serving(replay, ServerSettings(requests_per_minute=2)) as served:
        told: list[Progress] = []

        def wait(pause: float) -> None:
            seconds[0] += pause

        clock: Callable[[], float] = lambda: seconds[0]  # noqa: E731
        asked = HistoryRequest(symbols=SYMBOLS, first=date(2024, 8, 1), last=TUESDAY)
        found = download_history(
            endpoint(served), asked, folder=tmp_path, calendar=xnys(), now=NOW, requests_per_minute=2,
            progress=told.append, monotonic=clock, wait=wait,
        )  # fmt: skip
    assert found.counts["requests"] == 4 + 1
    assert seconds[0] == 120.0
    assert (told[-1].done, told[-1].chunks, told[-1].requests) == (4, 4, 5)


def test_a_question_that_the_server_refuses_is_not_repeated(over: Served, tmp_path: Path) -> None:
    with pytest.raises(DataValidationError, match=r"QTS-DATA-047 .*http 400 invalid symbol: a b"):
        download(over, tmp_path, symbols=("a b",))


def test_bars_of_a_request_in_pages_are_joined(over: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = download(over, tmp_path / "one").frame
    monkeypatch.setattr("alpaca.data.historical.stock.StockHistoricalDataClient._get_marketdata", _small_pages)
    paged = download(over, tmp_path / "many")
    assert paged.frame.equals(whole)
    assert paged.counts["requests"] > 10


def _small_pages(self: object, path: str, params: dict[str, object], page_size: int = 0) -> object:
    from alpaca.common.rest import RESTClient

    return RESTClient._get_marketdata(self, path, params, page_limit=17, page_size=page_size)  # type: ignore[arg-type]


def test_the_frame_is_a_frame_of_bars(over: Served, tmp_path: Path) -> None:
    frame = download(over, tmp_path).frame
    assert frame.select(pl.col("vwap").is_between("low", "high").all()).item()
    assert frame["trade_count"].dtype == pl.Int64
    assert frame.filter(pl.col("symbol") == "AAA")["trade_count"][0] == 150
