"""What ``live-daemon run`` prints at the end."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

__all__ = ["show"]

ROWS = (
    ("session", "Session"), ("mode", "Mode"), ("account", "Account"), ("model_id", "Model"), ("decisions", "Decisions"),
    ("orders", "Orders decided"), ("sent", "Orders sent"), ("rejected", "Orders refused"), ("fills", "Fills"),
    ("positions", "Positions"), ("equity", "Equity, USD"), ("pnl", "P&L of the session, USD"),
    ("rank_ic", "Rank IC within the session"), ("decisions_digest", "Digest of the decisions"),
    ("ready_seconds", "Seconds to ready"), ("seconds", "Seconds in all"), ("parity", "Parity"),
    ("shadows", "Shadow models"),
)  # fmt: skip


def show(summary: Mapping[str, object], *, is_json: bool) -> None:
    """Print the summary as a table for people, or as one JSON line."""
    if is_json:
        sys.stdout.write(json.dumps(summary, default=str) + "\n")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    for key, label in ROWS:
        value = summary.get(key)
        if value is not None:
            table.add_row(label, f"{value:,.4g}" if key == "rank_ic" and isinstance(value, float) else _text(value))
    Console().print(table)


def _text(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(f"{s['alias']} ({s['model_id'] or s['version']}): {_state(s)}" for s in value)
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _state(shadow: Mapping[str, object]) -> str:
    return str(shadow["reason"] or f"{shadow['bars']} bars, {shadow['against_champion']}")
