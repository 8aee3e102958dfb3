"""All proofs of a set of features on one sample of bars, and what was found (specification 6; checklist X-29)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from qts_core.features.audit.causality import (
    chunking_faults,
    live_faults,
    look_ahead_faults,
    neighbour_faults,
    symbol_order_faults,
)
from qts_core.features.audit.evidence import Fault
from qts_core.features.audit.subject import Subject
from qts_core.features.audit.survival import (
    bounds_faults,
    delisting_faults,
    gap_faults,
    half_day_faults,
    listing_faults,
    merged,
    missing_bar_faults,
    only_own,
    standstill_faults,
    volume_faults,
    warm_up_faults,
)
from qts_core.market.errors import DataValidationError
from qts_core.market.panel import Floats, Panel

__all__ = ["PROOFS", "FeatureAudit", "Measures", "Proof", "Verdict", "audit_features"]

FEWEST_ROWS = 60
STEPS = 130
"""Rows that are pushed one at a time: five sessions."""


class Verdict(StrEnum):
    """What the proofs say of a feature."""

    PASSED = "passed"
    FAILED = "failed"
    SILENT = "silent"
    """It had no value on the sample, so nothing was proved."""


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """What a proof works on: the features, the bars, their values, and chance."""

    subject: Subject
    panel: Panel
    whole: Floats
    random: np.random.Generator


@dataclass(frozen=True, slots=True)
class Proof:
    """One proof: its title, what must hold, and what finds the features for which it does not."""

    title: str
    demand: str
    find: Callable[[Bench], tuple[Fault, ...]]


@dataclass(frozen=True, slots=True)
class Measures:
    """What the values of a feature look like on the sample.

    Attributes
    ----------
    values : int
        How many there are.
    missing_ratio : float
        Share of existing bars without a value.
    first_bar : int
        Place of the earliest first value among the symbol's own bars, from 0; -1 if there is none.
    smallest, largest : float
        NaN if there is none.
    """

    values: int
    missing_ratio: float
    first_bar: int
    smallest: float
    largest: float


def _chunking(b: Bench) -> tuple[Fault, ...]:
    cuts = np.unique(b.random.integers(1, len(b.panel), 6))
    return chunking_faults(b.subject, b.panel, [int(c) for c in cuts], whole=b.whole)


def _live(b: Bench) -> tuple[Fault, ...]:
    begin = int(b.random.integers(0, max(1, len(b.panel) - STEPS)))
    return live_faults(b.subject, b.panel, begin, min(begin + STEPS, len(b.panel)), whole=b.whole)


def _future(b: Bench) -> tuple[Fault, ...]:
    return merged(
        *(look_ahead_faults(b.subject, b.panel, row, b.random, whole=b.whole) for row in moments(b.panel, b.random))
    )


def moments(panel: Panel, random: np.random.Generator) -> tuple[int, ...]:
    """Choose rows at which the future is changed: early in a session's first hour, in its middle, at its last bar.

    A longer bar that shows before it has closed is only seen where it is still open.
    """
    line, rows = panel.timeline, len(panel)
    middle = (line.slots // 2 - 1) | 1
    found = []
    for part, at in enumerate((np.minimum(line.slots - 1, 2), middle, line.slots - 1)):
        late = np.flatnonzero((line.slot == at) & (np.arange(rows) > rows * (2 + part) // 6))
        found.append(int(random.choice(late)) if len(late) else int(random.integers(1, rows)))
    return tuple(sorted({max(1, row) for row in found}))


PROOFS: Mapping[str, Proof] = MappingProxyType(
    {
        "chunking": Proof("Any cut of time", "The same bits however time is cut, with a restart at each.", _chunking),
        "live": Proof("One bar at a time", "The live step gives the bits of the batch.", _live),
        "future": Proof("No look-ahead", "The past stays when the future is altered or cut off.", _future),
        "order": Proof(
            "Order of symbols", "The same bits when symbols change places.",
            lambda b: symbol_order_faults(b.subject, b.panel, b.random, whole=b.whole),
        ),
        "neighbours": Proof(
            "Own symbol only", "A time-series feature does not see other symbols.",
            lambda b: only_own(b.subject, neighbour_faults(b.subject, b.panel, b.random, whole=b.whole)),
        ),
        "missing": Proof(
            "Missing bars", "No value where the symbol has no bar.",
            lambda b: missing_bar_faults(b.subject, b.panel, b.whole),
        ),
        "gaps": Proof(
            "Halts", "A halt of bars or a whole session is as if its time had never been.",
            lambda b: gap_faults(b.subject, b.panel, b.random),
        ),
        "half_days": Proof(
            "Half-days", "Bounds, cuts and causality hold where sessions close early.",
            lambda b: half_day_faults(b.subject, b.panel, b.random),
        ),
        "listing": Proof(
            "Fresh listing", "The values of a history that begins at the listing; none before.",
            lambda b: listing_faults(b.subject, b.panel, len(b.panel) // 5 + 3),
        ),
        "delisting": Proof(
            "Delisting", "Nothing knows beforehand that a symbol will leave, and nothing outlives it.",
            lambda b: delisting_faults(b.subject, b.panel, 4 * len(b.panel) // 5 + 2, whole=b.whole),
        ),
        "standstill": Proof(
            "Constant prices", "Finite values or none, never noise.", lambda b: standstill_faults(b.subject, b.panel)
        ),
        "volume": Proof(
            "No volume", "Finite values within bounds where nothing is traded.",
            lambda b: volume_faults(b.subject, b.panel, b.random),
        ),
        "bounds": Proof(
            "Bounds", "Every value lies in the interval that is declared; none is infinite.",
            lambda b: bounds_faults(b.subject, b.whole),
        ),
        "warm_up": Proof(
            "Warm-up", "No value before as many bars as are declared.",
            lambda b: warm_up_faults(b.subject, b.panel, b.whole),
        ),
    }
)  # fmt: skip
"""Every proof in the order of the page; adding one is a function and a line here."""


@dataclass(frozen=True, slots=True, eq=False)
class FeatureAudit:
    """What the proofs found.

    Attributes
    ----------
    names : tuple of str
        The features.
    panel : Panel
        The bars they were proved on.
    faults : tuple of Fault
        The first place of every feature and proof that failed; empty is right.
    measures : mapping of str to Measures
    """

    names: tuple[str, ...]
    panel: Panel
    faults: tuple[Fault, ...]
    measures: Mapping[str, Measures]

    @property
    def failed(self) -> tuple[str, ...]:
        """Features that break a proof, in their order."""
        wrong = {fault.feature for fault in self.faults}
        return tuple(name for name in self.names if name in wrong)

    @property
    def silent(self) -> tuple[str, ...]:
        """Features without a single value, of which nothing is proved."""
        return tuple(n for n in self.names if self.verdict(n) is Verdict.SILENT)

    def verdict(self, name: str) -> Verdict:
        """Return what the proofs say of a feature."""
        if any(fault.feature == name for fault in self.faults):
            return Verdict.FAILED
        return Verdict.PASSED if self.measures[name].values else Verdict.SILENT

    def broken(self, name: str) -> tuple[Fault, ...]:
        """Return what is brought against a feature, in the order of the proofs."""
        return tuple(
            fault for proof in PROOFS for fault in self.faults if (fault.proof, fault.feature) == (proof, name)
        )


def audit_features(
    subject: Subject,
    panel: Panel,
    *,
    seed: int = 7,
    proofs: Sequence[str] = tuple(PROOFS),
    advance: Callable[[], None] = lambda: None,
) -> FeatureAudit:
    """Put features to all proofs on a sample of bars.

    Parameters
    ----------
    subject : Subject
        See :func:`qts_core.features.audit.subject.subject_of`; it must say what its features promise.
    panel : Panel
        Raw bars with `factor`, at least 60 rows.
    seed : int
        Of the cuts, the altered futures and the new places; each proof has its own stream.
    proofs : sequence of str, optional
        Keys of ``PROOFS``; all by default.
    advance : callable, optional
        Called after each proof.

    Raises
    ------
    DataValidationError
        QTS-FEAT-021 if there are too few bars to prove anything on.
    """
    if len(panel) < FEWEST_ROWS:
        raise DataValidationError(
            "QTS-FEAT-021", "There are too few bars for proofs.", found=f"{len(panel)} rows",
            expected=f"at least {FEWEST_ROWS}", fix="take more months",
        )  # fmt: skip
    whole = subject.compute(panel, ())
    found: list[Fault] = []
    for number, key in enumerate(PROOFS):
        if key in proofs:
            found += PROOFS[key].find(Bench(subject, panel, whole, np.random.default_rng([seed, number])))
            advance()
    return FeatureAudit(subject.names, panel, tuple(found), measures_of(subject.names, panel, whole))


def measures_of(names: Sequence[str], panel: Panel, values: Floats) -> Mapping[str, Measures]:
    """Return what the values of each feature look like."""
    there = ~np.isnan(panel["close"])
    bars = max(1, int(there.sum()))
    own_place = np.cumsum(there, axis=0) - 1
    out = {}
    for name, each in zip(names, values, strict=True):
        known = ~np.isnan(each)
        first = [int(own_place[np.argmax(column), i]) for i, column in enumerate(known.T) if column.any()]
        finite = each[np.isfinite(each)]
        out[name] = Measures(
            int(known.sum()),
            1.0 - int((known & there).sum()) / bars,
            min(first, default=-1),
            float(finite.min()) if len(finite) else np.nan,
            float(finite.max()) if len(finite) else np.nan,
        )
    return MappingProxyType(out)
