"""What a person asks of ``live-daemon run``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["LOCKSTEP", "RunOptions", "TradingMode"]

LOCKSTEP = "lockstep"
TradingMode = Literal["dry", "paper", "live"]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of one run.

    Attributes
    ----------
    mode : {"dry", "paper", "live"}
        Whether orders leave, and whether the money is real.
    exchange : str
        ``embedded``, ``alpaca``, or the address of a paper exchange.
    speed : str
        Virtual seconds per real second of an embedded exchange, or ``lockstep``.
    exchange_arguments : tuple of str
        Passed to the embedded exchange.
    model : str
        Bundle folder, ``models:/NAME@ALIAS``, or empty for the configured champion.
    until_close : bool
        Whether to end after the session.
    dashboard_port : int
        0 picks a free one.
    is_json : bool
        Whether the summary is one JSON object.
    """

    mode: TradingMode
    exchange: str = "embedded"
    speed: str = "60"
    exchange_arguments: tuple[str, ...] = ()
    model: str = ""
    until_close: bool = False
    dashboard_port: int = 8000
    is_json: bool = False
    confirmed_account: str = ""
