"""What every stored table promises: columns, types, ranges, keys and row counts, declared once (checklist C-07).

A contract is a value. Asset checks build a suite of Great Expectations from it (`adapters.expectations`); nothing else
repeats what is said here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from qts_core.data import schemas
from qts_core.data.actions.table import ActionKind
from qts_core.data.quality.rules import RULES
from qts_core.data.schemas import PRICES, Schema
from qts_core.market.calendar import Session
from qts_core.market.timeline import BAR_MINUTES

__all__ = [
    "CONTRACTS",
    "Aspect",
    "Choice",
    "Expected",
    "NotBelow",
    "Range",
    "TableContract",
    "bars_expected",
]

BAR_KEY = ("symbol", "ts_event", "ts_known")


class Aspect(StrEnum):
    """What a part of a contract is about; each is a check of its own."""

    SCHEMA = "schema"
    """Columns, their order and types, and which may be null."""
    RANGES = "ranges"
    """Values a column may have, and columns that are never below others."""
    KEYS = "keys"
    """One row for each key."""
    ROW_COUNT = "row_count"
    """Not fewer and not more rows than the calendar allows."""
    FRESHNESS = "freshness"
    """The newest session that should be there is there."""


@dataclass(frozen=True, slots=True)
class Range:
    """Values of `column` lie between `low` and `high`, both included unless `is_open`; nulls are not judged."""

    column: str
    low: float = -math.inf
    high: float = math.inf
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class NotBelow:
    """In every row `column` is at least `floor`, another column; rows where one of them is null are not judged."""

    column: str
    floor: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Values of `column` are among `allowed`."""

    column: str
    allowed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a caller knows of the rows it hands over, beyond the contract.

    Attributes
    ----------
    least_rows, most_rows : int, int or None
        Rows there should be; None for no upper limit.
    newest : datetime or None
        The newest `ts_event` must not lie before it; None when the table knows no time.
    """

    least_rows: int = 0
    most_rows: int | None = None
    newest: datetime | None = None


@dataclass(frozen=True, slots=True)
class TableContract:
    """What one table of the lake promises.

    Attributes
    ----------
    table : str
        Its name in the lake.
    columns : mapping of str to polars type
        Every column, in order.
    required : tuple of str
        Columns that are never null.
    key : tuple of str
        Columns that together are unique.
    ranges, orders, choices : tuple
        Of :class:`Range`, :class:`NotBelow` and :class:`Choice`.
    """

    table: str
    columns: Schema
    required: tuple[str, ...]
    key: tuple[str, ...]
    ranges: tuple[Range, ...] = ()
    orders: tuple[NotBelow, ...] = ()
    choices: tuple[Choice, ...] = ()


def bars_expected(sessions: Sequence[Session], symbols: int, *, newest: datetime | None = None) -> Expected:
    """Return what the calendar expects of bars of `symbols` over `sessions`.

    At least one bar a session; at most two rows for each bar that is due: the bar and, now and then, its revision.
    """
    due = sum(session.bars(BAR_MINUTES) for session in sessions)
    return Expected(least_rows=len(sessions), most_rows=2 * due * symbols, newest=newest)


_RAW_BARS = TableContract(
    table="raw_bars",
    columns=schemas.BAR_SCHEMA,
    required=("symbol", "ts_event", "ts_known", "source"),
    # Whatever the source said is kept, conflicting rows too; only the same row never stands twice.
    key=(*BAR_KEY, *PRICES, "volume", "vwap", "trade_count"),
    orders=(NotBelow("ts_known", "ts_event"),),
)

_CLEAN_BARS = TableContract(
    table="clean_bars",
    columns=schemas.CLEAN_SCHEMA,
    required=(*BAR_KEY, *PRICES, "volume", "source", "flags"),
    key=BAR_KEY,
    ranges=(
        *(Range(price, low=0.0, is_open=True) for price in PRICES),
        Range("volume", low=0.0),
        Range("vwap", low=0.0, is_open=True),
        Range("trade_count", low=0.0),
    ),
    orders=(
        NotBelow("high", "open"),
        NotBelow("high", "close"),
        NotBelow("open", "low"),
        NotBelow("close", "low"),
        NotBelow("ts_known", "ts_event"),
    ),
)

_QUARANTINE = TableContract(
    table="quarantine",
    columns=schemas.QUARANTINE_SCHEMA,
    required=(*BAR_KEY, "rule"),
    key=(*BAR_KEY, *PRICES, "volume", "vwap", "trade_count", "rule"),
    choices=(Choice("rule", tuple(RULES)),),
)

_ACTIONS = TableContract(
    table="corporate_actions",
    columns=schemas.ACTION_SCHEMA,
    required=("symbol", "ex_date", "kind"),
    key=("symbol", "ex_date", "kind"),
    ranges=(
        Range("new_shares", low=0.0, is_open=True),
        Range("old_shares", low=0.0, is_open=True),
        Range("cash_per_share", low=0.0, is_open=True),
    ),
    choices=(Choice("kind", tuple(ActionKind)),),
)

_ADJUSTED = TableContract(
    table="adjusted_bars",
    columns=schemas.ADJUSTED_SCHEMA,
    required=tuple(schemas.ADJUSTED_SCHEMA),
    key=("symbol", "session"),
    ranges=(
        *(Range(price, low=0.0, is_open=True) for price in (*PRICES, "adjusted_close")),
        Range("volume", low=0.0),
    ),
    orders=(
        NotBelow("high", "open"),
        NotBelow("high", "close"),
        NotBelow("open", "low"),
        NotBelow("close", "low"),
        NotBelow("close", "adjusted_close"),
        NotBelow("as_of", "session"),
    ),
)

_INSTRUMENTS = TableContract(
    table="instruments",
    columns=schemas.INSTRUMENT_SCHEMA,
    required=tuple(schemas.INSTRUMENT_SCHEMA),
    key=("symbol",),
)

CONTRACTS: Mapping[str, TableContract] = MappingProxyType(
    {c.table: c for c in (_RAW_BARS, _CLEAN_BARS, _QUARANTINE, _ACTIONS, _ADJUSTED, _INSTRUMENTS)}
)
"""Contracts of the tables of bars by name; those of features follow from their catalogue."""
