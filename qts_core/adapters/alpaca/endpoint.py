"""Where Alpaca, or an exchange that speaks its protocol, is; light to import, unlike the clients that use it."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Endpoint"]


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
