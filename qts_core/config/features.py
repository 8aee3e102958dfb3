"""Which features are computed (specification 6.5)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from qts_core.config.section import Section

__all__ = ["FeaturesSettings"]


class FeaturesSettings(Section):
    """config/features.yaml."""

    groups: tuple[str, ...] = ("all",)
    """Groups of the catalogue to compute; `all` is everything. `qts features list` shows them."""
    exclude: tuple[str, ...] = ()
    """Names or patterns (`volume_*`) to leave out."""
    block_rows: Annotated[int, Field(ge=1, le=65536)] = 512
    """Bars per block in batch; changes speed, never results."""
