"""Where Alpaca, or an exchange that speaks its protocol, is; light to import, unlike the clients that use it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from qts_core.market.errors import InvalidConfigError

if TYPE_CHECKING:
    from qts_core.config.environment import AlpacaSettings

__all__ = ["Endpoint", "endpoint_of"]

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
NO_KEY: Final = "paper-exchange"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where Alpaca is, and the key pair; the keys never show in a ``repr``."""

    rest: str
    data: str
    data_stream: str
    trade_stream: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    feed: str = "iex"

    @property
    def headers(self) -> dict[str, str]:
        """The key pair as every request carries it."""
        return {"APCA-API-KEY-ID": self.key, "APCA-API-SECRET-KEY": self.secret}


def endpoint_of(settings: AlpacaSettings) -> Endpoint:
    """Return the endpoint that the settings name.

    Raises
    ------
    InvalidConfigError
        If there are no keys, unless the data comes from a paper exchange on this machine, which needs none.
    """
    key, secret = settings.api_key, settings.secret_key
    if (key is None or secret is None) and urlsplit(settings.data_url).hostname not in LOOPBACK:
        raise InvalidConfigError(
            "QTS-CONF-001", "no keys for the broker", where="ALPACA_API_KEY, ALPACA_SECRET_KEY", found="nothing",
            expected="a key pair", fix="set them in .env, or name a paper exchange of your own in ALPACA_DATA_URL",
        )  # fmt: skip
    return Endpoint(
        settings.base_url, settings.data_url, settings.data_stream_url, settings.trade_stream_url,
        NO_KEY if key is None else key.get_secret_value(), NO_KEY if secret is None else secret.get_secret_value(),
        settings.feed,
    )  # fmt: skip
