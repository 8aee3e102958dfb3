"""`qts features list`: the features of the catalogue, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.output import print_json, print_table

if TYPE_CHECKING:
    from qts_core.features import Catalogue
    from qts_core.research.catalogues import ChosenFeatures

__all__ = ["list_command"]


def list_command(
    group: Annotated[str | None, typer.Option(help="Only this group, such as technical_trend or own.")] = None,
    catalogue: Annotated[str | None, typer.Option(help="Features of this catalogue: default or alpha158.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the features of a catalogue and your own with unit, warm-up, state and one line each.

    A feature that features.yaml asks for is on, or off while no symbol of the lake plays a role that it needs.

    \b
    Examples:
      qts features list --group technical_momentum
      qts features list --group own
      qts features list --catalogue alpha158
    """
    from qts_core.cli.data.shared import open_lake
    from qts_core.research.catalogues import choose_features
    from qts_core.research.symbol_parts import lake_roles

    settings, lake = open_lake()
    computed = choose_features(settings.features, lake_roles(settings.universe, lake))
    shown = _shown(computed, group, catalogue)
    states = {spec.name: _state(computed, spec.name) for spec in shown}
    if json:
        rows = [
            {
                "name": s.name, "group": s.group, "unit": s.unit, "warm_up_bars": s.warm_up_bars,
                "needs": list(s.roles), "state": states[s.name], "doc": s.doc,
            }
            for s in shown
        ]  # fmt: skip
        print_json({"catalogue": shown.hash, "features": rows})
        return
    print_table(
        ("feature", "group", "unit", "warm-up", "needs", "state", "what it says"),
        [(s.name, s.group, s.unit, s.warm_up_bars, ", ".join(s.roles), states[s.name], s.doc) for s in shown],
    )
    typer.echo(f"\n{len(shown)} features, catalogue {shown.hash[:8]}; {len(computed.catalogue)} are computed")
    if computed.off:
        typer.echo(computed.sentence())


def _shown(computed: ChosenFeatures, group: str | None, catalogue: str | None) -> Catalogue:
    from qts_core.features import Catalogue
    from qts_core.features.catalogue import catalogue_named

    if catalogue is None and group is not None:
        chosen = computed.known
    elif catalogue is None:
        chosen = Catalogue([*catalogue_named("default"), *computed.own])
    else:
        chosen = catalogue_named(catalogue)
    return chosen if group is None else chosen.subset(groups=(group,))


def _state(computed: ChosenFeatures, name: str) -> str:
    missing = computed.off.get(name, ())
    if missing:
        return f"off: no symbol plays {', '.join(missing)}"
    return "on" if name in computed.catalogue else ""
