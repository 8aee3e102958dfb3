"""The trial ledger: everything ever tried, kept or thrown away, in an append-only hash chain (specification 7.3).

The count is what deflation needs: the best of a hundred worthless strategies looks good. Trying the very same thing
again adds a row but no trial, since nothing new was chosen from.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np

from qts_core.market.errors import ModelLoadError
from qts_core.market.ids import digest
from qts_core.ports.research_store import TrialRecord, TrialStore

__all__ = ["LedgerCheck", "Trial", "TrialKind", "TrialLedger", "TrialSummary", "chained", "verify_chain"]

GENESIS = "0" * 64


class TrialKind(StrEnum):
    """What was tried."""

    TRAINING = "training"
    BACKTEST = "backtest"


@dataclass(frozen=True, slots=True)
class Trial:
    """One thing tried.

    Attributes
    ----------
    kind : TrialKind
    model : str
        Key in models.yaml.
    identity : str
        Hash of every choice made: configuration, data, folds. Equal identities are one trial.
    parent : str
        Identity of the training that a backtest judges; empty for a training.
    failure : str
        Why it gave no result; empty when it did.
    daily_sharpe : float or None
        Net Sharpe ratio per session, not annualised; None when there is none.
    sessions : int
        Observations behind it.
    detail : mapping of str to str
        Anything a reader may want: parameters, fill mode, metrics.
    """

    kind: TrialKind
    model: str
    identity: str
    parent: str = ""
    failure: str = ""
    daily_sharpe: float | None = None
    sessions: int = 0
    detail: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return canonical JSON."""
        sharpe = self.daily_sharpe if self.daily_sharpe is not None and math.isfinite(self.daily_sharpe) else None
        content = {
            "kind": self.kind.value,
            "model": self.model,
            "identity": self.identity,
            "parent": self.parent,
            "failure": self.failure,
            "daily_sharpe": sharpe,
            "sessions": self.sessions,
            "detail": dict(self.detail),
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Trial:
        """Read what `to_json` wrote."""
        content = json.loads(text)
        return cls(**{**content, "kind": TrialKind(content["kind"])})


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """Whether the chain holds; `first_bad` is the sequence number of the first row that does not fit, or None."""

    rows: int
    first_bad: int | None

    @property
    def is_intact(self) -> bool:
        """Whether nothing was changed, removed or slipped in."""
        return self.first_bad is None


@dataclass(frozen=True, slots=True)
class TrialSummary:
    """How much was tried.

    Attributes
    ----------
    count : int
        Different trials: backtests, and trainings that never reached one.
    failed : int
        Those of them that gave no result.
    sharpe_variance : float or None
        Variance of the daily Sharpe ratios over the trials that have one; None below two.
    """

    count: int
    failed: int
    sharpe_variance: float | None


class TrialLedger:
    """The ledger over a store of rows.

    Parameters
    ----------
    store : TrialStore
        Appends rows one at a time, in one write transaction each.
    """

    def __init__(self, store: TrialStore) -> None:
        self._store = store

    def record(self, trial: Trial, *, now: datetime) -> TrialRecord:
        """Append `trial`; `now` is aware UTC."""
        return self._store.append(lambda last: chained(last, trial, now))

    def trials(self) -> tuple[Trial, ...]:
        """Return everything recorded, oldest first."""
        return tuple(Trial.from_json(row.payload) for row in self._store.all())

    def summary(self) -> TrialSummary:
        """Count what was tried.

        Raises
        ------
        ModelLoadError
            If the chain is broken: a count that someone may have changed is worth nothing.
        """
        check = self.verify()
        if not check.is_intact:
            raise ModelLoadError(
                "QTS-MODEL-007", "the trial ledger was changed", where=f"row {check.first_bad}",
                found=f"{check.rows} rows", expected="an unbroken hash chain", fix="restore the database from a backup",
            )  # fmt: skip
        return summarise(self.trials())

    def verify(self) -> LedgerCheck:
        """Check the whole chain."""
        return verify_chain(self._store.all())


def chained(last: TrialRecord | None, trial: Trial, now: datetime) -> TrialRecord:
    """Return the row that follows `last`."""
    previous = GENESIS if last is None else last.record_hash
    sequence = 1 if last is None else last.sequence + 1
    payload = trial.to_json()
    row_hash = _row_hash(sequence, trial.identity, trial.model, payload, now, previous)
    return TrialRecord(
        sequence=sequence,
        trial_id=trial.identity,
        model=trial.model,
        payload=payload,
        created_at=now,
        previous_hash=previous,
        record_hash=row_hash,
    )


def verify_chain(rows: Sequence[TrialRecord]) -> LedgerCheck:
    """Check that each row follows from the one before and was not changed since."""
    previous = GENESIS
    for place, row in enumerate(rows, start=1):
        expected = _row_hash(place, row.trial_id, row.model, row.payload, row.created_at, previous)
        if row.sequence != place or row.previous_hash != previous or row.record_hash != expected:
            return LedgerCheck(len(rows), place)
        previous = row.record_hash
    return LedgerCheck(len(rows), None)


def summarise(trials: Sequence[Trial]) -> TrialSummary:
    """Count different trials; the last result of each counts."""
    backtests = {t.identity: t for t in trials if t.kind is TrialKind.BACKTEST}
    judged = {t.parent for t in backtests.values()}
    lost = {t.identity: t for t in trials if t.kind is TrialKind.TRAINING and t.identity not in judged}
    distinct = [*backtests.values(), *lost.values()]
    sharpes = [t.daily_sharpe for t in distinct if t.daily_sharpe is not None]
    variance = float(np.var(sharpes, ddof=1)) if len(sharpes) > 1 else None
    return TrialSummary(len(distinct), sum(1 for t in distinct if t.failure), variance)


def _row_hash(sequence: int, trial_id: str, model: str, payload: str, created_at: datetime, previous: str) -> str:
    return digest("\x1f".join((previous, str(sequence), trial_id, model, payload, created_at.isoformat())))
