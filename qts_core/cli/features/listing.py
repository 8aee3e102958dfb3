"""`qts features list`: the features of the catalogue, one line each."""

from __future__ import annotations

from typing import Annotated

import typer

from qts_core.cli.output import print_json, print_table

__all__ = ["list_command"]


def list_command(
    group: Annotated[str | None, typer.Option(help="Only this group, such as technical_trend.")] = None,
    catalogue: Annotated[str | None, typer.Option(help="Features of this catalogue: default or alpha158.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the features of a catalogue with unit, warm-up and one line each.

    \b
    Examples:
      qts features list --group technical_momentum
      qts features list --catalogue alpha158
    """
    from qts_core.features.catalogue import catalogue_named, shipped_catalogue

    if catalogue is None and group is not None:
        chosen = shipped_catalogue()
    else:
        chosen = catalogue_named(catalogue or "default")
    if group is not None:
        chosen = chosen.subset(groups=(group,))
    if json:
        rows = [
            {"name": s.name, "group": s.group, "unit": s.unit, "warm_up_bars": s.warm_up_bars, "doc": s.doc}
            for s in chosen
        ]
        print_json({"catalogue": chosen.hash, "features": rows})
        return
    print_table(
        ("feature", "group", "unit", "warm-up", "what it says"),
        [(s.name, s.group, s.unit, s.warm_up_bars, s.doc) for s in chosen],
    )
    typer.echo(f"\n{len(chosen)} features, catalogue {chosen.hash[:8]}")
