"""Contracts of stored tables, judged by Great Expectations (specification 5.1; checklist C-07)."""

from qts_core.adapters.expectations.results import AspectResult, Breach, ContractResult
from qts_core.adapters.expectations.validation import validate

__all__ = ["AspectResult", "Breach", "ContractResult", "validate"]
