"""Features before training or search: computed where bars have none, with a word about it (specification 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qts_core.cli.output import note

if TYPE_CHECKING:
    from qts_core.config.settings import Settings
    from qts_core.ports.lake import LakePort

__all__ = ["ensure_features"]


def ensure_features(settings: Settings, lake: LakePort) -> None:
    """Compute the features of every month that has none of its bars, and say what was done and what is off."""
    from qts_core.features.compiling import telling_of_compilation
    from qts_core.market.calendar import xnys
    from qts_core.research.catalogues import choose_features
    from qts_core.research.feature_months import compute_all_months
    from qts_core.research.preparation import research_symbols
    from qts_core.research.symbol_parts import symbol_roles

    symbols = research_symbols(lake)
    roles = symbol_roles(settings.universe, lake, symbols)
    chosen = choose_features(settings.features, roles)
    with telling_of_compilation(lambda what, n, total: note(f"  first run: compiled {what} ({n}/{total})")):
        fresh = compute_all_months(lake, chosen.catalogue, symbols=symbols, calendar=xnys(), roles=roles)
    note(f"features: {len(fresh)} months computed")
    if chosen.off:
        note(chosen.sentence())
