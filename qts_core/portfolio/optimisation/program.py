"""A convex program as data, put together block by block; solvers are in `solvers` (specification 10.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from qts_core.market.panel import Floats

__all__ = ["Cone", "ConvexProgram", "ProgramBuilder"]

Sparse = Any
"""A scipy.sparse CSC matrix: scipy carries no types."""


@dataclass(frozen=True, slots=True, eq=False)
class Cone:
    """The vector matrix @ x + offset lies in the second-order cone: its first entry is the norm of the rest or more."""

    matrix: Sparse
    offset: Floats


@dataclass(frozen=True, slots=True, eq=False)
class ConvexProgram:
    """Minimise x' quadratic x / 2 + linear @ x subject to equal @ x = level, below @ x <= bound and cones.

    Attributes
    ----------
    quadratic : sparse [n, n]
        Symmetric, positive semidefinite.
    linear : float64 [n]
    equal, level : sparse [m, n], float64 [m]
    below, bound : sparse [k, n], float64 [k]
    cones : tuple of Cone
    """

    quadratic: Sparse
    linear: Floats
    equal: Sparse
    level: Floats
    below: Sparse
    bound: Floats
    cones: tuple[Cone, ...]


Row = tuple[Mapping[int, Floats], Floats]


class ProgramBuilder:
    """Collects variables, objective and constraints by blocks of variables; a block is named by its first index."""

    def __init__(self) -> None:
        self._widths: dict[int, int] = {}
        self._count = 0
        self._linear: dict[int, Floats] = {}
        self._quadratic: dict[int, Floats] = {}
        self._equal: list[Row] = []
        self._below: list[Row] = []
        self._cones: list[Row] = []

    def variables(self, width: int) -> int:
        """Add `width` free variables and return the block's name."""
        block = self._count
        self._widths[block] = width
        self._linear[block] = np.zeros(width)
        self._count += width
        return block

    def cost(self, block: int, linear: Floats) -> None:
        """Add linear @ x[block] to what is minimised."""
        self._linear[block] = self._linear[block] + linear

    def curve(self, block: int, quadratic: Floats) -> None:
        """Add x[block]' quadratic x[block] / 2 to what is minimised."""
        self._quadratic[block] = self._quadratic.get(block, 0.0) + quadratic

    def equal(self, parts: Mapping[int, Floats], level: Floats) -> None:
        """Demand that the sum of matrix @ x[block] over `parts` equals `level` [m]."""
        self._equal.append((parts, level))

    def below(self, parts: Mapping[int, Floats], bound: Floats) -> None:
        """Demand that the sum of matrix @ x[block] over `parts` is at most `bound` [k]."""
        self._below.append((parts, bound))

    def cone(self, parts: Mapping[int, Floats], offset: Floats) -> None:
        """Demand that the sum of matrix @ x[block] over `parts`, plus `offset`, lies in the second-order cone."""
        self._cones.append((parts, offset))

    def build(self) -> ConvexProgram:
        """Return the program."""
        from scipy import sparse

        curves = [
            sparse.csc_matrix(self._quadratic.get(block, np.zeros((width, width))))
            if block in self._quadratic
            else sparse.csc_matrix((width, width))
            for block, width in self._widths.items()
        ]
        equal, level = self._stacked(self._equal)
        below, bound = self._stacked(self._below)
        return ConvexProgram(
            quadratic=sparse.block_diag(curves, format="csc"),
            linear=np.concatenate(list(self._linear.values())),
            equal=equal,
            level=level,
            below=below,
            bound=bound,
            cones=tuple(Cone(*self._stacked([row])) for row in self._cones),
        )

    def _stacked(self, rows: list[Row]) -> tuple[Sparse, Floats]:
        from scipy import sparse

        if not rows:
            return sparse.csc_matrix((0, self._count)), np.zeros(0)
        grid = [
            [
                sparse.csc_matrix(parts[block]) if block in parts else sparse.csc_matrix((len(right), width))
                for block, width in self._widths.items()
            ]
            for parts, right in rows
        ]
        return sparse.bmat(grid, format="csc"), np.concatenate([right for _, right in rows])
