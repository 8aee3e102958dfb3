"""`qts features list`: the features of the catalogue, one line each."""

from __future__ import annotations

from typing import Annotated

import typer

from qts_core.cli.output import print_json, print_table

__all__ = ["list_command"]


def list_command(
    group: Annotated[str | None, typer.Option(help="Only this group, such as technical_trend.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
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
