"""`qts features`: what features there are and how each is computed (specification 6)."""

from __future__ import annotations

from typing import Annotated

import typer

from qts_core.cli.output import print_json, print_table

__all__ = ["app"]

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="List and explain features.")

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_command(
    group: Annotated[str | None, typer.Option(help="Only this group, such as technical_trend.")] = None,
    json: JsonOption = False,
) -> None:
    """List the features of the catalogue with unit, warm-up and one line each.

    \b
    Examples:
      qts features list --group technical_momentum
    """
    from qts_core.features.catalogue import default_catalogue

    catalogue = default_catalogue()
    if group is not None:
        catalogue = catalogue.subset(groups=(group,))
    if json:
        rows = [
            {"name": s.name, "group": s.group, "unit": s.unit, "warm_up_bars": s.warm_up_bars, "doc": s.doc}
            for s in catalogue
        ]
        print_json({"catalogue": catalogue.hash, "features": rows})
        return
    print_table(
        ("feature", "group", "unit", "warm-up", "what it says"),
        [(s.name, s.group, s.unit, s.warm_up_bars, s.doc) for s in catalogue],
    )
    typer.echo(f"\n{len(catalogue)} features, catalogue {catalogue.hash[:8]}")


@app.command("explain")
def explain_command(
    name: Annotated[str, typer.Argument(help="Name of a feature.")],
    json: JsonOption = False,
) -> None:
    """Show everything about one feature: formula, unit, bounds, warm-up, scope, source, version.

    \b
    Examples:
      qts features explain tech_rsi_14_raw
    """
    from qts_core.features.catalogue import default_catalogue
    from qts_core.features.documentation import bounds_text, formula_lines

    spec = default_catalogue()[name]
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
    steps = formula_lines(spec.expression)
    if json:
        print_json({**content, "formula": steps})
        return
    for key, value in content.items():
        typer.echo(f"{key + ':':14}{value}")
    typer.echo("formula:")
    for step in steps:
        typer.echo(f"  {step}")
