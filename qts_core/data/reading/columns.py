"""Names under which bar files give their columns (specification 5.1; bad inputs B11, B13).

Only these are accepted, in any case and with spaces or dashes for underscores; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from qts_core.market.errors import DataValidationError, printable

__all__ = ["ALIASES", "OPTIONAL", "REQUIRED", "map_columns"]

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


def map_columns(header: Sequence[str], *, where: str, has_symbol: bool = False) -> tuple[dict[str, str], list[str]]:
    """Find our columns in a header.

    Parameters
    ----------
    header : sequence of str
        Names as the file gives them.
    where : str
        File name, for messages.
    has_symbol : bool
        Whether the symbol is given from outside, so that the column may be absent.

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
    if len(header) > MAX_COLUMNS:
        raise DataValidationError(
            "QTS-DATA-010", "too many columns", where=where, found=len(header), expected=f"at most {MAX_COLUMNS}"
        )
    found: dict[str, str] = {}
    unknown = []
    for name in header:
        canonical = CANONICAL.get(name.strip().lower().replace(" ", "_").replace("-", "_"))
        if canonical is None:
            unknown.append(name)
        elif canonical in found:
            raise DataValidationError(
                "QTS-DATA-004", f"two columns mean {canonical}", where=where,
                found=f"{printable(found[canonical])} and {printable(name)}", fix="leave one of them out",
            )  # fmt: skip
        else:
            found[canonical] = name
    missing = [name for name in REQUIRED if name not in found and not (has_symbol and name == "symbol")]
    if missing:
        raise DataValidationError(
            "QTS-DATA-004",
            "columns are missing",
            where=where,
            found=", ".join(header),
            expected="; ".join(f"{name} (or {', '.join(ALIASES[name][1:])})" for name in missing),
            fix="name the columns so, or add them",
        )
    return found, unknown
