"""`live-daemon exchange`: serve an Alpaca-compatible paper exchange over replayed bars (specification 9.1, 12.1)."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from live_daemon.paper_exchange.clock import LOCKSTEP
from live_daemon.paper_exchange.credentials import Credentials
from live_daemon.paper_exchange.market import Market, market_of_file, market_of_lake, synthetic_market_of
from live_daemon.paper_exchange.server import ServerSettings, serve
from live_daemon.paper_exchange.venue import Venue, VenueSettings
from qts_core.adapters.settings_files import load_settings
from qts_core.config.settings import Settings
from qts_core.exchange import FillMode, fills_of
from qts_core.market.calendar import TradingCalendar, xnys
from qts_core.market.errors import BrokerConnectionError, DataNotFoundError, InvalidConfigError

__all__ = ["exchange"]

FASTEST = 100_000.0


def exchange(
    bars: Annotated[
        Path | None, typer.Option(help="CSV or Parquet of 1- or 15-minute bars; default: the lake, else synthetic.")
    ] = None,
    session: Annotated[str, typer.Option(help="Replay this session (YYYY-MM-DD).")] = "",
    sessions: Annotated[int, typer.Option(min=1, help="Replay the last N sessions.")] = 1,
    speed: Annotated[
        str, typer.Option(help="Virtual seconds per real second, or 'lockstep': time stands still until advanced.")
    ] = "60",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 0,
    cash: Annotated[str, typer.Option(help="Cash at the start, USD.")] = "100000",
    fill_mode: Annotated[FillMode, typer.Option(help="How fills are priced.")] = FillMode.ALPACA_PAPER,
    warm_start: Annotated[
        int, typer.Option(min=0, max=300, help="Start the clock this many minutes before the open.")
    ] = 5,
    rate_limit: Annotated[int, typer.Option(min=0, help="Requests a virtual minute; 0 = no limit.")] = 200,
    free_plan: Annotated[
        bool, typer.Option("--free-plan", help="Withhold the last 15 minutes of the feed sip, as a free plan does.")
    ] = False,
    exit_when_idle: Annotated[
        float, typer.Option(min=0.0, help="Stop after this many real seconds without a client; 0 = never.")
    ] = 0.0,
    symbols: Annotated[int, typer.Option(min=1, max=500, help="Symbols of the synthetic market.")] = 50,
    seed: Annotated[int, typer.Option(help="Seed of the synthetic market.")] = 7,
) -> None:
    """Serve a paper exchange that any Alpaca client can trade on; prints one JSON line when ready.

    Any pair of keys may enter unless QTS_EXCHANGE_KEY and QTS_EXCHANGE_SECRET are set; a command line is no place for
    a secret.
    """
    virtual_speed = _speed(speed)
    calendar = xnys()
    told: Settings = load_settings().settings
    market = _market(told, bars, calendar, symbols=symbols, seed=seed)
    venue = Venue(
        market,
        calendar,
        VenueSettings(
            sessions=_sessions(market, session, sessions),
            fills=fills_of(told.backtest, fill_mode),
            cash=_cash(cash),
            speed=virtual_speed,
            warm_start=timedelta(minutes=warm_start),
        ),
        time.monotonic,
    )
    settings = ServerSettings(host, port, _credentials(), rate_limit, exit_when_idle, free_plan)
    try:
        asyncio.run(serve(venue, settings))
    except OSError as error:
        raise BrokerConnectionError(
            "QTS-EXEC-001",
            "The exchange cannot listen",
            where=f"{host}:{port}",
            found=error.strerror,
            fix="use --port 0",
        ) from error


def _credentials() -> Credentials:
    return Credentials(os.environ.get("QTS_EXCHANGE_KEY", ""), os.environ.get("QTS_EXCHANGE_SECRET", ""))


def _market(told: Settings, bars: Path | None, calendar: TradingCalendar, *, symbols: int, seed: int) -> Market:
    if bars is not None:
        return market_of_file(bars, calendar)
    known = {s.symbol: told.universe.instrument(s.symbol) for s in told.universe.symbols}
    lake = market_of_lake(told.home / "lake", calendar, known)
    return lake if lake is not None else synthetic_market_of(calendar, symbols=symbols, seed=seed)


def _sessions(market: Market, session: str, count: int) -> tuple[date, ...]:
    if not session:
        return market.sessions[-count:]
    try:
        first = date.fromisoformat(session)
    except ValueError:
        raise _wrong("--session", session, "a date such as 2024-12-31") from None
    following = tuple(day for day in market.sessions if day >= first)
    if not following or following[0] != first:
        raise DataNotFoundError(
            "QTS-DATA-001",
            "There are no bars of the session to replay",
            where=market.origin,
            found=session,
            expected=f"a session from {market.sessions[0]} to {market.sessions[-1]}",
            fix="choose another --session",
        )
    return following[:count]


def _speed(text: str) -> float | None:
    if text == LOCKSTEP:
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = float("nan")
    if not 0.0 < speed <= FASTEST:
        raise _wrong("--speed", text, f"'{LOCKSTEP}' or a number from above 0 to {FASTEST:g}")
    return speed


def _cash(text: str) -> Decimal:
    try:
        cash = Decimal(text)
    except InvalidOperation:
        cash = Decimal("NaN")
    if not cash.is_finite() or cash <= 0 or cash > Decimal(10) ** 12:
        raise _wrong("--cash", text, "an amount above 0, in USD")
    return cash


def _wrong(option: str, found: str, expected: str) -> InvalidConfigError:
    return InvalidConfigError(
        "QTS-CLI-001", "A command-line argument is wrong", where=option, found=found, expected=expected
    )
