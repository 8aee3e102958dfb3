"""Alpaca's JSON into frames: bars, and corporate actions in the words of QTS (protocol reference, 11.1 and 12)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Final

import polars as pl

from qts_core.data.actions.table import ActionKind, actions_frame
from qts_core.data.schemas import BAR_SCHEMA, conform, empty
from qts_core.market.errors import DataValidationError
from qts_core.market.instruments import canonical_symbol

__all__ = ["FoundActions", "actions_of", "bars_of"]

SOURCE: Final = "alpaca"
NUMBERS: Final = {"open": "o", "high": "h", "low": "l", "close": "c", "volume": "v", "vwap": "vw", "trade_count": "n"}
Row = dict[str, Any]
"""One action; its values are cast by the schema at the end, which is why they may be anything before."""


@dataclass(frozen=True, slots=True, eq=False)
class FoundActions:
    """Corporate actions that QTS has words for, and how many of each other kind there were."""

    frame: pl.DataFrame
    unknown: Mapping[str, int]


def bars_of(
    answer: Mapping[str, Any], asked: Sequence[str], *, bar_minutes: int, source: str
) -> pl.DataFrame:  # fmt: skip
    """Return the bars of all symbols as ``BAR_SCHEMA``.

    Raises
    ------
    DataValidationError
        If a symbol was not asked for, or a bar lacks a field or holds something else than numbers.
    """
    frames = []
    for symbol, rows in answer.items():
        if symbol not in asked:
            raise _nonsense(symbol, "a symbol that nobody asked for", "only symbols of the question")
        if rows:
            frames.append(_bars_of_symbol(symbol, rows))
    if not frames:
        return empty(BAR_SCHEMA)
    ends = pl.col("ts_event") + pl.duration(minutes=bar_minutes)
    return conform(pl.concat(frames).with_columns(ends.alias("ts_known"), pl.lit(source).alias("source")), BAR_SCHEMA)


def _bars_of_symbol(symbol: str, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    try:
        columns = {name: pl.Series([row[key] for row in rows], dtype=pl.Float64) for name, key in NUMBERS.items()}
        starts = pl.Series([row["t"] for row in rows], dtype=pl.String).str.to_datetime("%+", time_unit="us")
    except (KeyError, TypeError, pl.exceptions.PolarsError) as error:
        found = f"{type(error).__name__}: {str(error).splitlines()[0]}"
        raise _nonsense(symbol, found, "bars with t, o, h, l, c, v, n and vw") from error
    frame = pl.DataFrame(columns).with_columns(
        pl.Series("ts_event", starts).dt.convert_time_zone("UTC"), pl.lit(symbol).alias("symbol")
    )
    if frame["ts_event"].null_count():
        raise _nonsense(symbol, "a bar without a time", "RFC 3339")
    return frame


def actions_of(answer: Mapping[str, Any]) -> FoundActions:
    """Return corporate actions as ``ACTION_SCHEMA``, sorted by date, symbol and kind.

    Two dividends of one day, such as a regular and a special one, are added up; two splits of one day multiply.
    A kind without a word here (rights, unit splits, partial calls, whatever comes next) is counted, not guessed.

    Raises
    ------
    DataValidationError
        If an action lacks a field that its kind must have.
    """
    rows: list[Row] = []
    unknown: dict[str, int] = {}
    for group, items in answer.items():
        translate = TRANSLATIONS.get(group)
        if translate is None:
            unknown[group] = unknown.get(group, 0) + len(items)
            continue
        for item in items:
            try:
                rows += [_spelt(row) for row in translate(item)]
            except (KeyError, TypeError, ValueError) as error:
                raise _nonsense(group, f"{type(error).__name__}: {error}", "the fields of its kind") from error
    return FoundActions(_frame(rows), unknown)


def _frame(rows: Iterable[Row]) -> pl.DataFrame:
    def place(row: Row) -> tuple[str, str, str]:
        return row["ex_date"], row["symbol"], row["kind"]

    joined = []
    for _, same in groupby(sorted(rows, key=place), key=place):
        one, *others = same
        for other in others:
            if one["kind"] == ActionKind.DIVIDEND:
                one["cash_per_share"] += other["cash_per_share"]
            elif one["kind"] == ActionKind.SPLIT:
                one["new_shares"] *= other["new_shares"]
                one["old_shares"] *= other["old_shares"]
            # Any other kind twice on one day is one event told twice.
        joined.append({**one, "ex_date": date.fromisoformat(one["ex_date"]), "source": SOURCE})
    return actions_frame(joined)


def _spelt(row: Row) -> Row:
    for name in ("symbol", "new_symbol"):
        if row.get(name) is not None:
            symbol = canonical_symbol(str(row[name]))
            if symbol is None:
                raise ValueError(f"no symbol: {row[name]!r}")
            row[name] = symbol
    date.fromisoformat(row["ex_date"])
    return row


def _split(item: Mapping[str, Any]) -> list[Row]:
    new, old = float(item["new_rate"]), float(item["old_rate"])
    return [_row(item["symbol"], item["ex_date"], ActionKind.SPLIT, new_shares=new, old_shares=old)]


def _stock_dividend(item: Mapping[str, Any]) -> list[Row]:
    new = 1.0 + float(item["rate"])
    return [_row(item["symbol"], item["ex_date"], ActionKind.SPLIT, new_shares=new, old_shares=1.0)]


def _cash_dividend(item: Mapping[str, Any]) -> list[Row]:
    return [_row(item["symbol"], item["ex_date"], ActionKind.DIVIDEND, cash_per_share=float(item["rate"]))]


def _spin_off(item: Mapping[str, Any]) -> list[Row]:
    shares = {"new_shares": float(item["new_rate"]), "old_shares": float(item["source_rate"])}
    new = item["new_symbol"]
    return [_row(item["source_symbol"], item["ex_date"], ActionKind.SPIN_OFF, new_symbol=new, **shares)]


def _name_change(item: Mapping[str, Any]) -> list[Row]:
    # A change of the CUSIP alone keeps the symbol and concerns nobody here.
    if item["old_symbol"] == item["new_symbol"]:
        return []
    return [_row(item["old_symbol"], item["process_date"], ActionKind.SYMBOL_CHANGE, new_symbol=item["new_symbol"])]


def _cash_merger(item: Mapping[str, Any]) -> list[Row]:
    return [
        _row(item["acquiree_symbol"], item["effective_date"], ActionKind.DELISTING, cash_per_share=float(item["rate"]))
    ]


def _stock_merger(item: Mapping[str, Any]) -> list[Row]:
    shares = {"new_shares": float(item["acquirer_rate"]), "old_shares": float(item["acquiree_rate"])}
    cash = float(item["cash_rate"]) if item.get("cash_rate") is not None else None
    new = item["acquirer_symbol"]
    return [_row(item["acquiree_symbol"], item["effective_date"], ActionKind.DELISTING, new, cash, **shares)]


def _redemption(item: Mapping[str, Any]) -> list[Row]:
    return [_row(item["symbol"], item["process_date"], ActionKind.DELISTING, cash_per_share=float(item["rate"]))]


def _worthless(item: Mapping[str, Any]) -> list[Row]:
    return [_row(item["symbol"], item["process_date"], ActionKind.DELISTING, cash_per_share=0.0)]


def _row(
    symbol: str,
    ex_date: str,
    kind: ActionKind,
    new_symbol: str | None = None,
    cash_per_share: float | None = None,
    *,
    new_shares: float | None = None,
    old_shares: float | None = None,
) -> Row:
    return {
        "symbol": symbol, "ex_date": ex_date, "kind": kind, "new_symbol": new_symbol,
        "cash_per_share": cash_per_share, "new_shares": new_shares, "old_shares": old_shares,
    }  # fmt: skip


TRANSLATIONS: Final = {
    "forward_splits": _split,
    "reverse_splits": _split,
    "stock_dividends": _stock_dividend,
    "cash_dividends": _cash_dividend,
    "spin_offs": _spin_off,
    "name_changes": _name_change,
    "cash_mergers": _cash_merger,
    "stock_mergers": _stock_merger,
    "stock_and_cash_mergers": _stock_merger,
    "redemptions": _redemption,
    "worthless_removals": _worthless,
}
"""What each group of actions becomes. The ex-date decides the price; mergers take effect on their own date."""


def _nonsense(where: str, found: str, expected: str) -> DataValidationError:
    return DataValidationError(
        "QTS-DATA-047", "the server's answer is not what its protocol promises", where=where, found=found,
        expected=expected,
    )  # fmt: skip
