"""Three ways to solve a convex program: Clarabel, whatever CVXPY finds, and SciPy alone (specification 10.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

import numpy as np

from qts_core.market.errors import ConfigurationError
from qts_core.market.panel import Floats
from qts_core.portfolio.optimisation.allocation import Infeasible
from qts_core.portfolio.optimisation.program import ConvexProgram

__all__ = ["SOLVERS", "require_solver", "solve"]

PACKAGES = MappingProxyType({"clarabel": "clarabel", "cvxpy": "cvxpy", "scipy": "scipy"})
SLSQP_ROUNDS = 500
TOLERANCES = (1e-12, 1e-10, 1e-8)
"""Gaps at which Clarabel stops, the next where rounding allows no better; a weight is known to about its root."""


def require_solver(name: str) -> None:
    """Check that the solver's package is installed, without importing it.

    Raises
    ------
    ConfigurationError
        QTS-RISK-010 if it is not.
    """
    if find_spec(PACKAGES[name]) is None:
        raise ConfigurationError(
            "QTS-RISK-010", "the package of the optimisation solver is not installed", where="risk.optimisation.solver",
            found=name, fix="pip install 'qts[optimise]', or choose scipy",
        )  # fmt: skip


def solve(program: ConvexProgram, solver: str) -> Floats:
    """Return the variables [n] that minimise `program`.

    Parameters
    ----------
    solver : {"clarabel", "cvxpy", "scipy"}
        SciPy's own is always there: exact for linear programs, and ten to a hundred times slower for the rest.

    Raises
    ------
    Infeasible
        If there is none or it was not found, with the solver's word for it.
    """
    # Stopping rules are absolute: variances of daily returns must not look like zero to them.
    curve = float(np.abs(program.quadratic.data).max(initial=0.0))
    size = max(curve, float(np.abs(program.linear).max(initial=0.0))) or 1.0
    x = SOLVERS[solver](replace(program, quadratic=program.quadratic / size, linear=program.linear / size))
    if not np.isfinite(x).all():
        raise Infeasible(f"{solver} found no numbers")
    return x


def _clarabel(program: ConvexProgram) -> Floats:
    import clarabel
    from scipy import sparse

    rows = [program.equal, program.below, *(-cone.matrix for cone in program.cones)]
    kinds: list[Any] = [clarabel.ZeroConeT(len(program.level)), clarabel.NonnegativeConeT(len(program.bound))]
    kinds += [clarabel.SecondOrderConeT(len(cone.offset)) for cone in program.cones]
    right = np.concatenate([program.level, program.bound, *(cone.offset for cone in program.cones)])
    matrix, curve = sparse.vstack(rows, format="csc"), sparse.triu(program.quadratic, format="csc")
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    # On one thread the same program gives the same bits.
    settings.max_threads = 1
    word = ""
    for tolerance in TOLERANCES:
        settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = tolerance
        found = clarabel.DefaultSolver(curve, program.linear, matrix, right, kinds, settings).solve()
        word = str(found.status)
        if word == "Solved":
            return np.asarray(found.x)
        if "Infeasible" in word:
            break
    raise Infeasible(f"clarabel says {word}")


def _cvxpy(program: ConvexProgram) -> Floats:
    # Its types do not name all that it exports.
    cvxpy: Any = import_module("cvxpy")
    x = cvxpy.Variable(len(program.linear))
    rules: list[Any] = []
    if len(program.level):
        rules.append(program.equal @ x == program.level)
    if len(program.bound):
        rules.append(program.below @ x <= program.bound)
    for cone in program.cones:
        reach = cone.matrix @ x + cone.offset
        rules.append(cvxpy.SOC(reach[0], reach[1:]))
    curve = cvxpy.quad_form(x, cvxpy.psd_wrap(program.quadratic)) / 2.0 if program.quadratic.nnz else 0.0
    problem = cvxpy.Problem(cvxpy.Minimize(curve + program.linear @ x), rules)
    try:
        problem.solve(solver="CLARABEL" if "CLARABEL" in cvxpy.installed_solvers() else None)
    except cvxpy.error.SolverError as error:
        raise Infeasible(f"cvxpy says {str(error).splitlines()[0]}") from None
    if problem.status not in {"optimal", "optimal_inaccurate"}:
        raise Infeasible(f"cvxpy says {problem.status}")
    return np.asarray(x.value)


def _scipy(program: ConvexProgram) -> Floats:
    from scipy.optimize import linprog, minimize

    n = len(program.linear)
    linear_part = {
        "A_ub": program.below if len(program.bound) else None,
        "b_ub": program.bound if len(program.bound) else None,
        "A_eq": program.equal if len(program.level) else None,
        "b_eq": program.level if len(program.level) else None,
        "bounds": (None, None),
        "method": "highs",
    }
    is_linear = not program.cones and not program.quadratic.nnz
    # A curved program begins at a point that satisfies what is linear in it, or is known to have none.
    first = linprog(program.linear if is_linear else np.zeros(n), **linear_part)
    if first.status != 0:
        raise Infeasible(f"scipy says {str(first.message).splitlines()[0]}")
    if is_linear:
        return np.asarray(first.x)
    curve = program.quadratic.toarray()
    found = minimize(
        lambda x: float(x @ curve @ x / 2.0 + program.linear @ x),
        first.x,
        jac=lambda x: curve @ x + program.linear,
        method="SLSQP",
        constraints=_rules(program),
        options={"maxiter": SLSQP_ROUNDS, "ftol": 1e-14},
    )
    if not found.success:
        raise Infeasible(f"scipy says {found.message}")
    return np.asarray(found.x)


def _rules(program: ConvexProgram) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = []
    if len(program.level):
        equal = program.equal.toarray()
        rules.append({"type": "eq", "fun": lambda x: equal @ x - program.level, "jac": lambda _: equal})
    if len(program.bound):
        below = program.below.toarray()
        rules.append({"type": "ineq", "fun": lambda x: program.bound - below @ x, "jac": lambda _: -below})
    for cone in program.cones:
        matrix, offset = cone.matrix.toarray(), cone.offset
        rules.append({"type": "ineq", "fun": _cone_room(matrix, offset), "jac": _cone_slope(matrix, offset)})
    return rules


def _cone_room(matrix: Floats, offset: Floats) -> Callable[[Floats], float]:
    def room(x: Floats) -> float:
        reach = matrix @ x + offset
        return float(reach[0] - np.linalg.norm(reach[1:]))

    return room


def _cone_slope(matrix: Floats, offset: Floats) -> Callable[[Floats], Floats]:
    def slope(x: Floats) -> Floats:
        rest = matrix[1:] @ x + offset[1:]
        norm = float(np.linalg.norm(rest))
        return np.asarray(matrix[0] - (rest @ matrix[1:] / norm if norm > 0.0 else 0.0))

    return slope


SOLVERS: MappingProxyType[str, Callable[[ConvexProgram], Floats]] = MappingProxyType(
    {"clarabel": _clarabel, "cvxpy": _cvxpy, "scipy": _scipy}
)
"""By the name that the configuration uses."""
