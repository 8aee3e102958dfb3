"""Models that predict beside the champion on the same live bars, and never trade (specification 7.3)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from qts_core.config.section import OpenFraction, Section

__all__ = ["ShadowSettings"]

Alias = Annotated[str, Field(pattern=r"^(shadow|challenger)(_[a-z0-9]{1,16})?$")]


class ShadowSettings(Section):
    """Part `shadows` of config/trading.yaml."""

    model_aliases: tuple[Alias, ...] = ()
    """Aliases of the live model whose versions predict beside the champion: `shadow`, `challenger`, `shadow_b` ..."""
    budget_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    """Time that a shadow may take for a bar; one that exceeds it three times in a row is switched off."""
    alpha: OpenFraction = 0.05
    """Share of the time that a difference may be claimed where there is none, however often one looks."""
