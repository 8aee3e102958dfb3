"""Two versions beside each other, on the very same bars (specification 7.3)."""

from __future__ import annotations

from qts_core.research.comparison.compared import Comparison, GateRow, Side, SpanComparison
from qts_core.research.comparison.report import markdown, report_against_champion
from qts_core.research.comparison.versions import compare_versions

__all__ = [
    "Comparison",
    "GateRow",
    "Side",
    "SpanComparison",
    "compare_versions",
    "markdown",
    "report_against_champion",
]
