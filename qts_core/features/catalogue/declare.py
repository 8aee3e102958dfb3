"""How a family declares its features: one call per feature, the group said once."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from qts_core.features.graph import Node
from qts_core.features.spec import FeatureSpec

__all__ = ["ANY", "FLAG", "FRACTION", "NOT_NEGATIVE", "PERCENT", "RETURN", "SIGNED", "Declare", "family"]

ANY = (-inf, inf)
NOT_NEGATIVE = (0.0, inf)
RETURN = (-1.0, inf)
FRACTION = (0.0, 1.0)
FLAG = (0.0, 1.0)
SIGNED = (-1.0, 1.0)
PERCENT = (0.0, 100.0)

Declare = Callable[[str, Node, str, tuple[float, float], str, str], FeatureSpec]


def family(group: str) -> Declare:
    """Return a function that declares a feature of `group`: name, expression, unit, bounds, doc, source."""

    def declare(
        name: str, expression: Node, unit: str, bounds: tuple[float, float], doc: str, source: str
    ) -> FeatureSpec:
        return FeatureSpec(name, expression, unit, bounds, doc, source, group)

    return declare
