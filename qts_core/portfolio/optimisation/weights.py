"""The weights of a program: budget, bounds, groups, turnover and costs, the same for every method (10.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qts_core.market.panel import Floats
from qts_core.portfolio.optimisation.allocation import Constraints, Penalties
from qts_core.portfolio.optimisation.program import ProgramBuilder

__all__ = ["WeightBlocks", "add_weights", "factor"]


@dataclass(frozen=True, slots=True)
class WeightBlocks:
    """Names of the blocks of variables that :func:`add_weights` made.

    Attributes
    ----------
    weights : int
        [N].
    trades : int or None
        [N], |weight - current| or more; None where nothing depends on trades.
    scale : int or None
        [1], by which all is multiplied in a homogeneous program; weights are then weights / scale.
    """

    weights: int
    trades: int | None
    scale: int | None


def add_weights(
    builder: ProgramBuilder, breadth: int, limits: Constraints, penalties: Penalties, *, is_homogeneous: bool = False
) -> WeightBlocks:
    """Add N weights with their constraints, and a block of trades if something depends on them."""
    rates, held = penalties.rates(breadth), penalties.held(breadth)
    weights = builder.variables(breadth)
    scale = builder.variables(1) if is_homogeneous else None
    one, eye = np.ones((1, breadth)), np.eye(breadth)
    _equal(builder, {weights: one}, np.array([limits.budget]), scale)
    _below(builder, {weights: eye}, np.full(breadth, limits.max_weight), scale)
    _below(builder, {weights: -eye}, np.full(breadth, -limits.min_weight), scale)
    for row, bound in limits.groups:
        _below(builder, {weights: row[np.newaxis]}, np.array([bound]), scale)
    if scale is not None:
        builder.below({scale: -np.ones((1, 1))}, np.zeros(1))
    if not rates.any() and limits.max_turnover is None:
        return WeightBlocks(weights, None, scale)
    trades = builder.variables(breadth)
    _below(builder, {weights: eye, trades: -eye}, held, scale)
    _below(builder, {weights: -eye, trades: -eye}, -held, scale)
    if limits.max_turnover is not None:
        _below(builder, {trades: one}, np.array([limits.max_turnover]), scale)
    return WeightBlocks(weights, trades, scale)


def factor(covariance: Floats) -> Floats:
    """Return F [N, N] with F' F = covariance, so that the norm of F @ weights is their volatility."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(np.sqrt(np.maximum(values, 0.0))[:, np.newaxis] * vectors.T)


def _equal(builder: ProgramBuilder, parts: dict[int, Floats], level: Floats, scale: int | None) -> None:
    if scale is None:
        builder.equal(parts, level)
    else:
        builder.equal({**parts, scale: -level[:, np.newaxis]}, np.zeros(len(level)))


def _below(builder: ProgramBuilder, parts: dict[int, Floats], bound: Floats, scale: int | None) -> None:
    if scale is None:
        builder.below(parts, bound)
    else:
        builder.below({**parts, scale: -bound[:, np.newaxis]}, np.zeros(len(bound)))
