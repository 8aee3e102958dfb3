"""The hash chain: each row carries the hash of the one before, and heads kept elsewhere show where it must reach."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from qts_core.market.ids import digest
from qts_core.ports.research_store import TrialRecord
from qts_core.research.ledger.trial import Trial

__all__ = ["GENESIS", "LedgerCheck", "LedgerHead", "chained", "verify_chain"]

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """The state of the ledger at one moment: how many rows, and the hash of the last.

    A chain cannot show by itself that its newest rows are gone. A head kept elsewhere, in signed gate records and in
    the tags of registered versions, can.

    Attributes
    ----------
    rows : int
    record_hash : str
        Of row `rows`; zeros while there is none.
    place : str
        Where this head was kept, for people.
    """

    rows: int
    record_hash: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """Whether the chain holds.

    Attributes
    ----------
    rows : int
        Rows found.
    first_bad : int or None
        Number of the first row that does not fit or is missing; None when the chain is intact.
    problem : str
        What is wrong with it, empty when nothing is.
    anchors : int
        Heads kept elsewhere that it was held against.
    """

    rows: int
    first_bad: int | None
    problem: str = ""
    anchors: int = 0

    @property
    def is_intact(self) -> bool:
        """Whether nothing was changed, removed or slipped in."""
        return self.first_bad is None


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


def verify_chain(rows: Sequence[TrialRecord], anchors: Iterable[LedgerHead] = ()) -> LedgerCheck:
    """Check that each row follows from the one before and was not changed since, and that every head is still there."""
    heads = tuple(anchors)
    previous = GENESIS
    for place, row in enumerate(rows, start=1):
        problem = _problem(row, place, previous)
        if problem:
            return LedgerCheck(len(rows), place, problem, len(heads))
        previous = row.record_hash
    for head in sorted(heads, key=lambda each: each.rows):
        problem = _missing(rows, head)
        if problem:
            return LedgerCheck(len(rows), min(head.rows, len(rows) + 1), problem, len(heads))
    return LedgerCheck(len(rows), None, "", len(heads))


def _problem(row: TrialRecord, place: int, previous: str) -> str:
    if row.sequence != place:
        return f"row {row.sequence} stands where row {place} belongs"
    if row.previous_hash != previous:
        return "it does not follow the row before it"
    if row.record_hash != _row_hash(place, row.trial_id, row.model, row.payload, row.created_at, previous):
        return "it was changed after it was written"
    return ""


def _missing(rows: Sequence[TrialRecord], head: LedgerHead) -> str:
    if head.rows > len(rows):
        return f"it is gone: {head.place or 'a head kept elsewhere'} saw {head.rows} rows, there are {len(rows)}"
    found = GENESIS if head.rows == 0 else rows[head.rows - 1].record_hash
    if found != head.record_hash:
        return f"the rows up to it were written anew: {head.place or 'a head kept elsewhere'} saw another hash"
    return ""


def _row_hash(sequence: int, trial_id: str, model: str, payload: str, created_at: datetime, previous: str) -> str:
    return digest("\x1f".join((previous, str(sequence), trial_id, model, payload, created_at.isoformat())))
