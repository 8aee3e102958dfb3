"""Names under which bar files give their columns (specification 5.1; bad inputs B11, B13).

Only these are accepted, in any case and with spaces or dashes for underscores; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from qts_core.market.errors import DataValidationError, printable

__all__ = ["ALIASES", "MAX_COLUMNS", "OPTIONAL", "REQUIRED", "canonical_column", "check_column_count", "map_columns"]

REQUIRED = ("symbol", "ts_event", "open", "high", "low", "close", "volume")
OPTIONAL = ("vwap", "trade_count", "ts_known")

ALIASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "symbol": ("symbol", "ticker", "sym", "instrument"),
        "ts_event": ("ts_event", "timestamp", "datetime", "date_time", "time", "date", "bar_start", "t"),
        "open": ("open", "o", "open_price"),
        "high": ("high", "h", "high_price"),
        "low": ("low", "l", "low_price"),
        "close": ("close", "c", "close_price"),
        "volume": ("volume", "v", "vol"),
        "vwap": ("vwap", "vw"),
        "trade_count": ("trade_count", "n", "trades", "transactions"),
        "ts_known": ("ts_known",),
    }
)
"""Our name of each column, and every name under which it is read."""

CANONICAL = {alias: name for name, aliases in ALIASES.items() for alias in aliases}
MAX_COLUMNS = 64


def map_columns(header: Sequence[str], *, where: str, given: Sequence[str] = ()) -> tuple[dict[str, str], list[str]]:
    """Find our columns in a header.

    Parameters
    ----------
    header : sequence of str
        Names as the file gives them.
    where : str
        File name, for messages.
    given : sequence of str
        Columns that are known from outside and may be absent.

    Returns
    -------
    mapping of str to str
        The file's name of each of our columns found.
    list of str
        Names that are not recognised.

    Raises
    ------
    DataValidationError
        If a required column is missing or two columns mean the same.
    """
    check_column_count(len(header), where=where)
    found: dict[str, str] = {}
    unknown = []
    for name in header:
        canonical = canonical_column(name)
        if canonical is None:
            unknown.append(name)
        elif canonical in found:
            raise DataValidationError(
                "QTS-DATA-004", f"two columns mean {canonical}", where=where,
                found=f"{printable(found[canonical])} and {printable(name)}", fix="leave one of them out",
            )  # fmt: skip
        else:
            found[canonical] = name
    missing = [name for name in REQUIRED if name not in found and name not in given]
    if missing:
        raise DataValidationError(
            "QTS-DATA-004",
            "columns are missing",
            where=where,
            found=", ".join(header),
            expected="; ".join(f"{name} (or {', '.join(ALIASES[name][1:])})" for name in missing),
            fix=_how_to_add(missing),
        )
    return found, unknown


def check_column_count(columns: int, *, where: str) -> None:
    """Refuse a table of more columns than ``MAX_COLUMNS`` before any of them is read (bad input B47).

    Raises
    ------
    DataValidationError
        If there are too many.
    """
    if columns > MAX_COLUMNS:
        raise DataValidationError(
            "QTS-DATA-010", "too many columns", where=where, found=columns, expected=f"at most {MAX_COLUMNS}",
            fix="leave out what is not read",
        )  # fmt: skip


def canonical_column(name: str) -> str | None:
    """Return our name of a file's column, None when it is not one that is read."""
    return CANONICAL.get(name.strip().lower().replace(" ", "_").replace("-", "_"))


def _how_to_add(missing: Sequence[str]) -> str:
    if "symbol" in missing:
        return "name the columns so, add them, or give the symbol: --symbol AAPL"
    if list(missing) == ["volume"]:
        return (
            "fills are capped by volume; pass --no-volume to take it as 0, or use `qts_core.features.evaluate` for "
            "research on bars without it"
        )
    return "name the columns so, or add them"
