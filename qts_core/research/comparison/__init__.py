"""Two versions beside each other on the very same bars, and all models by their backtests (specification 7.3)."""

from __future__ import annotations

from qts_core.research.comparison.compared import Comparison, GateRow, Side, SpanComparison
from qts_core.research.comparison.models import compare_models
from qts_core.research.comparison.report import markdown, report_against_champion
from qts_core.research.comparison.versions import compare_versions

__all__ = [
    "Comparison",
    "GateRow",
    "Side",
    "SpanComparison",
    "compare_models",
    "compare_versions",
    "markdown",
    "report_against_champion",
]
