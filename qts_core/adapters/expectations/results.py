"""What came of judging a table by its contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from qts_core.data.contracts import Aspect

__all__ = ["AspectResult", "Breach", "ContractResult"]


@dataclass(frozen=True, slots=True)
class Breach:
    """One expectation that does not hold.

    Attributes
    ----------
    expectation : str
        What was expected, as a sentence such as ``"high >= open"``.
    found : str
        What was found instead.
    rows : int
        Rows concerned; 0 where the expectation is about the table as a whole.
    """

    expectation: str
    found: str
    rows: int


@dataclass(frozen=True, slots=True, eq=False)
class AspectResult:
    """One part of a contract.

    Attributes
    ----------
    expectations : int
        How many were judged.
    breaches : tuple of Breach
        Those that do not hold.
    failing : DataFrame
        At most twenty rows concerned, with the key and the columns judged; empty when all is well.
    """

    expectations: int
    breaches: tuple[Breach, ...]
    failing: pl.DataFrame

    @property
    def passed(self) -> bool:
        """Whether every expectation holds."""
        return not self.breaches


@dataclass(frozen=True, slots=True, eq=False)
class ContractResult:
    """A table of `rows` rows and the parts of its contract."""

    table: str
    rows: int
    aspects: Mapping[Aspect, AspectResult]

    @property
    def passed(self) -> bool:
        """Whether every part holds."""
        return all(aspect.passed for aspect in self.aspects.values())
