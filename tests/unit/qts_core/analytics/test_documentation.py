"""The metrics page is the definitions."""

from __future__ import annotations

from pathlib import Path

from qts_core.analytics.definitions import METRICS
from qts_core.analytics.documentation import metrics_page

PAGE = Path(__file__).parents[4] / "docs" / "concepts" / "metrics.md"


def test_the_page_in_docs_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == metrics_page()


def test_every_metric_stands_on_the_page_once() -> None:
    page = metrics_page()
    for name in METRICS:
        assert page.count(f"| `{name}` |") == 1, name


def test_every_metric_has_a_formula_and_a_source() -> None:
    assert all(m.formula and m.source and m.title for m in METRICS.values())
