"""What an engine remembers as bytes: every operation's memory under its expression, whatever else was computed beside.

So a daemon that computes ten features goes on from the state of a lake that keeps seven hundred: what it needs is in
there, bit for bit, and the rest is left out.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from qts_core.features.plan import Plan
from qts_core.market.errors import DataCorruptionError, DataValidationError
from qts_core.market.panel import Floats

__all__ = ["SNAPSHOT_FORMAT", "Directory", "Snapshot", "demand"]

SNAPSHOT_FORMAT = 3

NAME = "S32"
"""How an operation is named: the beginning of its expression's digest."""

Damage = (AttributeError, TypeError, ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile)


@dataclass(frozen=True, slots=True, eq=False)
class Directory:
    """Where each operation's memory lies.

    Attributes
    ----------
    nodes : bytes [K]
        Names of the operations that remember something, in the order of the memory.
    sizes : int64 [K]
        Floats that each remembers per symbol.
    """

    nodes: NDArray[np.bytes_]
    sizes: NDArray[np.int64]

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """Return the directory of a plan; its memory follows the expressions, not the order of execution."""
        keeping = sorted((step for step in plan.steps if step.state_size), key=lambda step: step.state_at)
        nodes = np.array([step.digest for step in keeping], dtype=NAME)
        return cls(nodes, np.array([step.state_size for step in keeping], dtype=np.int64))

    def take(self, memory: Floats, wanted: Directory) -> Floats:
        """Return the part of `memory` that another directory asks for, in its order; all symbols' numbers as one row.

        Raises
        ------
        DataValidationError
            QTS-FEAT-003 if something is not there.
        """
        count, rest = divmod(len(memory), max(1, int(self.sizes.sum())))
        demand("size", len(memory) - rest, len(memory))
        ends = np.cumsum(self.sizes)
        places = dict(zip(self.nodes.tolist(), zip(ends - self.sizes, self.sizes, strict=True), strict=True))
        asked = list(zip(wanted.nodes.tolist(), wanted.sizes.tolist(), strict=True))
        lacking = sum(places.get(node, (0, 0))[1] != size for node, size in asked)
        if lacking:
            raise refusal("features", f"{lacking} of {len(asked)} operations are not in it", "all of them")
        starts = [places[node][0] * count for node, _ in asked]
        parts = [memory[start : start + size * count] for start, (_, size) in zip(starts, asked, strict=True)]
        return np.concatenate(parts) if parts else np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The whole memory of an engine.

    Attributes
    ----------
    symbols : str [N]
    roles, membership : str
        Digests of the parts that the symbols play, and of who has belonged to the universe so far.
    last_ts_event, session : int
        Start of the last bar, microseconds UTC, and its trading day.
    nodes, sizes : arrays [K]
        Of the :class:`Directory`.
    memory : float64
    """

    symbols: NDArray[np.str_]
    roles: str
    membership: str
    last_ts_event: int
    session: int
    nodes: NDArray[np.bytes_]
    sizes: NDArray[np.int64]
    memory: Floats

    def packed(self) -> bytes:
        """Return npz bytes; the same for the same content."""
        buffer = io.BytesIO()
        content = {each.name: np.asarray(getattr(self, each.name)) for each in fields(self)}
        np.savez(buffer, allow_pickle=False, format=np.array(SNAPSHOT_FORMAT), **content)
        return buffer.getvalue()

    @classmethod
    def unpacked(cls, state: bytes) -> Self:
        """Read what :meth:`packed` wrote.

        Raises
        ------
        DataCorruptionError
            QTS-FEAT-003 if the bytes are not a whole snapshot.
        DataValidationError
            QTS-FEAT-003 if it is of another format.
        """
        try:
            with np.load(io.BytesIO(state), allow_pickle=False) as content:
                found = int(content["format"])
                parts = {each.name: content[each.name] for each in fields(cls)} if found == SNAPSHOT_FORMAT else {}
        except Damage as error:
            raise DataCorruptionError(
                "QTS-FEAT-003", "A feature snapshot is damaged.", found=str(error), fix="recompute from the bars"
            ) from error
        demand("format", found, SNAPSHOT_FORMAT)
        # Scalars come back as the plain values that they were.
        return cls(**{name: part if part.ndim else part.item() for name, part in parts.items()})


def demand(what: str, found: object, expected: object) -> None:
    """Refuse a snapshot that is of something else.

    Raises
    ------
    DataValidationError
        QTS-FEAT-003
    """
    if found != expected:
        raise refusal(what, found, str(expected))


def refusal(what: str, found: object, expected: str) -> DataValidationError:
    """Return the error of a snapshot that is of something else."""
    return DataValidationError(
        "QTS-FEAT-003", f"A feature snapshot is of other {what}.", found=found, expected=expected,
        fix="recompute from the bars",
    )  # fmt: skip
