"""The record of a lake's market: what it is, from when to when, of which symbols, and of which kind its prices are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal

import polars as pl

from qts_core.data.actions.table import ActionKind
from qts_core.data.reading.adjustment import Adjustment
from qts_core.market.errors import DataValidationError
from qts_core.ports.lake import LakePort

__all__ = [
    "PRICE_KINDS",
    "MarketSource",
    "record_source",
    "recorded_source",
    "refuse_actions_on_adjusted",
    "refuse_another_market",
]

SOURCE_BLOB = "market/source.json"
PRICE_KINDS = (ActionKind.SPLIT, ActionKind.DIVIDEND, ActionKind.SPIN_OFF)
"""Corporate actions that adjusted prices hold already."""


@dataclass(frozen=True, slots=True)
class MarketSource:
    """One market.

    Attributes
    ----------
    kind : "synthetic" or "imported"
        Synthetic bars are generated again, bit for bit, whenever a month is asked for; imported ones are already
        in the lake.
    first, last : date
        First and last session day.
    symbols : tuple of str
        Every symbol, ascending. The columns of all panels of this lake.
    origin : str
        For people: the file it came from, or the generator with its parameters.
    seed, signal_strength
        Of the synthetic market; 0 and 0.0 for an imported one.
    adjustment : "raw", "splits" or "all"
        Whether prices are adjusted backwards already; then no split or dividend is ever applied to them.
    """

    kind: Literal["synthetic", "imported"]
    first: date
    last: date
    symbols: tuple[str, ...]
    origin: str
    seed: int = 0
    signal_strength: float = 0.0
    adjustment: Adjustment = "raw"

    @property
    def is_synthetic(self) -> bool:
        """Whether the bars are invented."""
        return self.kind == "synthetic"

    @property
    def months(self) -> tuple[str, ...]:
        """Every month from first to last, ``YYYY-MM``."""
        count = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        zero = self.first.year * 12 + self.first.month - 1
        return tuple(f"{(zero + i) // 12:04d}-{(zero + i) % 12 + 1:02d}" for i in range(count))

    def to_json(self) -> str:
        """Return the record kept in the lake."""
        return json.dumps(asdict(self), sort_keys=True, default=str)

    @classmethod
    def from_json(cls, text: str) -> MarketSource:
        """Read what :meth:`to_json` wrote; a record without a kind of prices is of raw ones."""
        record: Mapping[str, object] = json.loads(text)
        fields = dict(record) | {
            "first": date.fromisoformat(str(record["first"])),
            "last": date.fromisoformat(str(record["last"])),
            "symbols": tuple(record["symbols"]),  # type: ignore[arg-type]  # JSON has no types; our own writer made these
        }
        return cls(**fields)  # type: ignore[arg-type]  # likewise


def recorded_source(lake: LakePort) -> MarketSource | None:
    """Return the market of `lake`, None when the lake is new."""
    return MarketSource.from_json(lake.read_blob(SOURCE_BLOB).decode()) if lake.has_blob(SOURCE_BLOB) else None


def record_source(lake: LakePort, source: MarketSource) -> None:
    """Declare that `lake` holds `source`.

    Raises
    ------
    DataValidationError
        As :func:`refuse_another_market`.
    """
    refuse_another_market(lake, source)
    if recorded_source(lake) != source:
        lake.write_blob(SOURCE_BLOB, source.to_json().encode())


def refuse_another_market(lake: LakePort, source: MarketSource) -> None:
    """Refuse what cannot stand in `lake`; call it before anything is written.

    Raises
    ------
    DataValidationError
        If the lake holds another market, or prices of another kind. An imported market may grow at its ends and by
        symbols.
    """
    known = recorded_source(lake)
    if known is None:
        return
    if known.kind == source.kind == "imported" and known.adjustment != source.adjustment:
        raise DataValidationError(
            "QTS-DATA-021", "raw and adjusted prices never mix in one lake", found=f"{source.origin}: {_kind(source)}",
            expected=f"{_kind(known)}, as {known.origin}",
            fix=f"declare --adjustment {known.adjustment} if they are, or choose another QTS_HOME",
        )  # fmt: skip
    if not _continues(known, source):
        raise DataValidationError(
            "QTS-DATA-017", "this lake holds another market and two markets never mix", found=source.origin,
            expected=known.origin, fix="choose another QTS_HOME for the new bars",
        )  # fmt: skip


def refuse_actions_on_adjusted(lake: LakePort, actions: pl.DataFrame) -> None:
    """Refuse to bring splits and payments into a lake whose prices are adjusted already.

    Changes of symbol and delistings may come: they say who a bar belongs to, not what it was worth.

    Raises
    ------
    DataValidationError
        If they are.
    """
    known = recorded_source(lake)
    if known is None or known.adjustment == "raw":
        return
    if actions.filter(pl.col("kind").is_in([str(k) for k in PRICE_KINDS])).height:
        raise DataValidationError(
            "QTS-DATA-023", "corporate actions are not applied to prices that are adjusted already",
            found=f"{known.origin}: {_kind(known)}", expected="raw prices",
            fix="import raw prices into another QTS_HOME and the corporate actions there",
        )  # fmt: skip


def _kind(source: MarketSource) -> str:
    return {"raw": "raw prices", "splits": "prices adjusted for splits", "all": "adjusted prices"}[source.adjustment]


def _continues(known: MarketSource, source: MarketSource) -> bool:
    if known.is_synthetic or source.is_synthetic:
        return known == source
    return set(known.symbols) <= set(source.symbols) and source.first <= known.first and source.last >= known.last
