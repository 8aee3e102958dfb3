"""Operators on runs: streaks of one direction, and Klinger's force, which gathers range since the trend turned."""

from __future__ import annotations

from qts_core.features.graph import Node, apply
from qts_core.features.ops.arithmetic import fill, greater
from qts_core.features.ops.sources import close, high, low, volume
from qts_core.features.ops.windows import difference, lag

__all__ = ["streak", "volume_force"]


def streak(x: Node) -> Node:
    """Return how many changes in a row were up, or minus how many down; 0 where `x` did not move."""
    return apply("streak", difference(x))


def volume_force() -> Node:
    """Return Klinger's volume force: volume signed by the trend, shares (Klinger 1997).

    Weighed by how far the range of the bar stands from that of the trend so far; 0 where the trend has no range.
    """
    price = high + low + close
    # Equal prices in cents can have sums that differ in the last bit: that is no rise.
    way = 2.0 * greater(price - lag(price), 1e-12 * price) - 1.0
    share = abs(2.0 * ((high - low) / apply("run_total", high - low, way)) - 2.0)
    return volume * way * fill(share, lag(way), 0.0)
