"""`qts models folds`: which bars train and which bars judge a model, before anything is trained (specification 7.3)."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import Annotated

import typer

from qts_core.cli.output import print_json, print_table, write_page

__all__ = ["folds"]


def folds(
    model: Annotated[str, typer.Argument(help="Key in models.yaml; the live model by default.")] = "",
    svg: Annotated[Path | None, typer.Option("--svg", help="Write the picture to this file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON, as training uses it.")] = False,
) -> None:
    """Draw the fold plan of a model on the bars of the lake: train, purged, embargo, validation, test, hold-out.

    \b
    Examples:
      qts models folds
      qts models folds lightgbm_direction --svg folds.svg
      qts models folds --json
    """
    from qts_core.adapters.settings_files import load_settings
    from qts_core.cli.compose import open_lake
    from qts_core.market.calendar import xnys
    from qts_core.report.fold_figures import fold_picture, fold_text
    from qts_core.research.fold_plans import planned_folds

    settings = load_settings().settings
    key = model or settings.models.live_model
    plan, timeline = planned_folds(open_lake(settings), settings, key, calendar=xnys())
    if svg is not None:
        write_page(svg, fold_picture(plan, timeline), option="--svg", what="picture")
    if json:
        print_json(json_text.loads(plan.to_json()))
        return
    typer.echo(fold_text(plan, timeline) + "\n")
    rows = plan.describe(timeline)
    print_table(tuple(rows[0]), [tuple(row.values()) for row in rows])
    paths = f", {len(plan.paths)} backtest paths" if len(plan.paths) > 1 else ""
    typer.echo(f"\n{key}: {len(plan.folds)} folds of {plan.scheme}{paths}, plan {plan.hash[:8]}")
