"""What research steps are given from outside: tracker, registry, ledger, gate records, and the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from qts_core.ports.registry import ModelRegistry, TrainingTracker
from qts_core.ports.research_store import GateStore
from qts_core.research.approval import GateSeal
from qts_core.research.ledger import TrialLedger

__all__ = ["ResearchTools"]


@dataclass(frozen=True, slots=True)
class ResearchTools:
    """The outside world of research, chosen by a composition root.

    Attributes
    ----------
    tracker : TrainingTracker
    registry : ModelRegistry
    ledger : TrialLedger
    gates : GateStore
    now : callable
        Returns aware UTC; only records carry it, no result depends on it.
    seal : GateSeal
        Signs gate records and checks them.
    tags : mapping of str to str
        Put on every run and version, such as ``git_commit`` and ``dagster_run_id``.
    """

    tracker: TrainingTracker
    registry: ModelRegistry
    ledger: TrialLedger
    gates: GateStore
    now: Callable[[], datetime]
    tags: Mapping[str, str] = field(default_factory=dict)
    seal: GateSeal = field(kw_only=True)
