"""Optuna's journal storage over a journal of ours, so that studies live in the platform's database (7.3).

Optuna's own tables would bring a second ``trials`` and a second line of migrations into the database, and on SQLite
lose trials between processes. A journal has one operation, to append, which the database makes whole or not at all:
every process replays the same entries in the same order, so they agree on the number and state of every trial.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from optuna.storages.journal import BaseJournalBackend

from qts_core.ports.studies import StudyJournal

__all__ = ["JournalBackend"]


class JournalBackend(BaseJournalBackend):
    """What Optuna's storage reads and appends.

    Parameters
    ----------
    journal : StudyJournal
    """

    def __init__(self, journal: StudyJournal) -> None:
        self._journal = journal

    def read_logs(self, log_number_from: int) -> Iterable[dict[str, Any]]:
        """Return the entries from a number on; Optuna gives them no narrower type."""
        return [json.loads(entry) for entry in self._journal.read(log_number_from)]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append entries in one transaction."""
        self._journal.append([json.dumps(entry, separators=(",", ":")) for entry in logs])
