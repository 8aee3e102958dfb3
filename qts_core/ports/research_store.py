"""Storage of research records: trials, gate verdicts, model health (specification 7.3, 13.2; C-12, C-33)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

__all__ = ["GateRecord", "GateStore", "HealthStore", "ModelHealthReport", "TrialRecord", "TrialStore"]


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """One link of the append-only chain of trials.

    Attributes
    ----------
    sequence : int
        1 for the first, then without a gap.
    trial_id : str
        Hash of every choice made; equal ids are one trial.
    model : str
        Key in models.yaml.
    payload : str
        Canonical JSON of the trial.
    created_at : datetime
        Aware UTC.
    previous_hash, record_hash : str
        Hash of the record before and of this one; the rule is `research.ledger`'s.
    """

    sequence: int
    trial_id: str
    model: str
    payload: str
    created_at: datetime
    previous_hash: str
    record_hash: str


class TrialStore(Protocol):
    """Append-only storage of the chain."""

    def append(self, link: Callable[[TrialRecord | None], TrialRecord]) -> TrialRecord:
        """Call `link` with the last record and store what it returns, in one transaction."""
        ...

    def last(self) -> TrialRecord | None:
        """Return the last record, or None while there is none."""
        ...

    def all(self, model: str | None = None) -> Sequence[TrialRecord]:
        """Return every record in the order of the chain, of one model or of all."""
        ...

    def count(self, model: str | None = None) -> int:
        """Return how many records there are."""
        ...


@dataclass(frozen=True, slots=True)
class GateRecord:
    """What the gates said of one registered version; without a passed one the daemon does not trade it.

    Attributes
    ----------
    model, version : str
        Registered name (``qts_lightgbm_return``) and version (``"3"``).
    bundle_sha256 : str
        The bundle that was judged; another one is not covered.
    passed : bool
        Whether every gate passed.
    report : str
        Canonical JSON of the report.
    created_at : datetime
        Aware UTC.
    record_hash : str
        Seal over everything else; the rule is `research.approval`'s.
    """

    model: str
    version: str
    bundle_sha256: str
    passed: bool
    report: str
    created_at: datetime
    record_hash: str


class GateStore(Protocol):
    """Append-only storage of gate records."""

    def add(self, record: GateRecord) -> None:
        """Store `record`."""
        ...

    def latest(self, model: str, version: str) -> GateRecord | None:
        """Return the newest record of a version, or None."""
        ...

    def by_bundle(self, bundle_sha256: str) -> GateRecord | None:
        """Return the newest record of a bundle, or None."""
        ...

    def all(self, model: str | None = None) -> Sequence[GateRecord]:
        """Return every record, oldest first, of one model or of all."""
        ...


@dataclass(frozen=True, slots=True)
class ModelHealthReport:
    """One measurement of one live model, made by the daemon and read by the sensor that retrains.

    Attributes
    ----------
    model_id : str
        Identity of the bundle that was trading.
    kind : {"drift", "decay"}
        Inputs that moved away from the training data, or predictions that stopped predicting.
    value, threshold : float
        What was measured and the limit it is held against.
    is_breach : bool
        Whether retraining is asked for.
    detail : str
        Canonical JSON for people: worst features, window, rows.
    created_at : datetime
        Aware UTC.
    """

    model_id: str
    kind: Literal["drift", "decay"]
    value: float
    threshold: float
    is_breach: bool
    detail: str
    created_at: datetime


class HealthStore(Protocol):
    """Append-only storage of health reports."""

    def add(self, report: ModelHealthReport) -> int:
        """Store `report` and return its id, which grows."""
        ...

    def after(self, report_id: int, *, breaches_only: bool = True) -> Sequence[tuple[int, ModelHealthReport]]:
        """Return the reports with an id above `report_id`, oldest first."""
        ...
