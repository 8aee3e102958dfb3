"""`qts models compare`: two versions on the very same bars, of the past or live, or all models (specification 7.3)."""

from __future__ import annotations

from pathlib import Path
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
    every: Annotated[
        bool, typer.Option("--all", help="Compare the newest version of every trained model, net of costs.")
    ] = False,
    page: Annotated[Path | None, typer.Option("--page", help="With --all: write the report as one HTML page.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print two versions beside each other: figures by fold on the same bars, choices, features, gates.

    With --live: the models that predicted beside the champion, by a test that stays valid however often one looks.
    With --all: every model by its verdict backtest, with intervals, deflated by all trials of the ledger.

    \b
    Examples:
      qts models compare
      qts models compare 3 4 --json
      qts models compare champion lightgbm_direction/2
      qts models compare --live
      qts models compare --all --page comparison.html
    """
    from qts_core.adapters.settings_files import load_settings

    settings = load_settings().settings
    chosen = [name for name, is_asked in (("--live", live), ("--all", every)) if is_asked]
    _refuse_contradictions(chosen, (first, second), page)
    if every:
        from qts_core.cli.models.comparing_all import compare_all

        compare_all(settings, page=page, json=json)
    elif live:
        _live(settings, json=json)
    else:
        _past(settings, first, second, json=json)


def _refuse_contradictions(chosen: list[str], versions: tuple[str, str], page: Path | None) -> None:
    """Refuse versions beside an option that names its own, and options that exclude each other."""
    if len(chosen) > 1:
        raise InvalidConfigError(
            "QTS-CLI-001", "--live and --all are two comparisons", found=" ".join(chosen), fix="ask for one of them"
        )
    if chosen and versions != ("champion", "challenger"):
        compared = {"--live": "the champion with its shadows", "--all": "the newest version of every model"}
        raise InvalidConfigError(
            "QTS-CLI-001", f"{chosen[0]} compares {compared[chosen[0]]}", found=" ".join(versions),
            fix="leave the versions out",
        )  # fmt: skip
    if page is not None and "--all" not in chosen:
        raise InvalidConfigError(
            "QTS-CLI-001",
            "only --all has a page",
            where="--page",
            found=str(page),
            fix="add --all, or leave --page out",
        )


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
