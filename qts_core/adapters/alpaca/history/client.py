"""Alpaca's two history clients with their flaws disarmed: raw JSON in, frames of QTS out (protocol, 11.1, 12, 18)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl
from alpaca.common.rest import RESTClient
from alpaca.data.enums import Adjustment, DataFeed
from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.historical.corporate_actions import CorporateActionsClient
from alpaca.data.requests import CorporateActionsRequest, StockBarsRequest
from alpaca.data.timeframe import TimeFrame, TimeFrameUnit

from qts_core.adapters.alpaca.endpoint import Endpoint
from qts_core.adapters.alpaca.history.answers import FoundActions, actions_of, bars_of
from qts_core.adapters.alpaca.history.pace import RequestBudget
from qts_core.adapters.alpaca.history.request import Feed
from qts_core.adapters.alpaca.history.transport import PatientTransport
from qts_core.market.errors import DataValidationError

__all__ = ["HistoryClient"]


class HistoryClient:
    """Bars and corporate actions over all pages, within the rate limit.

    Parameters
    ----------
    endpoint : Endpoint
        Where the data is, and the keys.
    requests_per_minute : int
        Budget of the plan.
    monotonic, wait : callable
        Seconds that never step back; wait some seconds.
    on_answer : callable, optional
        Told of every answered request.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        requests_per_minute: int,
        monotonic: Callable[[], float],
        wait: Callable[[float], None],
        on_answer: Callable[[], None] = lambda: None,
    ) -> None:
        budget = RequestBudget(requests_per_minute, monotonic=monotonic, wait=wait)
        self._transport = PatientTransport(
            budget, monotonic=monotonic, wait=wait, secrets=(endpoint.secret, endpoint.key), on_answer=on_answer
        )
        key, secret, address = endpoint.key, endpoint.secret, endpoint.data
        self._stocks = StockHistoricalDataClient(key, secret, raw_data=True, url_override=address)
        self._actions = CorporateActionsClient(key, secret, raw_data=True, url_override=address)
        for client in (self._stocks, self._actions):
            _disarm(client, self._transport)

    @property
    def requests(self) -> int:
        """Requests sent so far, repeated ones included."""
        return self._transport.sent

    def bars(
        self, symbols: Sequence[str], start: datetime, end: datetime, *, bar_minutes: int, feed: Feed
    ) -> pl.DataFrame:
        """Return raw bars that start from `start` to `end`, both included, over all pages.

        Returns
        -------
        DataFrame
            Of ``BAR_SCHEMA``, extended hours included; `ts_known` is the bar's end.

        Raises
        ------
        DataConnectionError, InvalidConfigError, DataValidationError
            As :class:`PatientTransport` says; also if the answer is not what the protocol promises.
        """
        question = StockBarsRequest(
            symbol_or_symbols=list(symbols), timeframe=TimeFrame(bar_minutes, TimeFrameUnit.Minute), start=start,
            end=end, adjustment=Adjustment.RAW, feed=DataFeed(feed),
        )  # fmt: skip
        answer = _objects(lambda: self._stocks.get_stock_bars(question), "bars")
        return bars_of(answer, symbols, bar_minutes=bar_minutes, source=f"alpaca {feed}")

    def corporate_actions(self, symbols: Sequence[str], first: date, last: date) -> FoundActions:
        """Return what was processed from `first` to `last`, both included, over all pages.

        Raises
        ------
        DataConnectionError, InvalidConfigError, DataValidationError
            As :meth:`bars` does.
        """
        # Without limit=None the library stops after 1,000 actions in all.
        question = CorporateActionsRequest(symbols=list(symbols), start=first, end=last, limit=None)
        answer = _objects(lambda: self._actions.get_corporate_actions(question), "corporate_actions")
        return actions_of(answer)


def _disarm(client: RESTClient, transport: PatientTransport) -> None:
    # The constructor ignores a retry count of zero, so the library's retries are switched off here.
    client._retry = 0
    client._retry_codes = []
    for scheme in ("http://", "https://"):
        client._session.mount(scheme, transport)


def _objects(ask: Callable[[], Any], name: str) -> Mapping[str, Any]:
    """Return the joined pages; the library trips over answers of another shape with errors of many kinds."""
    try:
        answer = ask()
        if isinstance(answer, Mapping):
            return answer
        found = type(answer).__name__
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        found = f"{type(error).__name__}: {error}"
    raise DataValidationError(
        "QTS-DATA-047", f"the answer has no {name}", where=name, found=found, expected="an object by symbol or kind"
    )
