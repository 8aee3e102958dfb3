"""`qts data list`: what the lake holds."""

from __future__ import annotations

from qts_core.cli.data.shared import JsonOption, open_lake
from qts_core.cli.output import note, print_json, print_table

__all__ = ["list_command"]


def list_command(json: JsonOption = False) -> None:
    """List the tables of the lake: months, files, rows, bytes.

    \b
    Examples:
      qts data list
      qts data list --json
    """
    _, lake = open_lake()
    rows = []
    for table in lake.tables():
        parts = [p for month in lake.months(table) if (p := lake.partition(table, month)) is not None]
        rows.append(
            {
                "table": table,
                "months": len(parts),
                "first": parts[0].month,
                "last": parts[-1].month,
                "files": sum(len(p.segments) for p in parts),
                "rows": sum(p.rows for p in parts),
                "bytes": sum(p.bytes for p in parts),
                "hash": lake.data_hash(table)[:16],
            }
        )
    if json:
        print_json(rows)
    elif rows:
        print_table(tuple(rows[0]), [tuple(row.values()) for row in rows])
    else:
        note("the lake is empty: run `qts data import PATH` or `qts data synth`")
