"""Promotion gates: what a model must show, net of costs and out of sample, before it may trade (specification 11.4)."""

from __future__ import annotations

from qts_core.research.gates.evaluation import evaluate_gates
from qts_core.research.gates.evidence import GateEvidence, PermutationLink
from qts_core.research.gates.report import Gate, GateReport

__all__ = ["Gate", "GateEvidence", "GateReport", "PermutationLink", "evaluate_gates"]
