"""`qts models reproduce`: a registered version trained again, byte for byte (specification 7.3)."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.output import note, print_json, print_table
from qts_core.market.errors import ExitCode

if TYPE_CHECKING:
    from qts_core.research.reproduction import Reproduction

__all__ = ["reproduce"]

Version = Annotated[
    str, typer.Argument(help="Number, semantic version or alias; after MODEL/ for another than the live model.")
]


def reproduce(version: Version, json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Train a version again from its own training set and compare every file's hash; nothing is registered.

    Leaves with 0 when every byte is the same, 3 when the data of then is gone or changed, 2 when bytes differ for
    another reason.

    \b
    Examples:
      qts models reproduce champion
      qts models reproduce lightgbm_direction/2 --json
    """
    from qts_core.adapters.code_version import code_version
    from qts_core.adapters.settings_files import load_settings
    from qts_core.cli.compose import open_lake, research_tools
    from qts_core.market.calendar import xnys
    from qts_core.research.reproduction import reproduce as train_again
    from qts_core.research.version_reference import find_version

    settings = load_settings().settings
    with research_tools(settings) as tools:
        chosen = find_version(tools.registry, version, live_model=settings.models.live_model)
        found = train_again(
            open_lake(settings), tools.registry, chosen, calendar=xnys(), code=code_version(),
            progress=lambda what, n, total: note(f"  {what} ({n}/{total})"),
        )  # fmt: skip
    if json:
        print_json({"is_equal": found.is_equal, **asdict(found)})
    else:
        _show(found)
    if not found.is_equal:
        raise typer.Exit(int(ExitCode.CORRUPT if found.is_data_lost else ExitCode.USER_ERROR))


def _show(found: Reproduction) -> None:
    name = f"{found.model} version {found.version} ({found.semantic})"
    if found.files:
        rows = [
            (f.name, f.registered[:16] or "none", f.found[:16] or "none", "yes" if f.is_equal else "NO")
            for f in found.files
        ]
        print_table(("file", "registered", "trained again", "equal"), rows)
        typer.echo("")
    for difference in found.differences:
        typer.echo(difference.line)
    if found.is_equal:
        more = ", in spite of the differences above" if found.differences else ""
        typer.echo(f"{name} came out again, byte for byte{more}")
    elif found.files:
        typer.echo(f"{name} did not come out again: {sum(not f.is_equal for f in found.files)} files differ")
    else:
        typer.echo(f"{name} could not be trained again")
