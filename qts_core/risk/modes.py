"""What the core may do: from trading freely down to flattening (specification 10.4; X-05, X-06)."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["RiskMode"]


class RiskMode(StrEnum):
    """Permission of the decision path; each one allows less risk than the one before."""

    NORMAL = "normal"
    """Everything within limits."""
    REDUCE_ONLY = "reduce_only"
    """Positions may shrink or close, none may grow or open."""
    HALTED = "halted"
    """Nothing is sent: a person stopped the strategy and keeps the positions."""
    FLATTEN = "flatten"
    """Every position is to be closed at the first possible moment."""

    @property
    def may_increase(self) -> bool:
        """Whether risk may be added."""
        return self is RiskMode.NORMAL

    @property
    def may_send(self) -> bool:
        """Whether orders may be sent at all."""
        return self is not RiskMode.HALTED
