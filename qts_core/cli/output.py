"""How commands speak: data to stdout, talk to stderr, tables plain enough to read and to cut."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import typer

from qts_core.market.errors import InvalidConfigError

__all__ = ["note", "print_json", "print_table", "table_text", "write_page"]


def note(text: str) -> None:
    """Say something to the person at the screen, on stderr."""
    typer.echo(text, err=True)


def write_page(path: Path, content: str, *, option: str = "--page", what: str = "page") -> None:
    """Write what the option names, and say where it lies.

    Raises
    ------
    InvalidConfigError
        QTS-CLI-001 if the file cannot be written.
    """
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise InvalidConfigError(
            "QTS-CLI-001", f"the {what} cannot be written", where=option, found=f"{path}: {error.strerror}",
            fix="name a file in a folder that exists",
        ) from error  # fmt: skip
    note(f"{what}: {path}")


def print_json(content: object) -> None:
    """Print `content` as one JSON document; what JSON does not know becomes text."""
    typer.echo(json.dumps(content, indent=2, default=str, allow_nan=False))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their column names, numbers to the right."""
    typer.echo(table_text(columns, rows))


def table_text(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows under their column names, numbers to the right, without trailing blanks."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(columns), *cells]) for i in range(len(columns))]
    numeric = [bool(rows) and all(isinstance(row[i], int | float) for row in rows) for i in range(len(columns))]
    lines = [
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in [list(columns), ["-" * width for width in widths], *cells]
    ]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.6g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
