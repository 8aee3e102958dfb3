"""Strategies of one's own that share the account (specification 11.1; checklist X-39)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from qts_core.config.section import OpenFraction, Section

__all__ = ["StrategyEntry"]


class StrategyEntry(Section):
    """One strategy and its part of the account."""

    strategy: str
    """Its class: `module:Class`, `file.py:Class`, or a built-in name such as `crossover`."""
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,15}$")] | None = None
    """Its name in decisions and order ids; that of the class by default. No two are the same."""
    share: OpenFraction = 1.0
    """Part of the cash that it begins with; all parts together are at most 1."""
    parameters: dict[str, bool | int | float | str] = Field(default_factory=dict)
    """What its class is made with."""
    max_positions: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Largest number of its positions, where fewer than `risk.portfolio.max_positions`."""
