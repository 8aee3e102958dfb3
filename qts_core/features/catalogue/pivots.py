"""Pivot points of the previous session: standard, Fibonacci and Camarilla, as distances (specification 6.1e).

The distance of a level is taken over the close, not over the level: a third support below zero is possible, a close is
not.
"""

from __future__ import annotations

from collections.abc import Mapping

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, family
from qts_core.features.graph import Node

__all__ = ["FEATURES", "camarilla", "fibonacci", "standard"]

feature = family("technical_levels")

Levels = Mapping[str, Node]


def standard(high: Node, low: Node, close: Node) -> Levels:
    """Return R1 to R3 and S1 to S3 around the mean of high, low and close."""
    pivot = (high + low + close) / 3.0
    span = high - low
    return {
        "r1": 2.0 * pivot - low,
        "r2": pivot + span,
        "r3": high + 2.0 * (pivot - low),
        "s1": 2.0 * pivot - high,
        "s2": pivot - span,
        "s3": low - 2.0 * (high - pivot),
    }


def fibonacci(high: Node, low: Node, close: Node) -> Levels:
    """Return R1 to R3 and S1 to S3 at 38.2, 61.8 and 100 % of the range around the pivot."""
    pivot = (high + low + close) / 3.0
    span = high - low
    shares = (("1", 0.382), ("2", 0.618), ("3", 1.0))
    above = {f"r{number}": pivot + share * span for number, share in shares}
    return above | {f"s{number}": pivot - share * span for number, share in shares}


def camarilla(high: Node, low: Node, close: Node) -> Levels:
    """Return R1 to R4 and S1 to S4 at 1.1/12, 1.1/6, 1.1/4 and 1.1/2 of the range around the close."""
    span = high - low
    shares = (("1", 1.1 / 12.0), ("2", 1.1 / 6.0), ("3", 1.1 / 4.0), ("4", 1.1 / 2.0))
    above = {f"r{number}": close + share * span for number, share in shares}
    return above | {f"s{number}": close - share * span for number, share in shares}


BEFORE = (
    ops.previous_session(ops.high, "max"),
    ops.previous_session(ops.low, "min"),
    ops.previous_session(ops.close, "last"),
)
KINDS = (
    ("standard", standard(*BEFORE), "Stock.Indicators GetPivotPoints, Standard"),
    ("fibonacci", fibonacci(*BEFORE), "Stock.Indicators GetPivotPoints, Fibonacci"),
    ("camarilla", camarilla(*BEFORE), "Stott 1989; Stock.Indicators GetPivotPoints, Camarilla"),
)
WORDS = {"r": "resistance", "s": "support"}

FEATURES = tuple(
    feature(
        f"tech_pivot{kind}_1_{level}", 1.0 - price / ops.close,
        "ratio", ANY, f"Close above {kind} {WORDS[level[0]]} {level[1]} of the session before, over the close.", source,
    )
    for kind, levels, source in KINDS
    for level, price in levels.items()
)  # fmt: skip
