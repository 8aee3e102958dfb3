"""`qts models compare`: two versions on the very same bars, of the past or live (specification 7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.output import note, print_json, print_table
from qts_core.market.errors import InvalidConfigError

if TYPE_CHECKING:
    from qts_core.config.settings import Settings

__all__ = ["compare"]


def compare(
    first: Annotated[str, typer.Argument(help="Version to beat: number, semantic version, alias.")] = "champion",
    second: Annotated[str, typer.Argument(help="The other one; MODEL/ before it for another model.")] = "challenger",
    live: Annotated[
        bool, typer.Option("--live", help="Compare what was predicted live, champion against its shadows.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print two versions beside each other: figures by fold on the same bars, choices, features, gates.

    With --live: the models that predicted beside the champion, by a test that stays valid however often one looks.

    \b
    Examples:
      qts models compare
      qts models compare 3 4 --json
      qts models compare champion lightgbm_direction/2
      qts models compare --live
    """
    from qts_core.adapters.settings_files import load_settings

    settings = load_settings().settings
    if live:
        if (first, second) != ("champion", "challenger"):
            raise InvalidConfigError(
                "QTS-CLI-001", "--live compares the champion with its shadows", found=f"{first} {second}",
                fix="leave the versions out",
            )  # fmt: skip
        _live(settings, json=json)
        return
    _past(settings, first, second, json=json)


def _past(settings: Settings, first: str, second: str, *, json: bool) -> None:
    from qts_core.cli.compose import open_lake, research_tools
    from qts_core.market.calendar import xnys
    from qts_core.research.comparison import compare_versions, markdown
    from qts_core.research.version_reference import find_version

    with research_tools(settings) as tools:
        sides = [find_version(tools.registry, each, live_model=settings.models.live_model) for each in (first, second)]
        found = compare_versions(open_lake(settings), settings, tools, sides[0], sides[1], calendar=xnys())
    if json:
        print_json(found.to_json())
    else:
        typer.echo(markdown(found))


def _live(settings: Settings, *, json: bool) -> None:
    from qts_core.adapters.live_predictions import read_live_predictions
    from qts_core.research.live_comparison import compare_live

    records = read_live_predictions(settings.live_dir)
    found = compare_live(records, alpha=settings.trading.shadows.alpha)
    if json:
        print_json([each.to_json() for each in found])
        return
    if not found:
        note("No model has predicted beside the champion yet; name aliases under `shadows` in trading.yaml.")
        return
    print_table(
        ("champion", "shadow", "bars", "blocks", "rank IC, champion", "rank IC, shadow", "result"),
        [
            (each.champion, each.shadow, each.bars, each.test.n, each.rank_ic[0], each.rank_ic[1], each.test.sentence)
            for each in found
        ],
    )
