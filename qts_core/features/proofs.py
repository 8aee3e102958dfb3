"""Proofs that features are causal and reproducible, by their short way; see :mod:`qts_core.features.audit`."""

from __future__ import annotations

from qts_core.features.audit.causality import (
    chunking_faults,
    look_ahead_faults,
    neighbour_faults,
    symbol_order_faults,
)
from qts_core.features.audit.evidence import failing
from qts_core.features.audit.subject import Subject, subject_of

__all__ = [
    "Subject",
    "chunking_faults",
    "failing",
    "look_ahead_faults",
    "neighbour_faults",
    "subject_of",
    "symbol_order_faults",
]
