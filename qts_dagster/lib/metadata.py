"""Metadata of materialisations: Dagster's standard keys and small plots as Markdown images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dagster as dg
import numpy as np
import polars as pl

from qts_core.ports.lake import Partition
from qts_core.report.figures import markdown_image

__all__ = ["ADJUSTED_MEANING", "Metadata", "column_schema", "image", "number", "partition_metadata", "table"]

Metadata = dict[str, dg.MetadataValue]

DIGITS = 6
"""Significant digits shown; the exact value is where it was computed, not in its description."""

MEANING = {
    "symbol": "Ticker",
    "ts_event": "Start of the bar, UTC",
    "ts_known": "When the row could first be known, UTC: the end of the bar, or the arrival of a correction",
    "open": "First price of the bar, USD, not adjusted",
    "high": "Highest price of the bar, USD, not adjusted",
    "low": "Lowest price of the bar, USD, not adjusted",
    "close": "Last price of the bar, USD, not adjusted",
    "volume": "Shares traded in the bar",
    "vwap": "Volume-weighted price of the bar, USD; null when the source has none",
    "trade_count": "Trades in the bar; null when the source has none",
    "source": "Where the row came from",
    "ex_date": "First session at the new share count, or without the dividend",
    "kind": "split, dividend, spin_off, symbol_change or delisting",
    "new_shares": "Shares after the split, for each `old_shares` before it",
    "old_shares": "Shares before the split",
    "cash_per_share": "Dividend, USD a share",
    "new_symbol": "Ticker from the ex-date on, or of the company spun off",
    "flags": "What is worth knowing of the bar, one bit each: 1 filled forward, 2 outlier, 4 suspected split ...",
    "session": "Trading day, New York",
    "adjusted_close": "Close in shares of the last session with dividends taken out, USD",
    "as_of": "Session whose prices are left as they were",
}
"""What a column means, for those that more than one table has."""

ADJUSTED_MEANING = MEANING | {
    "open": "First price of the session, USD, in shares of `as_of`",
    "high": "Highest price of the session, USD, in shares of `as_of`",
    "low": "Lowest price of the session, USD, in shares of `as_of`",
    "close": "Last price of the session, USD, in shares of `as_of`",
    "volume": "Shares traded in the session, in shares of `as_of`",
}
"""The same for the view for charts, whose prices are adjusted."""


def column_schema(frame: pl.DataFrame, meaning: Mapping[str, str] = MEANING) -> dg.MetadataValue:
    """Return the columns of `frame` as Dagster shows them, each with what it means."""
    return dg.TableSchemaMetadataValue(
        dg.TableSchema(
            columns=[dg.TableColumn(name, str(kind), meaning.get(name)) for name, kind in frame.schema.items()]
        )
    )


def number(value: float | int | str) -> dg.MetadataValue:
    """Return a plain value; numbers stay numbers, so that the page draws them over time."""
    if isinstance(value, str):
        return dg.TextMetadataValue(value)
    return dg.IntMetadataValue(value) if isinstance(value, int) else dg.FloatMetadataValue(_shown(value))


def partition_metadata(partition: Partition) -> Metadata:
    """Describe one stored month: rows, size, checksum."""
    return {
        "dagster/row_count": dg.IntMetadataValue(partition.rows),
        "dagster/table_name": dg.TextMetadataValue(partition.table),
        "bytes": dg.IntMetadataValue(partition.bytes),
        "sha256": dg.TextMetadataValue(partition.sha256),
    }


def table(rows: Sequence[Mapping[str, object]]) -> dg.MetadataValue:
    """Return `rows` as a table, or a sentence when there are none."""
    if not rows:
        return dg.TextMetadataValue("none")
    columns = [dg.TableColumn(name, _column_type([row[name] for row in rows])) for name in rows[0]]
    records = [dg.TableRecord({name: _cell(value) for name, value in row.items()}) for row in rows]
    return dg.TableMetadataValue(records=records, schema=dg.TableSchema(columns=columns))


def image(svg: str, caption: str) -> dg.MetadataValue:
    """Return a drawing as Dagster can show it: an image inside Markdown, with a sentence that says what it shows."""
    return dg.MarkdownMetadataValue(f"{markdown_image(svg, caption)}\n\n{caption}")


def _cell(value: object) -> str | int | float | bool | None:
    if isinstance(value, float):
        return _shown(value)
    return value if value is None or isinstance(value, str | int) else str(value)


def _shown(value: float) -> float:
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else value


def _column_type(values: Sequence[object]) -> str:
    present = [v for v in values if v is not None]
    if present and all(isinstance(v, bool) for v in present):
        return "bool"
    if present and all(isinstance(v, int) for v in present):
        return "int"
    return "float" if present and all(isinstance(v, int | float) for v in present) else "string"
