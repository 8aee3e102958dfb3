"""What is sought, by name or as an own function (specification 11.4)."""

from __future__ import annotations

from importlib import import_module

from qts_core.research.walk_forward.settings import refused
from qts_core.training.search.objective import OBJECTIVES, Objective, ObjectiveFunction

__all__ = ["objective_of"]


def objective_of(name: str, max_drawdown: float) -> Objective:
    """Return the objective `name`: one of ``OBJECTIVES``, or ``module:function`` of an ``Evidence``.

    Raises
    ------
    InvalidConfigError
        QTS-EXEC-065 if there is none.
    """
    return Objective(name, _function(name), max_drawdown, 0.0)


def _function(name: str) -> ObjectiveFunction:
    if name in OBJECTIVES:
        return OBJECTIVES[name]
    module, _, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise refused("the objective cannot be found", "--objective", str(error), "module:function") from error
    if not callable(found):
        raise refused("the objective is no function", "--objective", name, "module:function")
    function: ObjectiveFunction = found
    return function
