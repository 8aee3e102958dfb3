"""Turn a table as a file gives it into bars (specification 5.1; bad inputs sections A and B)."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from qts_core.data.reading.columns import OPTIONAL, map_columns
from qts_core.data.reading.instants import parse_instants
from qts_core.data.schemas import BAR_SCHEMA, PRICES, conform
from qts_core.market.errors import DataNotFoundError, DataValidationError, printable
from qts_core.market.instruments import canonical_symbol

__all__ = ["ImportResult", "infer_bar_minutes", "parse_bars"]

LARGEST_VOLUME = 2.0**53
BAR_LENGTHS = (1, 2, 3, 5, 10, 15, 30, 60, 390, 1440)
NAMED = 3


@dataclass(frozen=True, slots=True, eq=False)
class ImportResult:
    """Bars read from a file.

    Attributes
    ----------
    frame : DataFrame
        Of ``BAR_SCHEMA``, sorted by time and symbol. Values are those of the file; what breaks a rule is still there.
    warnings : tuple of str
        What was done to them, for people.
    bar_minutes : int
        Length of the bars, from their spacing.
    sha256 : str
        Of the file's bytes.
    """

    frame: pl.DataFrame
    warnings: tuple[str, ...]
    bar_minutes: int
    sha256: str = field(default="")


def parse_bars(
    table: pl.DataFrame,
    *,
    source: str,
    where: str,
    timezone: str | None = None,
    symbol: str | None = None,
    allow_empty: bool = False,
) -> ImportResult:
    """Read a table of bars.

    Parameters
    ----------
    table : DataFrame
        Columns under any of the documented names, as text or typed. A bar's time is its start.
    source, where : str
        Written into the bars; file name for messages.
    timezone : str, optional
        IANA zone of times that carry none.
    symbol : str, optional
        Symbol of a file that has no such column.
    allow_empty : bool
        Accept a table without rows.

    Raises
    ------
    DataNotFoundError
        If there are no rows.
    DataValidationError
        If a column is missing or a cell cannot be what it should be.
    """
    found, unknown = map_columns(table.columns, where=where, has_symbol=symbol is not None)
    warnings = [f"columns not read: {', '.join(printable(u) for u in unknown)}"] if unknown else []
    if table.is_empty():
        if not allow_empty:
            raise DataNotFoundError("QTS-DATA-002", "the file holds 0 data rows", where=where, fix="pass --allow-empty")
        return ImportResult(pl.DataFrame(schema=dict(BAR_SCHEMA)), tuple(warnings), BAR_LENGTHS[0])
    names = table[found["symbol"]] if "symbol" in found else pl.Series([symbol] * table.height, dtype=pl.String)
    columns = {"symbol": _symbols(names, where, warnings)}
    columns["ts_event"] = parse_instants(table[found["ts_event"]], timezone=timezone, where=where)
    for name in PRICES:
        columns[name] = _numbers(table[found[name]], name, where)
    columns["volume"] = _volumes(_numbers(table[found["volume"]], "volume", where), where)
    for name in OPTIONAL:
        if name in found and name != "ts_known":
            columns[name] = _numbers(table[found[name]], name, where)
    frame = pl.DataFrame(columns)
    minutes = infer_bar_minutes(frame)
    if "ts_known" in found:
        known = parse_instants(table[found["ts_known"]], timezone=timezone, where=where)
    else:
        known = frame["ts_event"].dt.offset_by(f"{minutes}m")
    absent = [pl.lit(None, BAR_SCHEMA[name]).alias(name) for name in ("vwap", "trade_count") if name not in columns]
    frame = frame.with_columns(*absent, ts_known=known, source=pl.lit(source))
    if lost := sum(int(frame[c].null_count()) for c in (*PRICES, "volume")):
        warnings.append(f"{lost} prices or volumes are empty, NaN or infinite; their bars go to quarantine")
    ordered = conform(frame, BAR_SCHEMA).sort("ts_event", "symbol", maintain_order=True)
    if not _is_sorted(frame):
        warnings.append("rows were not in order of time; sorted")
    return ImportResult(ordered, tuple(warnings), minutes)


def infer_bar_minutes(frame: pl.DataFrame) -> int:
    """Return the length of the bars in minutes: the commonest spacing within a symbol.

    A file of single bars counts as 15-minute bars.
    """
    spacing = (
        frame.select("symbol", "ts_event")
        .sort("symbol", "ts_event")
        .select((pl.col("ts_event").diff().over("symbol")).dt.total_minutes().alias("minutes"))
        .filter(pl.col("minutes") > 0)["minutes"]
        .value_counts(sort=True)
    )
    if spacing.is_empty():
        return 15
    commonest = int(spacing["minutes"][0])
    return min(BAR_LENGTHS, key=lambda length: abs(length - commonest))


def _symbols(column: pl.Series, where: str, warnings: list[str]) -> pl.Series:
    given = column.cast(pl.String)
    spelled = {str(name): canonical_symbol(str(name)) for name in given.unique().to_list()}
    wrong = sorted(name for name, canonical in spelled.items() if canonical is None)
    if wrong or given.null_count():
        shown = ", ".join(name.encode("unicode_escape").decode() for name in wrong[:NAMED]) or "an empty cell"
        raise DataValidationError(
            "QTS-DATA-007", f"{max(len(wrong), 1)} symbols are not symbols of US equities", where=where, found=shown,
            expected="one to five letters A-Z, a class after a dot such as BRK.B",
        )  # fmt: skip
    changed = sorted(f"{name.strip()!r} to {canonical}" for name, canonical in spelled.items() if name != canonical)
    if not changed:
        return given.rename("symbol")
    warnings.append(f"symbols respelled: {', '.join(changed[:NAMED])}" + (" ..." if len(changed) > NAMED else ""))
    return given.replace_strict(spelled, return_dtype=pl.String).rename("symbol")


def _numbers(column: pl.Series, name: str, where: str) -> pl.Series:
    """Return float64 with null for empty, NaN and infinite cells."""
    kind = column.dtype
    if not (kind == pl.String or kind.is_numeric()):
        raise DataValidationError(
            "QTS-DATA-005", f"the column {name} is no column of numbers", where=where, found=str(kind)
        )
    if kind == pl.String:
        text = column.str.strip_chars()
        text = text.set(text == "", None)
        values = text.cast(pl.Float64, strict=False)
        wrong = (values.is_null() & text.is_not_null()).arg_true()
        if len(wrong):
            cells = ", ".join(printable(str(cell)) for cell in column.gather(wrong.head(NAMED)).to_list())
            raise DataValidationError(
                "QTS-DATA-005", f"{len(wrong)} cells of {name} are not numbers",
                where=f"{where}, data row {int(wrong[0]) + 1}", found=cells,
                expected="digits with a decimal point, no thousands separators, no currency sign",
            )  # fmt: skip
    else:
        values = column.cast(pl.Float64)
    return values.set(~values.is_finite().fill_null(value=True), None).rename(name)


def _volumes(volume: pl.Series, where: str) -> pl.Series:
    wrong = ((volume != volume.floor()) | (volume.abs() >= LARGEST_VOLUME)).fill_null(value=False).arg_true()
    if len(wrong):
        raise DataValidationError(
            "QTS-DATA-005", f"{len(wrong)} volumes are not whole numbers of shares below 2^53",
            where=f"{where}, data row {int(wrong[0]) + 1}", found=volume[int(wrong[0])],
            expected="whole shares (1.5e6 is fine)", fix="round adjusted volumes to whole shares",
        )  # fmt: skip
    return volume


def _is_sorted(frame: pl.DataFrame) -> bool:
    # In order within each symbol is enough: files come by symbol as often as by time.
    steps = frame.select(pl.col("ts_event").diff().over("symbol").dt.total_microseconds().min()).item()
    return steps is None or int(steps) >= 0
