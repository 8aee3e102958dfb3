"""Where the broker is, and whose clock rules: the embedded exchange, another paper exchange, or Alpaca (X-11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from live_daemon import embedded
from live_daemon.embedded import EMBEDDED
from live_daemon.lockstep import ExchangeClock
from qts_core.adapters.alpaca.endpoint import Endpoint
from qts_core.adapters.clock import LockstepClock, ScaledClock, SystemClock
from qts_core.config.settings import Settings
from qts_core.market.errors import InvalidConfigError
from qts_core.ports.clock import Clock

__all__ = ["ALPACA", "Connection", "connect"]

ALPACA: Final = "alpaca"


@dataclass(frozen=True, slots=True)
class Connection:
    """An endpoint with the clock that goes with it; `exchange` is None where time is real."""

    endpoint: Endpoint
    clock: Clock
    exchange: ExchangeClock | None


async def connect(where: str, address: embedded.ExchangeAddress | None, settings: Settings) -> Connection:
    """Return the broker that `where` names.

    Parameters
    ----------
    where : str
        ``embedded``, ``alpaca``, or the REST address of a paper exchange.
    address : ExchangeAddress, optional
        Of the embedded exchange.
    """
    if where == ALPACA:
        return Connection(_alpaca(settings), SystemClock(), None)
    endpoint = embedded.endpoint_of(address) if address is not None else _paper(where, settings)
    exchange = ExchangeClock(endpoint.rest, endpoint.headers)
    tick = await exchange.read()
    clock = LockstepClock(tick.now) if tick.is_lockstep else ScaledClock(tick.now, tick.speed)
    return Connection(endpoint, clock, exchange)


def _alpaca(settings: Settings) -> Endpoint:
    keys = settings.alpaca
    if keys.api_key is None or keys.secret_key is None:
        raise InvalidConfigError(
            "QTS-CONF-001", "no keys for the broker", where="ALPACA_API_KEY, ALPACA_SECRET_KEY", found="nothing",
            expected="a key pair", fix="set them in .env, or trade on the embedded exchange",
        )  # fmt: skip
    return Endpoint(
        keys.base_url, keys.data_url, keys.data_stream_url, keys.trade_stream_url, keys.api_key.get_secret_value(),
        keys.secret_key.get_secret_value(), keys.feed,
    )  # fmt: skip


def _paper(rest: str, settings: Settings) -> Endpoint:
    host, keys = rest.rstrip("/"), settings.alpaca
    socket_host = host.replace("http", "ws", 1)
    key = keys.api_key.get_secret_value() if keys.api_key is not None else EMBEDDED
    secret = keys.secret_key.get_secret_value() if keys.secret_key is not None else EMBEDDED
    return Endpoint(host, host, f"{socket_host}/v2/iex", f"{socket_host}/stream", key, secret)
