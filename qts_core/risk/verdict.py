"""A verdict: what a limit says of an order or of the whole book (specification 10.4)."""

from __future__ import annotations

from dataclasses import dataclass

from qts_core.market.light import light

__all__ = ["PORTFOLIO", "Verdict"]

PORTFOLIO = "*"
"""The symbol of a verdict on the whole book."""


@light
@dataclass(frozen=True, slots=True)
class Verdict:
    """Allowed or not, and why; an expected refusal is a value.

    Attributes
    ----------
    name : str
        The limit, such as ``limit.position``.
    symbol : str
        What it was asked about; ``*`` = the portfolio.
    is_allowed : bool
        Whether risk may be added.
    reason : str
        One sentence for a person; empty when allowed.
    limit, value : float
        The bound and what was measured against it, same unit (ratio of equity or count).
    """

    name: str
    symbol: str
    is_allowed: bool
    reason: str
    limit: float
    value: float

    @property
    def room(self) -> float:
        """What is left before the limit; negative once it is broken."""
        return self.limit - self.value
