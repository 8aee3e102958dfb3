"""What may go when the disk is short, oldest first (checklist C-35; pure: it is given the files and the time)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["Removal", "StoredFile", "is_older", "over_budget"]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that somebody wrote.

    Attributes
    ----------
    name : str
        Its path below some root, with ``/``.
    bytes : int
        Its size.
    modified : datetime or None
        When it was written last, aware UTC; None when the storage does not tell.
    """

    name: str
    bytes: int
    modified: datetime | None


@dataclass(frozen=True, slots=True)
class Removal:
    """A file that may go.

    Attributes
    ----------
    name : str
        Its path: below the lake's root, or below QTS_HOME for files outside the lake.
    bytes : int
        What it frees.
    reason : str
        Why, for people; files of one reason are shown together.
    """

    name: str
    bytes: int
    reason: str


def is_older(modified: datetime | None, now: datetime, age: timedelta) -> bool:
    """Return whether `modified` is known and longer ago than `age`."""
    return modified is not None and now - modified > age


def over_budget(
    files: Iterable[StoredFile], *, used_bytes: int, budget_bytes: int, now: datetime, keep: timedelta
) -> tuple[Removal, ...]:
    """Return the oldest of `files` that must go for what is used to fit the budget.

    Parameters
    ----------
    files : iterable of StoredFile
        What can be made again: reports, caches. Those younger than `keep` stay, whatever the budget says.
    used_bytes, budget_bytes : int
        What everything takes now, and what it may take.
    now : datetime
        Aware.
    keep : timedelta
        Age below which nothing goes.

    Returns
    -------
    tuple of Removal
        Empty when the budget is kept; all that may go when even that is not enough.
    """
    found, excess = [], used_bytes - budget_bytes
    dated = [(f.modified, f) for f in files if f.modified is not None and is_older(f.modified, now, keep)]
    for _, file in sorted(dated, key=lambda pair: (pair[0], pair[1].name)):
        if excess <= 0:
            break
        found.append(Removal(file.name, file.bytes, "over the disk budget"))
        excess -= file.bytes
    return tuple(found)
