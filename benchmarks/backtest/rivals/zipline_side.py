"""zipline-reloaded: one strategy over all symbols; each bar is a session of its own, filled at its open.

Its minute mode would step through every minute of the day to trade every fifteenth; a daily bar is the cheapest bar
it has. None of its own metrics are computed, because those of each session read all sessions before.
"""

from __future__ import annotations

import tempfile
import warnings
from collections import deque
from datetime import time
from zoneinfo import ZoneInfo

warnings.simplefilter("ignore")  # before the imports (E402): zipline warns while it is imported

import pandas as pd  # noqa: E402
import zipline  # noqa: E402
from common import Given, Watch  # noqa: E402
from exchange_calendars import ExchangeCalendar, register_calendar_type  # noqa: E402
from sqlalchemy import create_engine  # noqa: E402
from zipline.api import order, set_commission, set_slippage  # noqa: E402
from zipline.assets import AssetDBWriter, AssetFinder  # noqa: E402
from zipline.data.bcolz_daily_bars import BcolzDailyBarReader, BcolzDailyBarWriter  # noqa: E402
from zipline.data.data_portal import DataPortal  # noqa: E402
from zipline.finance.commission import PerDollar  # noqa: E402
from zipline.finance.slippage import SlippageModel  # noqa: E402
from zipline.finance.trading import SimulationParameters  # noqa: E402
from zipline.utils.calendar_utils import get_calendar  # noqa: E402

given = Given()
FIRST = pd.Timestamp("1990-01-01")
"""It keeps dates from 1970 to 2106."""


DAYS = pd.date_range(FIRST, periods=len(given.ts), freq="D")


class Endless(ExchangeCalendar):
    """A session for each bar; zipline asks for calendars by name, with ends of its own."""

    name, tz, weekmask = "endless", ZoneInfo("UTC"), "1111111"
    open_times, close_times = ((None, time(14, 30)),), ((None, time(21)),)

    def __init__(self, start=None, end=None, side="right") -> None:  # type: ignore[no-untyped-def]
        super().__init__(DAYS[0] - pd.Timedelta(days=2), DAYS[-1] + pd.Timedelta(days=2), side)


class NextOpen(SlippageModel):
    """Fill the whole order at the bar's open and a ratio."""

    def process_order(self, data, order):  # type: ignore[no-untyped-def]
        """Return the price and the shares."""
        return data.current(order.asset, "open") * (1.0 + given.slippage * order.direction), order.amount


class Worth:
    """The only metric: what the account is worth after the last bar."""

    equity = given.cash

    def end_of_session(self, packet, ledger, *_) -> None:  # type: ignore[no-untyped-def]
        """Take it."""
        self.equity = ledger.portfolio.portfolio_value


def initialize(context) -> None:  # type: ignore[no-untyped-def]
    """Set the costs and what is remembered."""
    set_slippage(NextOpen())
    set_commission(PerDollar(given.fee))
    context.assets = context.asset_finder.retrieve_all(range(len(given.symbols)))
    context.seen = [deque(maxlen=given.slow) for _ in context.assets]
    context.fast, context.slow = [0] * len(context.assets), [0] * len(context.assets)
    context.is_long = [False] * len(context.assets)


def handle_data(context, data) -> None:  # type: ignore[no-untyped-def]
    """Bring every symbol to its direction."""
    for i, asset in enumerate(context.assets):
        close, seen = round(data.current(asset, "close") * 100), context.seen[i]
        if len(seen) == given.slow:
            context.slow[i] -= seen[0]
        if len(seen) >= given.fast:
            context.fast[i] -= seen[-given.fast]
        seen.append(close)
        context.fast[i] += close
        context.slow[i] += close
        if len(seen) < given.slow:
            continue
        is_above = context.fast[i] / given.fast > context.slow[i] / given.slow
        if is_above != context.is_long[i]:
            context.is_long[i] = is_above
            order(asset, given.shares[i] if is_above else -given.shares[i])


def portal(folder: str, calendar) -> DataPortal:  # type: ignore[no-untyped-def]
    """Write the bars as zipline keeps them and open them."""
    engine = create_engine("sqlite://")
    listed = {"symbol": given.symbols, "asset_name": given.symbols, "start_date": DAYS[0], "end_date": DAYS[-1],
              "exchange": "X"}  # fmt: skip
    exchanges = pd.DataFrame({"exchange": ["X"], "canonical_name": ["X"], "country_code": ["US"]})
    AssetDBWriter(engine).write(equities=pd.DataFrame(listed), exchanges=exchanges)
    frames = (given.frame(i).set_index(DAYS).rename(columns=str.lower) for i in range(len(given.symbols)))
    BcolzDailyBarWriter(folder, calendar, DAYS[0], DAYS[-1]).write(enumerate(frames))
    return DataPortal(AssetFinder(engine), calendar, DAYS[0], equity_daily_reader=BcolzDailyBarReader(folder))


def main() -> None:
    """Measure from bars that are already written."""
    register_calendar_type(Endless.name, Endless)
    calendar = get_calendar(Endless.name)
    with tempfile.TemporaryDirectory() as folder:
        bars, worth = portal(folder, calendar), Worth()
        asked = SimulationParameters(DAYS[0], DAYS[-1], calendar, capital_base=given.cash)
        algorithm = zipline.TradingAlgorithm(
            asked, bars, initialize=initialize, handle_data=handle_data, metrics_set={worth},
            benchmark_returns=pd.Series(0.0, index=DAYS),
        )  # fmt: skip
        watch = Watch()
        algorithm.run()
        fills = sum(each.status == 1 for each in algorithm.blotter.orders.values())
        watch.tell(zipline.__version__, worth.equity, fills)


main()
