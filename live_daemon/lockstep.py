"""The virtual clock of a paper exchange, asked and moved over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import httpx

from qts_core.adapters.alpaca.parsing import moment_of
from qts_core.market.errors import BrokerConnectionError

__all__ = ["ExchangeClock", "Tick"]

KEPT_SECONDS = 2.0
"""An idle connection is used again within this time; the exchange keeps one for five seconds."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Where the exchange's clock stands and how many messages each stream has carried."""

    now: datetime
    is_lockstep: bool
    speed: float
    is_open: bool
    is_session_over: bool
    is_over: bool
    data_sequence: int
    trade_sequence: int


class ExchangeClock:
    """A client of ``/qts/clock``.

    Parameters
    ----------
    rest : str
        The exchange's address.
    """

    def __init__(self, rest: str, headers: dict[str, str] | None = None) -> None:
        # Kept connections are given up before the server does it: a request on a closed one would be lost.
        limits = httpx.Limits(keepalive_expiry=KEPT_SECONDS)
        self._client = httpx.AsyncClient(base_url=rest, timeout=10.0, headers=headers, limits=limits)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def read(self) -> Tick:
        """Return where the clock stands."""
        return await self._ask("GET", "/qts/clock", None)

    async def advance(self, minutes: int = 1) -> Tick:
        """Move a lockstep clock on; everything of those minutes has been published when it returns."""
        return await self._ask("POST", "/qts/clock/advance", {"minutes": minutes})

    async def advance_to_open(self) -> Tick:
        """Move a lockstep clock to the next open."""
        return await self._ask("POST", "/qts/clock/advance", {"until": "open"})

    async def _ask(self, method: str, path: str, body: dict[str, object] | None) -> Tick:
        try:
            answer = await self._client.request(method, path, json=body)
            answer.raise_for_status()
            raw: dict[str, Any] = answer.json()  # checked field by field below
            is_lockstep = raw["speed"] == "lockstep"
            return Tick(
                moment_of(raw["now"]), is_lockstep, 0.0 if is_lockstep else float(raw["speed"]), bool(raw["is_open"]),
                bool(raw["is_session_over"]), bool(raw.get("is_over", False)), int(raw["data_sequence"]),
                int(raw["trade_sequence"]),
            )  # fmt: skip
        except (httpx.HTTPError, KeyError, ValueError, TypeError) as error:
            raise BrokerConnectionError(
                "QTS-EXEC-001", "the exchange's clock does not answer", where=path,
                found=f"{type(error).__name__}: {error}", expected="a clock", fix="is the exchange still running?",
            ) from error  # fmt: skip
