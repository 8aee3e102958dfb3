"""A strategy that can be tuned: one class with the ranges of its parameters, from a file, a module, or built in (11.4).

    class Crossover(Strategy):
        name = "crossover"
        space = {"fast": (5, 40), "slow": (50, 200)}    # whole numbers; floats, choices and logarithms too
        horizon_bars = 26

        def __init__(self, fast=20, slow=100): ...
        def on_bar(self, bars, view): ...                # the event backtest, and live
        def weights(self, panel): ...                    # optional: the vectorised backtest, float64 [T, N]

Row t of `weights` may follow from bars up to t and from nothing after.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Final, Protocol, cast

from qts_core.market.panel import Floats, Panel
from qts_core.models.base import Parameter
from qts_core.research.walk_forward.settings import refused
from qts_core.trading.strategy import Strategy
from qts_core.training.search.space import Choice, Dimension, Number, Space

__all__ = ["BUILT_IN", "Given", "Tunable", "Weighing", "find_strategy", "space_of", "strategy_class"]

BUILT_IN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "crossover": "qts_core.research.walk_forward.examples:Crossover",
        "reversal": "qts_core.research.walk_forward.examples:Reversal",
    }
)
DEFAULT_HORIZON = 26

Given = tuple[float, float] | Sequence[Parameter] | Mapping[str, object]
"""A pair is a range, a longer sequence are options, a mapping has low, high, log, integer or choices."""


class Weighing(Protocol):
    """What the vectorised backtest asks of a strategy."""

    def weights(self, panel: Panel) -> Floats:
        """Return target weights, float64 [T, N], NaN = leave as it is."""
        ...


@dataclass(frozen=True, slots=True)
class Tunable:
    """A strategy's class with where its parameters may lie."""

    name: str
    kind: type[Strategy]
    space: Space
    horizon_bars: int

    @property
    def is_vectorised(self) -> bool:
        """Whether it says all its weights at once."""
        return callable(getattr(self.kind, "weights", None))

    def make(self, parameters: Mapping[str, Parameter]) -> Strategy:
        """Return a fresh strategy.

        Raises
        ------
        InvalidConfigError
            QTS-EXEC-065 if its class does not take these parameters.
        """
        try:
            return self.kind(**parameters)
        except (TypeError, ValueError) as error:
            given = ", ".join(f"{k}={v}" for k, v in parameters.items())
            raise refused(f"strategy {self.name} cannot be made", "__init__", given, str(error)[:160]) from error


def strategy_class(reference: str) -> type[Strategy]:
    """Return the class that `reference` names: a built-in name, ``file.py:Class``, or ``module:Class``.

    Raises
    ------
    InvalidConfigError
        QTS-EXEC-065 if there is none.
    """
    target = BUILT_IN.get(reference, reference)
    place, colon, attribute = target.rpartition(":")
    if not colon:
        raise refused("there is no such strategy", "qts walk-forward", reference,
                      f"{', '.join(BUILT_IN)}, ml:MODEL, file.py:Class or module:Class")  # fmt: skip
    try:
        module = _from_file(Path(place)) if place.endswith(".py") else import_module(place)
        kind = getattr(module, attribute)
    except (ImportError, AttributeError, OSError, SyntaxError) as error:
        raise refused("the strategy cannot be loaded", reference, str(error), "a class of Strategy") from error
    if not (isinstance(kind, type) and issubclass(kind, Strategy)):
        raise refused("this is no strategy", reference, type(kind).__name__, "a class that derives from Strategy")
    return kind


def find_strategy(reference: str) -> Tunable:
    """Return the strategy that `reference` names, with its ranges.

    Raises
    ------
    InvalidConfigError
        QTS-EXEC-065 if there is none, or it declares no ranges.
    """
    kind = strategy_class(reference)
    declared = getattr(kind, "space", None)
    if not isinstance(declared, Mapping) or not declared:
        raise refused("the strategy says nothing to tune", f"{reference}.space", declared, "ranges by parameter")
    horizon = int(getattr(kind, "horizon_bars", DEFAULT_HORIZON))
    return Tunable(kind.name, kind, space_of(cast(Mapping[str, Given], declared)), max(1, horizon))


def space_of(declared: Mapping[str, Given]) -> Space:
    """Return the space that a strategy declares.

    Raises
    ------
    InvalidConfigError
        QTS-EXEC-065 with the first range that is none.
    """
    found: list[Dimension] = []
    for name, given in declared.items():
        try:
            found.append(_dimension(name, given))
        except (TypeError, ValueError, KeyError) as error:
            raise refused("a range is none", f"space[{name!r}]", given, str(error)[:120]) from error
    return Space(tuple(found))


def _dimension(name: str, given: Given) -> Dimension:
    if isinstance(given, Mapping):
        if "choices" in given:
            return Choice(name, tuple(cast(Sequence[Parameter], given["choices"])))
        low, high = float(str(given["low"])), float(str(given["high"]))
        return Number(name, low, high, bool(given.get("log", False)), bool(given.get("integer", False)))
    values = tuple(given)
    if len(values) == 2 and all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        whole = all(isinstance(v, int) for v in values)
        return Number(name, float(values[0]), float(values[1]), is_integer=whole)
    return Choice(name, values)


def _from_file(path: Path) -> ModuleType:
    spec = spec_from_file_location(f"qts_strategy_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ImportError(f"no file {path}")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
