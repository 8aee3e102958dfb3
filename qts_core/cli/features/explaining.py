"""`qts features explain`: everything about one feature."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qts_core.cli.features.drawing import drawing_of, drawing_text, drawn_json, write_svg
from qts_core.cli.output import print_json

__all__ = ["explain"]


def explain(
    name: Annotated[str, typer.Argument(help="Name of a feature.")],
    symbol: Annotated[str | None, typer.Option(help="Symbol to draw; the first of the lake by default.")] = None,
    bars: Annotated[int, typer.Option(min=2, help="How many of the last bars to draw.")] = 130,
    svg: Annotated[Path | None, typer.Option(help="Write the picture as an SVG file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show everything about one feature, your own among them, and draw it on your own bars.

    \b
    Examples:
      qts features explain tech_rsi_14_raw
      qts features explain tech_rsi_14_raw --symbol AAPL --bars 520 --svg rsi.svg
    """
    from qts_core.adapters.settings_files import load_settings
    from qts_core.features.documentation import bounds_text, formula_lines, reads_text
    from qts_core.research.catalogues import known_catalogue, own_places

    loaded = load_settings().settings
    settings = loaded.features
    spec = known_catalogue(settings)[name]
    content = {
        "feature": spec.name,
        "what it says": spec.doc,
        "group": spec.group,
        "unit": spec.unit,
        "bounds": bounds_text(spec.bounds),
        "warm-up": f"{spec.warm_up_bars} bars",
        "reads": reads_text(spec),
        "scope": spec.scope.value,
        "source": spec.source,
        "version": spec.version,
    }
    if spec.roles:
        content["needs"] = f"bars of a symbol that plays {', '.join(spec.roles)}"
    if name in (places := own_places(settings)):
        content["declared"] = places[name]
    steps = formula_lines(spec.expression)
    drawn = drawing_of(spec, loaded, symbol, bars)
    if svg is not None:
        write_svg(svg, drawn, spec)
    if json:
        print_json({**content, "formula": steps, "drawn": drawn_json(drawn)})
        return
    for key, value in content.items():
        typer.echo(f"{key + ':':14}{value}")
    typer.echo("formula:")
    for step in steps:
        typer.echo(f"  {step}")
    typer.echo("")
    typer.echo(drawing_text(drawn))
