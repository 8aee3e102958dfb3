"""Metadata of materialisations: Dagster's standard keys and small plots as Markdown images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dagster as dg
import polars as pl

from qts_core.ports.lake import Partition
from qts_core.report.figures import markdown_image

__all__ = ["Metadata", "column_schema", "image", "number", "partition_metadata", "table"]

Metadata = dict[str, dg.MetadataValue]


def column_schema(frame: pl.DataFrame) -> dg.MetadataValue:
    """Return the columns of `frame` as Dagster shows them."""
    return dg.TableSchemaMetadataValue(
        dg.TableSchema(columns=[dg.TableColumn(name, str(kind)) for name, kind in frame.schema.items()])
    )


def number(value: float | int | str) -> dg.MetadataValue:
    """Return a plain value; numbers stay numbers, so that the page draws them over time."""
    if isinstance(value, str):
        return dg.TextMetadataValue(value)
    return dg.IntMetadataValue(value) if isinstance(value, int) else dg.FloatMetadataValue(value)


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


def image(svg: str, alt: str) -> dg.MetadataValue:
    """Return a drawing as Dagster can show it: an image inside Markdown."""
    return dg.MarkdownMetadataValue(markdown_image(svg, alt))


def _cell(value: object) -> str | int | float | bool | None:
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _column_type(values: Sequence[object]) -> str:
    present = [v for v in values if v is not None]
    if present and all(isinstance(v, bool) for v in present):
        return "bool"
    if present and all(isinstance(v, int) for v in present):
        return "int"
    return "float" if present and all(isinstance(v, int | float) for v in present) else "string"
