"""Metrics are declared once; everything else follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from qts_core.adapters.prometheus import Metrics
from qts_core.monitoring.metrics import METRICS, MetricKind, metrics_page

ROOT = Path(__file__).parents[4]


def test_the_reference_page_is_current() -> None:
    assert (ROOT / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8") == metrics_page()


@pytest.mark.parametrize("name", METRICS)
def test_a_name_ends_with_its_unit_as_prometheus_wants_it(name: str) -> None:
    ending = {MetricKind.COUNTER: ("_total",), MetricKind.HISTOGRAM: ("_seconds",)}.get(
        METRICS[name].kind, ("_dollars", "_ratio", "_shares", "_count", "_state", "_seconds")
    )
    assert name.startswith("qts_")
    assert name.endswith(ending)


def test_what_was_counted_is_rendered() -> None:
    metrics = Metrics()
    metrics.count("qts_decisions_total")
    metrics.set("qts_mode_state", 1.0, mode="TRADING")
    metrics.observe("qts_gate_seconds", 0.0002)
    text = metrics.render().decode()
    assert "qts_decisions_total 1.0" in text
    assert 'qts_mode_state{mode="TRADING"} 1.0' in text
    assert "qts_gate_seconds_count 1.0" in text


def test_an_undeclared_metric_is_an_error() -> None:
    with pytest.raises(KeyError):
        Metrics().count("qts_invented_total")
