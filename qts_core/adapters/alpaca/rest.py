"""Alpaca over REST through alpaca-py, with its known flaws disarmed (specification 12.2, faults F15 to F25).

alpaca-py has no time-out and posts again on 429 and 504; here every request has a hard time-out and is sent once.
Requests go to one worker thread for writes and one for reads, so a slow read never delays an order.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Final, TypeVar

import requests
from alpaca.common.exceptions import APIError
from alpaca.common.rest import RESTClient
from requests.adapters import HTTPAdapter

from qts_core.adapters.alpaca.endpoint import Endpoint
from qts_core.adapters.alpaca.parsing import (
    Json,
    broker_account,
    broker_fill,
    broker_order,
    broker_position,
    minute_bar,
    order_payload,
)
from qts_core.market.errors import BrokerConnectionError
from qts_core.market.orders import OrderRequest
from qts_core.ports.broker import (
    Accepted,
    Ambiguous,
    BrokerAccount,
    BrokerFill,
    BrokerOrder,
    BrokerPosition,
    MinuteBar,
    Refused,
    Submission,
)

__all__ = ["AlpacaRest", "classify_refusal"]

CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 5.0
TOTAL_SECONDS: Final = 10.0
PAGE: Final = 500
BAR_PAGE: Final = 10_000
ACTIVITY_PAGE: Final = 100
DUPLICATE: Final = "client_order_id must be unique"

T = TypeVar("T")


class _HardTimeout(HTTPAdapter):
    """A transport that waits at most `CONNECT_SECONDS` to connect and `READ_SECONDS` for bytes."""

    def send(self, request: Any, *arguments: Any, **options: Any) -> Any:  # whatever requests passes on
        options["timeout"] = (CONNECT_SECONDS, READ_SECONDS)
        return super().send(request, *arguments, **options)


def _client(base_url: str, endpoint: Endpoint) -> RESTClient:
    client = RESTClient(
        base_url=base_url, api_version="v2", api_key=endpoint.key, secret_key=endpoint.secret, raw_data=True
    )
    # The constructor ignores a retry count of zero, so the library's retries are switched off here.
    client._retry = 0
    client._retry_codes = []
    for scheme in ("http://", "https://"):
        client._session.mount(scheme, _HardTimeout(max_retries=0))
    return client


def classify_refusal(http_status: int, text: str) -> Refused | Ambiguous:
    """Return what an error answer to ``POST /v2/orders`` means.

    Only a clear word from the broker is a refusal: 5xx may have been accepted, a duplicate id surely was once.
    """
    try:
        body = json.loads(text)
    except ValueError:
        body = {}
    code, message = 0, text.strip()[:200]
    if isinstance(body, Mapping):
        message = str(body.get("message", message))
        code = int(body["code"]) if str(body.get("code", "")).isdigit() else 0
    if http_status >= 500 or http_status < 400:
        return Ambiguous(f"http {http_status}")
    if http_status == 422 and DUPLICATE in message:
        return Ambiguous("duplicate client order id")
    if http_status == 408:
        return Ambiguous("http 408")
    return Refused(http_status, code, message, is_retryable=http_status == 429)


class AlpacaRest:
    """The broker port over Alpaca's REST API, trading and market data."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._writer = _client(endpoint.rest, endpoint)
        self._reader = _client(endpoint.rest, endpoint)
        self._data = _client(endpoint.data, endpoint)
        self._write_pool = ThreadPoolExecutor(1, thread_name_prefix="alpaca-write")
        self._read_pool = ThreadPoolExecutor(1, thread_name_prefix="alpaca-read")

    def close(self) -> None:
        """Let go of the worker threads without waiting for a hung request."""
        self._write_pool.shutdown(wait=False, cancel_futures=True)
        self._read_pool.shutdown(wait=False, cancel_futures=True)

    async def _on(self, pool: ThreadPoolExecutor, call: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        return await asyncio.wait_for(loop.run_in_executor(pool, call), TOTAL_SECONDS)

    async def _read(self, path: str, query: Mapping[str, object] | None = None, *, data: bool = False) -> Any:
        client = self._data if data else self._reader
        try:
            return await self._on(self._read_pool, lambda: client.get(path, dict(query or {})))
        except (APIError, requests.RequestException, TimeoutError, ValueError) as error:
            status = error.status_code if isinstance(error, APIError) else None
            if status == 404:
                return None
            raise BrokerConnectionError(
                "QTS-EXEC-001", "the broker did not answer a question", where=path,
                found=f"http {status}" if status else type(error).__name__,
                expected="200 with JSON", fix="check the network, the keys and the broker's status page",
            ) from error  # fmt: skip

    async def account(self) -> BrokerAccount:
        """Return the account."""
        return broker_account(await self._read("/account"))

    async def positions(self) -> tuple[BrokerPosition, ...]:
        """Return all positions."""
        return tuple(broker_position(p) for p in await self._read("/positions"))

    async def open_orders(self) -> tuple[BrokerOrder, ...]:
        """Return every open order, at most 500."""
        rows = await self._read("/orders", {"status": "open", "limit": PAGE, "direction": "asc"})
        return tuple(broker_order(row) for row in rows)

    async def orders(self, after: datetime) -> tuple[BrokerOrder, ...]:
        """Return every order submitted after `after`, oldest first, over as many pages as it takes."""
        found: dict[str, BrokerOrder] = {}
        cursor = after
        while True:
            query = {"status": "all", "limit": PAGE, "direction": "asc", "after": cursor.isoformat()}
            page = [broker_order(row) for row in await self._read("/orders", query)]
            new = [order for order in page if order.broker_order_id not in found]
            found |= {order.broker_order_id: order for order in page}
            if len(page) < PAGE or not new:
                return tuple(found.values())
            # `after` is exclusive and several orders may share a moment: the cursor stays one moment behind.
            moments = sorted({order.submitted_at for order in page})
            cursor = moments[-2] if len(moments) > 1 else moments[-1]

    async def order_by_client_id(self, client_order_id: str) -> BrokerOrder | None:
        """Return the order, or None when the broker says that it knows none."""
        raw = await self._read("/orders:by_client_order_id", {"client_order_id": client_order_id})
        return None if raw is None else broker_order(raw)

    async def fills(self, after: datetime) -> tuple[BrokerFill, ...]:
        """Return the executions after `after`, oldest first."""
        rows: list[Json] = []
        query: dict[str, object] = {"after": after.isoformat(), "direction": "asc", "page_size": ACTIVITY_PAGE}
        while True:
            page = await self._read("/account/activities/FILL", query)
            rows += page
            if len(page) < ACTIVITY_PAGE:
                return tuple(broker_fill(row) for row in rows)
            query["page_token"] = page[-1]["id"]

    async def submit(self, request: OrderRequest) -> Submission:
        """Post one order, once; anything but a clear answer is ambiguous."""
        body = order_payload(request)
        try:
            raw: Any = await self._on(self._write_pool, lambda: self._writer.post("/orders", body))
            return Accepted(broker_order(raw))
        except APIError as error:
            return classify_refusal(error.status_code or 0, str(error))
        except (requests.RequestException, TimeoutError, ValueError, KeyError, TypeError) as error:
            return Ambiguous(type(error).__name__)

    async def cancel(self, broker_order_id: str) -> bool:
        """Ask for a cancel; True when the broker took the request."""
        try:
            await self._on(self._write_pool, lambda: self._writer.delete(f"/orders/{broker_order_id}"))
        except (APIError, requests.RequestException, TimeoutError, ValueError):
            return False
        return True

    async def close_all(self) -> None:
        """Cancel every order and close every position.

        Raises
        ------
        BrokerConnectionError
            If the broker did not take the request.
        """
        try:
            await self._on(self._write_pool, lambda: self._writer.delete("/orders"))
            await self._on(self._write_pool, lambda: self._writer.delete("/positions", {"cancel_orders": "true"}))
        except (APIError, requests.RequestException, TimeoutError, ValueError) as error:
            raise BrokerConnectionError(
                "QTS-EXEC-001", "positions could not be closed", found=type(error).__name__, expected="207",
                fix="run `live-daemon kill --flatten` again, or close them on the broker's own page",
            ) from error  # fmt: skip

    async def minute_bars(self, symbols: tuple[str, ...], start: datetime, end: datetime) -> tuple[MinuteBar, ...]:
        """Return the 1-minute bars that start in [start, end), all pages."""
        query: dict[str, object] = {
            "symbols": ",".join(symbols), "timeframe": "1Min", "start": start.isoformat(), "end": end.isoformat(),
            "limit": BAR_PAGE, "adjustment": "raw", "feed": self._endpoint.feed, "sort": "asc",
        }  # fmt: skip
        bars: list[MinuteBar] = []
        while True:
            page = await self._read("/stocks/bars", query, data=True)
            for symbol, rows in ((page or {}).get("bars") or {}).items():
                bars += [minute_bar(row, symbol) for row in rows]
            token = (page or {}).get("next_page_token")
            if not token:
                limit = end.timestamp() * 1e6
                return tuple(bar for bar in bars if bar.ts_event < limit)
            query["page_token"] = token
