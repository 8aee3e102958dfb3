"""Hyperparameters as data: what a kind of model knows, what is nonsense, and where a search looks (specification 7.2).

One table a kind serves three readers: the settings and `create_model` refuse what lies outside, and `dimensions` tells
a search where to look.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

__all__ = ["NO_TABLE", "Conflict", "Dimension", "Hyperparameter", "HyperparameterTable", "Parameter"]

Parameter = bool | int | float | str
"""A value that a hyperparameter may take."""

Conflict = tuple[str, str, str]
"""A hyperparameter, what was found, what was expected."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """Where a search looks for one hyperparameter.

    Attributes
    ----------
    low, high : float
        Ends, both included; 0 and 0 when there are only `choices`.
    is_log : bool
        Whether orders of magnitude are equally likely.
    is_integer : bool
    choices : tuple
        Values beside or instead of the range, such as -1 for "no limit".
    """

    name: str
    low: float = 0.0
    high: float = 0.0
    is_log: bool = False
    is_integer: bool = False
    choices: tuple[Parameter, ...] = ()

    @property
    def has_range(self) -> bool:
        """Whether there is a range."""
        return self.high > self.low


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """One hyperparameter under the library's own name.

    Attributes
    ----------
    name : str
    low, high : float
        What makes sense at all, ends included unless `is_open`; beyond it is refused.
    is_integer, is_log, is_open : bool
        Whole numbers only; searched by magnitude; `low` itself is refused.
    choices : tuple
        Words or flags that it may be instead of a number, or special numbers outside the range.
    aliases : tuple of str
        Other names of the same.
    search : (float, float), optional
        Range of the specification; None when a search leaves it alone.
    search_choices : tuple
        Special values that a search tries too.
    """

    name: str
    low: float = -math.inf
    high: float = math.inf
    is_integer: bool = False
    is_log: bool = False
    is_open: bool = False
    choices: tuple[Parameter, ...] = ()
    aliases: tuple[str, ...] = ()
    search: tuple[float, float] | None = None
    search_choices: tuple[Parameter, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether it has a range; else only `choices`."""
        return self.low > -math.inf or self.high < math.inf

    def allows(self, value: Parameter) -> bool:
        """Return whether `value` makes sense."""
        if any(value == choice and type(value) is type(choice) for choice in self.choices):
            return True
        if not self.is_number or isinstance(value, bool | str) or not math.isfinite(value):
            return False
        if self.is_integer and value != int(value):
            return False
        return (value > self.low if self.is_open else value >= self.low) and value <= self.high

    def expected(self) -> str:
        """Return in words what is allowed."""
        words = [str(choice) for choice in self.choices]
        if self.is_number:
            kind = "a whole number" if self.is_integer else "a number"
            low = "" if self.low == -math.inf else f" {'above' if self.is_open else 'from'} {self.low:g}"
            high = "" if self.high == math.inf else f" to {self.high:g}"
            words.append(f"{kind}{low}{high}")
        return " or ".join(words)


def no_conflicts(_: Mapping[str, Parameter]) -> Iterator[Conflict]:
    """Yield nothing."""
    yield from ()


@dataclass(frozen=True, slots=True)
class HyperparameterTable:
    """All that a kind of model knows.

    Attributes
    ----------
    parameters : tuple of Hyperparameter
        Empty: anything goes, the library refuses what it does not know.
    conflicts : callable
        Given hyperparameters under their own names, yields those that exclude each other.
    """

    parameters: tuple[Hyperparameter, ...] = ()
    conflicts: Callable[[Mapping[str, Parameter]], Iterator[Conflict]] = no_conflicts

    def contradictions(self, given: Mapping[str, Parameter]) -> Iterator[Conflict]:
        """Yield each hyperparameter that is unknown, given twice, nonsense, or at odds with another."""
        if not self.parameters:
            return
        known = {name: one for one in self.parameters for name in (one.name, *one.aliases)}
        seen: dict[str, str] = {}
        for name, value in given.items():
            one = known.get(name)
            if one is None:
                near = get_close_matches(name, known, n=1)
                yield name, "unknown", f"{near[0]}?" if near else ", ".join(sorted(h.name for h in self.parameters))
                continue
            if one.name in seen:
                yield name, f"{name} and {seen[one.name]}", "one of the two names"
            seen[one.name] = name
            if not one.allows(value):
                yield name, str(value), one.expected()
        yield from self.conflicts(self.canonical(given))

    def canonical(self, given: Mapping[str, Parameter]) -> dict[str, Parameter]:
        """Return the hyperparameters under their own names."""
        known = {alias: one.name for one in self.parameters for alias in one.aliases}
        return {known.get(name, name): value for name, value in given.items()}

    def dimensions(self) -> tuple[Dimension, ...]:
        """Return what a search may vary."""
        return tuple(
            Dimension(one.name, *(one.search or (0.0, 0.0)), one.is_log, one.is_integer, one.search_choices)
            for one in self.parameters
            if one.search is not None or one.search_choices
        )


NO_TABLE = HyperparameterTable()
"""Of a kind that declares nothing."""
