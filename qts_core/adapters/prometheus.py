"""Prometheus in the process, filled from the declared metrics (specification 13.1)."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from qts_core.monitoring.metrics import METRICS, MetricKind, MetricSpec

__all__ = ["Metrics"]


class Metrics:
    """All declared metrics in a registry of their own; an undeclared name is a KeyError."""

    def __init__(self, specs: Mapping[str, MetricSpec] = METRICS) -> None:
        self._registry = CollectorRegistry()
        self._metrics: dict[str, Counter | Gauge | Histogram] = {}
        for spec in specs.values():
            self._metrics[spec.name] = self._make(spec)

    def _make(self, spec: MetricSpec) -> Counter | Gauge | Histogram:
        if spec.kind is MetricKind.COUNTER:
            return Counter(spec.name, spec.doc, spec.labels, registry=self._registry)
        if spec.kind is MetricKind.GAUGE:
            return Gauge(spec.name, spec.doc, spec.labels, registry=self._registry)
        return Histogram(spec.name, spec.doc, spec.labels, registry=self._registry, buckets=spec.buckets)

    def count(self, name: str, amount: float = 1.0, /, **labels: str) -> None:
        """Add to a counter."""
        metric = self._metrics[name]
        assert isinstance(metric, Counter)
        (metric.labels(**labels) if labels else metric).inc(amount)

    def set(self, name: str, value: float, /, **labels: str) -> None:
        """Set a gauge."""
        metric = self._metrics[name]
        assert isinstance(metric, Gauge)
        (metric.labels(**labels) if labels else metric).set(value)

    def observe(self, name: str, seconds: float, /, **labels: str) -> None:
        """Add an observation to a histogram."""
        metric = self._metrics[name]
        assert isinstance(metric, Histogram)
        (metric.labels(**labels) if labels else metric).observe(seconds)

    def render(self) -> bytes:
        """Return the text that Prometheus scrapes."""
        return generate_latest(self._registry)
