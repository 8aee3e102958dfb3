"""What a search asks of a store of studies: trials proposed, told and found again by several processes (7.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

__all__ = [
    "OUTCOME",
    "SURPLUS",
    "WORKER",
    "AskedTrial",
    "StoredTrial",
    "Study",
    "StudyJournal",
    "TrialState",
    "Workers",
]

WORKER = "worker"
"""Note with the process that was given a trial."""
OUTCOME = "outcome"
"""Note with what a trial gave; a trial that ended without one was not tried to its end."""
SURPLUS = "surplus"
"""Note on a trial that was asked for beyond the wanted number by two processes at once; nobody tries it."""

Value = bool | int | float | str


class StudyJournal(Protocol):
    """An append-only list of entries of one study, shared by processes."""

    def read(self, first: int) -> Sequence[str]:
        """Return the entries from number `first` on, 0 the oldest."""
        ...

    def append(self, entries: Sequence[str]) -> None:
        """Append entries side by side, in one transaction."""
        ...


class TrialState(StrEnum):
    """How far a trial has come."""

    RUNNING = "running"
    FINISHED = "finished"
    PRUNED = "pruned"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StoredTrial:
    """A trial as the store has it.

    Attributes
    ----------
    number : int
        0 for the first, in the order in which they were asked for.
    parameters : mapping
        What was proposed; fewer than all where a process ended while proposing.
    state : TrialState
    notes : mapping of str to object
        JSON values that :meth:`AskedTrial.note` wrote.
    value : float or None
        Of a finished one.
    """

    number: int
    parameters: Mapping[str, Value]
    state: TrialState
    notes: Mapping[str, object] = field(default_factory=dict)
    value: float | None = None


class Workers(Protocol):
    """Which processes are at work."""

    @property
    def mine(self) -> str:
        """The name of this process, of no other before or after it."""
        ...

    def has_ended(self, worker: str) -> bool:
        """Return whether that process is surely gone; False for one on another machine, of which nothing is known."""
        ...


class AskedTrial(Protocol):
    """A trial that this process was given."""

    @property
    def number(self) -> int:
        """Its number."""
        ...

    @property
    def parameters(self) -> Mapping[str, Value]:
        """What to try."""
        ...

    def report(self, step: int, value: float) -> bool:
        """Store the value after `step` inner folds, and return whether the trial should end here."""
        ...


class Study(Protocol):
    """One study in the store."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    def trials(self) -> tuple[StoredTrial, ...]:
        """Return every trial by number, whoever asked for it."""
        ...

    def ask(self) -> AskedTrial:
        """Return the next trial: one that waits, or a new proposal."""
        ...

    def note(self, number: int, name: str, value: object) -> None:
        """Store a JSON value with a trial that this process was given."""
        ...

    def tell(self, number: int, state: TrialState, value: float | None = None) -> None:
        """End a trial; nothing happens where it has ended."""
        ...

    def enqueue(self, parameters: Mapping[str, Value], notes: Mapping[str, object], *, only_new: bool = False) -> None:
        """Have these parameters asked for next; those of another trial not again, where `only_new`."""
        ...

    @property
    def waiting(self) -> int:
        """Trials that were enqueued and not asked for yet."""
        ...
