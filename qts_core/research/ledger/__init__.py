"""The trial ledger: everything ever tried, kept or thrown away, in an append-only hash chain (specification 7.3).

The count is what deflation needs: the best of a hundred worthless strategies looks good. Trying the very same thing
again adds a row but no trial, since nothing new was chosen from.
"""

from __future__ import annotations

from qts_core.research.ledger.chain import LedgerCheck, LedgerHead, chained, verify_chain
from qts_core.research.ledger.counting import TrialSummary, distinct_trials, has_returns, summarise
from qts_core.research.ledger.returns import ReturnSeries
from qts_core.research.ledger.store import CheckedLedger, TrialLedger, read_trial
from qts_core.research.ledger.trial import Trial, TrialKind

__all__ = [
    "CheckedLedger",
    "LedgerCheck",
    "LedgerHead",
    "ReturnSeries",
    "Trial",
    "TrialKind",
    "TrialLedger",
    "TrialSummary",
    "chained",
    "distinct_trials",
    "has_returns",
    "read_trial",
    "summarise",
    "verify_chain",
]
