"""`qts features explain`: everything about one feature."""

from __future__ import annotations

from typing import Annotated

import typer

from qts_core.cli.output import print_json

__all__ = ["explain"]


def explain(
    name: Annotated[str, typer.Argument(help="Name of a feature.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show everything about one feature, your own among them: formula, unit, bounds, warm-up, scope, source, version.

    \b
    Examples:
      qts features explain tech_rsi_14_raw
    """
    from qts_core.adapters.settings_files import load_settings
    from qts_core.features.documentation import bounds_text, formula_lines
    from qts_core.research.catalogues import known_catalogue, own_places

    settings = load_settings().settings.features
    spec = known_catalogue(settings)[name]
    content = {
        "feature": spec.name,
        "what it says": spec.doc,
        "group": spec.group,
        "unit": spec.unit,
        "bounds": bounds_text(spec.bounds),
        "warm-up": f"{spec.warm_up_bars} bars",
        "scope": spec.scope.value,
        "source": spec.source,
        "version": spec.version,
    }
    if spec.roles:
        content["needs"] = f"bars of a symbol that plays {', '.join(spec.roles)}"
    if name in (places := own_places(settings)):
        content["declared"] = places[name]
    steps = formula_lines(spec.expression)
    if json:
        print_json({**content, "formula": steps})
        return
    for key, value in content.items():
        typer.echo(f"{key + ':':14}{value}")
    typer.echo("formula:")
    for step in steps:
        typer.echo(f"  {step}")
