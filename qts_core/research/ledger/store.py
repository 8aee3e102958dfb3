"""The ledger over a store of rows."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from qts_core.market.errors import ModelLoadError
from qts_core.ports.research_store import TrialRecord, TrialStore
from qts_core.research.ledger.chain import GENESIS, LedgerCheck, LedgerHead, chained, verify_chain
from qts_core.research.ledger.counting import TrialSummary, summarise
from qts_core.research.ledger.trial import Trial

__all__ = ["CheckedLedger", "TrialLedger", "read_trial"]


@dataclass(frozen=True, slots=True)
class CheckedLedger:
    """What an intact ledger holds, oldest first, and how far it reaches."""

    trials: tuple[Trial, ...]
    head: LedgerHead


def read_trial(row: TrialRecord) -> Trial:
    """Return the trial that `row` holds.

    Raises
    ------
    ModelLoadError
        If it holds none that this version can read.
    """
    try:
        return Trial.from_json(row.payload)
    except (ValueError, TypeError, KeyError, zlib.error, RecursionError) as error:
        raise ModelLoadError(
            "QTS-MODEL-007", "a row of the trial ledger cannot be read", where=f"row {row.sequence}",
            found=type(error).__name__, expected="a trial", fix="see `qts ledger verify`",
        ) from error  # fmt: skip


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

    def rows(self) -> tuple[TrialRecord, ...]:
        """Return every row as it stands, oldest first."""
        return tuple(self._store.all())

    def trials(self) -> tuple[Trial, ...]:
        """Return everything recorded, oldest first."""
        return tuple(map(read_trial, self._store.all()))

    def head(self) -> LedgerHead:
        """Return how far the chain reaches now; keep it elsewhere, and a missing tail shows."""
        last = self._store.last()
        return LedgerHead(0, GENESIS) if last is None else LedgerHead(last.sequence, last.record_hash)

    def summary(self, anchors: Iterable[LedgerHead] = ()) -> TrialSummary:
        """Count what was tried.

        Raises
        ------
        ModelLoadError
            If the chain is broken: a count that someone may have changed is worth nothing.
        """
        return summarise(self.checked(anchors).trials)

    def checked(self, anchors: Iterable[LedgerHead] = ()) -> CheckedLedger:
        """Return everything recorded, once the chain is known to hold and to reach every head kept elsewhere.

        Raises
        ------
        ModelLoadError
            If it does not.
        """
        rows = self.rows()
        check = verify_chain(rows, anchors)
        if not check.is_intact:
            raise ModelLoadError(
                "QTS-MODEL-007", "the trial ledger was changed", where=f"row {check.first_bad}",
                found=check.problem, expected="an unbroken hash chain", fix="restore the database from a backup",
            )  # fmt: skip
        head = LedgerHead(len(rows), rows[-1].record_hash if rows else GENESIS)
        return CheckedLedger(tuple(map(read_trial, rows)), head)

    def verify(self, anchors: Iterable[LedgerHead] = ()) -> LedgerCheck:
        """Check the whole chain, and that it still reaches every head kept elsewhere."""
        return verify_chain(self.rows(), anchors)
