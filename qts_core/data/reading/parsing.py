"""Turn tables as files give them into bars (specification 5.1; bad inputs sections A and B)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import polars as pl

from qts_core.data.reading.columns import OPTIONAL, map_columns
from qts_core.data.reading.conventions import Label
from qts_core.data.reading.instants import parse_instants, refuse_daily
from qts_core.data.schemas import BAR_SCHEMA, PRICES, conform
from qts_core.market.errors import DataNotFoundError, DataValidationError, printable
from qts_core.market.instruments import canonical_symbol

__all__ = ["ImportResult", "infer_bar_minutes", "parse_bars"]

LARGEST_VOLUME = 2.0**53
HIGHEST_PRICE = 1e9
LOWEST_PRICE = 1e-6
BAR_LENGTHS = (1, 2, 3, 5, 10, 15, 30, 60, 390, 1440)
NAMED = 3

Warn = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class ImportResult:
    """Bars read from a file, or from several.

    Attributes
    ----------
    frame : DataFrame
        Of ``BAR_SCHEMA``, sorted by time and symbol. Values are those of the file; what breaks a rule is still there.
    warnings : tuple of str
        What was done to them, for people.
    bar_minutes : int
        Length of the bars, from their spacing.
    sha256 : str
        Of the file's bytes; of several files, of their digests.
    label : "start" or "end"
        What the file's times name; in `frame` they are starts.
    """

    frame: pl.DataFrame
    warnings: tuple[str, ...]
    bar_minutes: int
    sha256: str = field(default="")
    label: Label = "start"


def parse_bars(
    tables: pl.DataFrame | Iterable[pl.DataFrame],
    *,
    source: str,
    where: str,
    timezone: str | None = None,
    symbol: str | None = None,
    allow_empty: bool = False,
    no_volume: bool = False,
) -> ImportResult:
    """Read a table of bars, whole or in parts.

    Parameters
    ----------
    tables : DataFrame or iterable of DataFrame
        Columns under any of the documented names, as text or typed; parts of one table have the same columns. A
        bar's time is taken as its start.
    source, where : str
        Written into the bars; file name for messages.
    timezone : str, optional
        IANA zone of times that carry none.
    symbol : str, optional
        Symbol of a file that has no such column.
    allow_empty : bool
        Accept a table without rows.
    no_volume : bool
        Accept a table without a column of volumes; they are taken as 0.

    Raises
    ------
    DataNotFoundError
        If there are no rows.
    DataValidationError
        If a column is missing or a cell cannot be what it should be.
    """
    reader = _Reader(source, where, timezone, symbol, no_volume)
    parts = [reader.read(table) for table in ([tables] if isinstance(tables, pl.DataFrame) else tables)]
    parts = [part for part in parts if not part.is_empty()]
    if not parts:
        if not allow_empty:
            raise DataNotFoundError("QTS-DATA-002", "the file holds 0 data rows", where=where, fix="pass --allow-empty")
        return ImportResult(pl.DataFrame(schema=dict(BAR_SCHEMA)), tuple(reader.warnings), BAR_LENGTHS[0])
    frame = pl.concat(parts)
    del parts
    minutes = infer_bar_minutes(frame)
    frame = frame.with_columns(pl.col("ts_known").fill_null(pl.col("ts_event").dt.offset_by(f"{minutes}m")))
    if lost := sum(int(frame[c].null_count()) for c in (*PRICES, "volume")):
        reader.warnings.append(
            f"{lost} prices or volumes are empty, NaN, infinite or beyond any price; their bars go to quarantine"
        )
    if not _is_sorted(frame):
        reader.warnings.append("rows were not in order of time; sorted")
    ordered = conform(frame, BAR_SCHEMA).sort("ts_event", "symbol", maintain_order=True)
    return ImportResult(ordered, tuple(reader.warnings), minutes)


def infer_bar_minutes(frame: pl.DataFrame) -> int:
    """Return the length of the bars in minutes: the commonest spacing within a symbol.

    A file of single bars counts as 15-minute bars.
    """
    spacing = (
        frame.lazy()
        .select("symbol", "ts_event")
        .sort("symbol", "ts_event")
        .select((pl.col("ts_event").diff().over("symbol")).dt.total_minutes().alias("minutes"))
        .filter(pl.col("minutes") > 0)
        .group_by("minutes")
        .len()
        .sort("len", "minutes", descending=[True, False])
        .collect()
    )
    if spacing.is_empty():
        return 15
    commonest = int(spacing["minutes"][0])
    return min(BAR_LENGTHS, key=lambda length: abs(length - commonest))


@dataclass(slots=True)
class _Reader:
    """Reads the parts of one table; rows are counted over all of them."""

    source: str
    where: str
    timezone: str | None
    symbol: str | None
    no_volume: bool
    warnings: list[str] = field(default_factory=list)
    rows: int = 0

    def read(self, table: pl.DataFrame) -> pl.DataFrame:
        """Return one part as bars; `ts_known` is null where the file does not give it."""
        given = tuple(
            name for name, is_given in (("symbol", self.symbol is not None), ("volume", self.no_volume)) if is_given
        )
        found, unknown = map_columns(table.columns, where=self.where, given=given)
        self._warn("columns not read: " + ", ".join(printable(u) for u in unknown) if unknown else "")
        if "volume" not in found:
            self._warn("there is no column of volumes; 0 is taken, so nothing can be filled against these bars")
        if table.is_empty():
            return pl.DataFrame(schema=dict(BAR_SCHEMA))
        refuse_daily(table[found["ts_event"]], where=self.where)
        places = _Places(self.where, self.rows)
        self.rows += table.height
        names = table[found["symbol"]] if "symbol" in found else pl.Series([self.symbol], dtype=pl.String)
        symbols = _symbols(names, places, self._warn)
        columns = [
            symbols if len(symbols) == table.height else symbols.new_from_index(0, table.height),
            parse_instants(
                table[found["ts_event"]], timezone=self.timezone, where=self.where, first_row=places.first
            ).rename("ts_event"),
        ]
        columns += [_prices(_numbers(table[found[name]], name, places)) for name in PRICES]
        if "volume" in found:
            columns.append(_volumes(_numbers(table[found["volume"]], "volume", places), places))
        for name in OPTIONAL:
            if name in found:
                columns.append(self._optional(table[found[name]], name, places))
        frame = pl.DataFrame(columns).with_columns(source=pl.lit(self.source))
        if "volume" not in found:
            frame = frame.with_columns(volume=pl.lit(0.0))
        absent = [pl.lit(None, BAR_SCHEMA[name]).alias(name) for name in OPTIONAL if name not in found]
        return conform(frame.with_columns(absent), BAR_SCHEMA)

    def _optional(self, column: pl.Series, name: str, places: _Places) -> pl.Series:
        if name == "ts_known":
            known = parse_instants(column, timezone=self.timezone, where=self.where, first_row=places.first)
            return known.rename(name)
        numbers = _numbers(column, name, places)
        return _prices(numbers) if name == "vwap" else _counts(numbers, name, places)

    def _warn(self, text: str) -> None:
        if text and text not in self.warnings:
            self.warnings.append(text)


@dataclass(frozen=True, slots=True)
class _Places:
    """Names rows as a person would count them in the file."""

    where: str
    first: int

    def of(self, row: int) -> str:
        return f"{self.where}, data row {self.first + row + 1}"


def _symbols(column: pl.Series, places: _Places, warn: Warn) -> pl.Series:
    if not (column.dtype == pl.String or isinstance(column.dtype, pl.Categorical | pl.Enum)):
        raise DataValidationError(
            "QTS-DATA-007", "the column of symbols holds something else", where=places.where, found=str(column.dtype)
        )
    given = column.cast(pl.String)
    spelled = {str(name): canonical_symbol(str(name)) for name in given.unique().to_list() if name is not None}
    wrong = sorted(name for name, canonical in spelled.items() if canonical is None)
    if wrong or given.null_count():
        shown = ", ".join(name.encode("unicode_escape").decode() for name in wrong[:NAMED]) or "an empty cell"
        raise DataValidationError(
            "QTS-DATA-007", f"{max(len(wrong), 1)} symbols are not symbols of US equities", where=places.where,
            found=shown, expected="one to five letters A-Z, a class after a dot such as BRK.B",
        )  # fmt: skip
    changed = sorted(f"{name.strip()!r} to {canonical}" for name, canonical in spelled.items() if name != canonical)
    if not changed:
        return given.rename("symbol")
    warn(f"symbols respelled: {', '.join(changed[:NAMED])}" + (" ..." if len(changed) > NAMED else ""))
    return given.replace_strict(spelled, return_dtype=pl.String).rename("symbol")


def _numbers(column: pl.Series, name: str, places: _Places) -> pl.Series:
    """Return float64 with null for empty, NaN and infinite cells."""
    kind = column.dtype
    if isinstance(kind, pl.Categorical | pl.Enum):
        column, kind = column.cast(pl.String), pl.String()
    if not (kind == pl.String or kind.is_numeric() or kind == pl.Null):
        raise DataValidationError(
            "QTS-DATA-005", f"the column {name} is no column of numbers", where=places.where, found=str(kind)
        )
    if kind == pl.String:
        text = column.str.strip_chars()
        text = text.set(text == "", None)
        values = text.cast(pl.Float64, strict=False)
        wrong = (values.is_null() & text.is_not_null()).arg_true()
        if len(wrong):
            cells = ", ".join(printable(str(cell)) for cell in column.gather(wrong.head(NAMED)).to_list())
            raise DataValidationError(
                "QTS-DATA-005", f"{len(wrong)} cells of {name} are not numbers", where=places.of(int(wrong[0])),
                found=cells, expected="digits with a decimal point, no thousands separators, no currency sign",
            )  # fmt: skip
    else:
        values = column.cast(pl.Float64)
    return values.set(~values.is_finite().fill_null(value=True), None).rename(name)


def _prices(price: pl.Series) -> pl.Series:
    """Return null for what no share ever cost: ratios of such numbers overflow."""
    size = price.abs()
    return price.set(((size >= HIGHEST_PRICE) | ((size > 0) & (size < LOWEST_PRICE))).fill_null(value=False), None)


def _volumes(volume: pl.Series, places: _Places) -> pl.Series:
    wrong = ((volume != volume.floor()) | (volume.abs() >= LARGEST_VOLUME)).fill_null(value=False).arg_true()
    if len(wrong):
        raise DataValidationError(
            "QTS-DATA-005", f"{len(wrong)} volumes are not whole numbers of shares below 2^53",
            where=places.of(int(wrong[0])), found=volume[int(wrong[0])],
            expected="whole shares (1.5e6 is fine)", fix="round adjusted volumes to whole shares",
        )  # fmt: skip
    return volume


def _counts(numbers: pl.Series, name: str, places: _Places) -> pl.Series:
    wrong = ((numbers != numbers.floor()) | (numbers.abs() >= LARGEST_VOLUME)).fill_null(value=False).arg_true()
    if len(wrong):
        raise DataValidationError(
            "QTS-DATA-005", f"{len(wrong)} cells of {name} are not whole numbers below 2^53",
            where=places.of(int(wrong[0])), found=numbers[int(wrong[0])],
        )  # fmt: skip
    return numbers


def _is_sorted(frame: pl.DataFrame) -> bool:
    # In order within each symbol is enough: files come by symbol as often as by time.
    steps = frame.select(pl.col("ts_event").diff().over("symbol").dt.total_microseconds().min()).item()
    return steps is None or int(steps) >= 0
