"""`feature(...)`: one expression with its name and what it says, and where in a file it was declared."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import inf

from qts_core.features.graph import Node, refusal
from qts_core.features.spec import FeatureSpec

__all__ = ["OWN", "Declared", "collecting", "feature"]

OWN = "own"
"""Group of a feature that names none."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A feature, with the line that declares it."""

    spec: FeatureSpec
    line: int


_collected: ContextVar[list[Declared] | None] = ContextVar("own features", default=None)


@contextmanager
def collecting() -> Iterator[list[Declared]]:
    """Gather what :func:`feature` declares meanwhile, in order."""
    found: list[Declared] = []
    token = _collected.set(found)
    try:
        yield found
    finally:
        _collected.reset(token)


def feature(
    name: str,
    expression: Node,
    *,
    unit: str,
    doc: str,
    bounds: tuple[float, float] = (-inf, inf),
    source: str = "own",
    group: str = OWN,
) -> FeatureSpec:
    """Declare a feature; in a file that features.yaml names under `own`, it is computed from then on.

    Parameters
    ----------
    name : str
        ``{category}_{indicator}_{window}_{aggregation}`` with category tech, stat, micro, cross or time.
    expression : Node
        Of ``ops`` and own kernels.
    unit : str
        What one stands for: ``ratio``, ``z``, ``bars`` ...
    doc : str
        One line: what a high value says.
    bounds : tuple of float, default none
        Closed interval that holds every value.
    source : str, default "own"
        Paper, book or page that it follows.
    group : str, default "own"
        A group of the catalogue, or ``own_`` and a name.

    Raises
    ------
    InvalidConfigError
        QTS-FEAT-005 if it is not declared as it must be.
    """
    if not isinstance(expression, Node):
        raise refusal(
            "A feature is no expression.", where=name, found=type(expression).__name__,
            expected="an expression of ops, such as ops.close / ops.sma(ops.close, 20) - 1",
        )  # fmt: skip
    low, high = checked_bounds(name, bounds)
    spec = FeatureSpec(name, expression, unit, (low, high), doc, source, group)
    collected = _collected.get()
    if collected is not None:
        collected.append(Declared(spec, sys._getframe(1).f_lineno))
    return spec


def checked_bounds(name: str, bounds: object) -> tuple[float, float]:
    """Return a closed interval, or refuse what is none."""
    if isinstance(bounds, tuple | list) and len(bounds) == 2:
        low, high = bounds
        if isinstance(low, int | float) and isinstance(high, int | float) and low < high:
            return float(low), float(high)
    raise refusal("A feature has no bounds.", where=name, found=bounds, expected="(lowest, highest)")
