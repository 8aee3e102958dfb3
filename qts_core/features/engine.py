"""The feature engine: push blocks of bars, get values; the same bits in batch and live (ARCHITECTURE section 3)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qts_core.features.block import FeatureBlock
from qts_core.features.failure import KernelFailure, told
from qts_core.features.lanes import Lane
from qts_core.features.operations import BAR_SOURCES
from qts_core.features.plan import Plan
from qts_core.features.roles import SymbolRoles
from qts_core.features.snapshot import Directory, Snapshot, demand
from qts_core.features.spec import Catalogue
from qts_core.market.errors import DataValidationError, InvalidConfigError
from qts_core.market.panel import Floats

__all__ = ["BLOCK_ROWS", "FeatureEngine"]

BLOCK_ROWS = 256
"""Rows of a block in batch: the working set of one kernel stays in the cache (measured flat from 256 to 1,024)."""

NEVER = -(2**63)


class FeatureEngine:
    """All features of a catalogue for a fixed set of symbols, one block after the other.

    Parameters
    ----------
    features : Catalogue or Plan
    symbols : sequence of str
        The N columns, ascending.
    roles : SymbolRoles, optional
        Which columns are the universe's, and when, and which stand for something; without it all always are its.
    threads : int, default 1
        How many threads share the symbols of a long block; the results are the same bits for any number.

    Notes
    -----
    Live a block is one row. No result depends on how time is cut into blocks.
    """

    def __init__(
        self,
        features: Catalogue | Plan,
        symbols: Sequence[str],
        *,
        roles: SymbolRoles | None = None,
        threads: int = 1,
    ) -> None:
        self._plan = features if isinstance(features, Plan) else Plan.of(features)
        self._symbols = tuple(symbols)
        if list(self._symbols) != sorted(set(self._symbols)):
            raise DataValidationError(
                "QTS-FEAT-002", "The symbols of an engine are not ascending and distinct.", found=list(self._symbols)
            )
        self._roles = SymbolRoles.of(self._symbols) if roles is None else roles
        self._check_roles()
        count = len(self._symbols)
        self._memory = np.zeros(count * self._plan.state_size())
        self._states = [
            self._memory[count * step.state_at : count * (step.state_at + step.state_size)].reshape(count, -1)
            if step.state_size
            else np.empty((count, 0))
            for step in self._plan.steps
        ]
        self._threads = max(1, min(threads, count))
        self._lanes: dict[int, Lane] = {}
        self._last = self._session = NEVER
        self._directory = Directory.of(self._plan)

    @property
    def names(self) -> tuple[str, ...]:
        """The F features in the order of the output."""
        return self._plan.names

    @property
    def symbols(self) -> tuple[str, ...]:
        """The N symbols in the order of the output."""
        return self._symbols

    @property
    def roles(self) -> SymbolRoles:
        """The part that each symbol plays."""
        return self._roles

    @property
    def plan_hash(self) -> str:
        """Sha256 of names and expressions."""
        return self._plan.hash

    @property
    def last_ts_event(self) -> int | None:
        """Start of the last bar pushed, microseconds UTC; None before the first."""
        return None if self._last == NEVER else self._last

    def push(self, block: FeatureBlock) -> Floats:
        """Take the next bars and return every feature on them.

        Parameters
        ----------
        block : FeatureBlock
            B >= 1 rows, all later than those pushed before.

        Returns
        -------
        float64 [F, B, N]
            NaN where a feature has no value: warm-up, missing bar, or not defined.

        Raises
        ------
        DataValidationError
            QTS-FEAT-004 if the rows do not follow those before, QTS-FEAT-002 if the columns are not the symbols.
        """
        values = np.empty((len(self.names), len(block), len(self._symbols)))
        self.push_into(block, values)
        return values

    def push_into(self, block: FeatureBlock, values: Floats) -> None:
        """Do what :meth:`push` does, into an array of the caller: float64 [F, B, N], any strides.

        Raises
        ------
        InvalidConfigError
            QTS-FEAT-019 if a kernel raises an error; what the engine remembers is worth nothing then.
        """
        self._check(block)
        rows = len(block)
        for first in range(0, rows, BLOCK_ROWS):
            span = slice(first, min(first + BLOCK_ROWS, rows))
            length = span.stop - span.start
            try:
                self._lane(length).run(block.rows(span) if rows > BLOCK_ROWS else block, values[:, span])
            except KernelFailure as failure:
                raise told(failure, self._plan, self._symbols, block.ts_event[span]) from failure.__cause__
            # Each piece counts as soon as its state does.
            self._last, self._session = int(block.ts_event[span.stop - 1]), int(block.calendar[0, span.stop - 1])

    def snapshot(self) -> bytes:
        """Return everything the engine remembers as npz bytes: for whom, until when, and which operation what."""
        membership = self._roles.membership(self._session)
        return Snapshot(
            np.array(self._symbols, dtype=np.str_), self._roles.digest, membership, self._last, self._session,
            self._directory.nodes, self._directory.sizes, self._memory,
        ).packed()  # fmt: skip

    def restore(self, state: bytes) -> None:
        """Continue from a snapshot of an engine with the same symbols and at least the same features.

        What the other engine remembered beyond that is left out: every operation finds its own memory by its
        expression, whatever else was computed beside it.

        Raises
        ------
        DataCorruptionError
            QTS-FEAT-003 if the bytes are not a whole snapshot.
        DataValidationError
            QTS-FEAT-003 if it is of other features, symbols or members, or in another format.
        """
        found = Snapshot.unpacked(state)
        demand("symbols", tuple(found.symbols.tolist()), self._symbols)
        demand("roles", found.roles, self._roles.digest)
        demand("members", found.membership, self._roles.membership(found.session))
        self._memory[:] = Directory(found.nodes, found.sizes).take(found.memory, self._directory)
        self._last, self._session = found.last_ts_event, found.session

    def _lane(self, rows: int) -> Lane:
        """Return buffers and tables for blocks of `rows`: one for single bars, one for all others."""
        size = 1 if rows == 1 else BLOCK_ROWS
        lane = self._lanes.get(size)
        if lane is None:
            threads = self._threads if size > 1 else 1
            lane = self._lanes[size] = Lane(self._plan, self._states, self._roles, size, threads)
        return lane

    def _check_roles(self) -> None:
        absent = [role for role in self._plan.roles if role not in self._roles.columns]
        if absent or len(self._roles.counts) != len(self._symbols):
            raise InvalidConfigError(
                "QTS-FEAT-007",
                "Features read auxiliary symbols that are not there.",
                found=f"no symbol with the role {', '.join(absent)}",
                expected="an auxiliary symbol of universe.yaml with bars, for each role",
                fix="import its bars, or leave these features out",
            )

    def _check(self, block: FeatureBlock) -> None:
        if block.bars.shape != (len(BAR_SOURCES), len(block), len(self._symbols)):
            raise DataValidationError(
                "QTS-FEAT-002",
                "A block does not fit the engine.",
                found=block.bars.shape,
                expected=f"({len(BAR_SOURCES)}, rows, {len(self._symbols)})",
            )
        times = block.ts_event
        if len(times) and (times[0] <= self._last or (len(times) > 1 and (np.diff(times) <= 0).any())):
            raise DataValidationError(
                "QTS-FEAT-004",
                "A block does not follow the bars before it.",
                found=int(times[0]),
                expected=f"rows in order, later than {self._last} us",
            )
