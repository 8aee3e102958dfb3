"""Split conformal prediction: intervals and sets that hold what comes as often as promised, whatever its distribution.

A nonconformity score says how far a sample lies from its prediction. Of n exchangeable calibration samples, the
``ceil((n + 1) (1 - alpha))``-th smallest score is not exceeded by the next one with probability at least 1 - alpha, and
at most ``1 - alpha + 1 / (n + 1)`` without ties.

References
----------
Vovk, Gammerman and Shafer (2005), Algorithmic Learning in a Random World, chapters 2 and 4 (Mondrian: by category).
Lei, G'Sell, Rinaldo, Tibshirani and Wasserman (2018), JASA 113(523), pp. 1094-1111 (split: section 2.2; locally
weighted: section 5.2). Sadinle, Lei and Wasserman (2019), JASA 114(525), pp. 223-234 (least ambiguous sets, LAC).
Romano, Sesia and Candès (2020), NeurIPS 33, pp. 3581-3591 (adaptive sets, APS; without randomisation, which errs to
larger sets).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

import numpy as np
from numpy.typing import NDArray

from qts_core.market.arrays import from_list, to_list
from qts_core.market.errors import TrainingError
from qts_core.market.panel import Floats

__all__ = ["EVERYBODY", "Conformal", "ScoreTable", "SetMethod", "set_scores"]

KEPT = 4096
"""Most order statistics kept; of more scores those at every 4096-th part, rounded up, so that nothing is promised
that is not held."""
EVERYBODY = ""
"""Group of the symbols that are in none."""


class SetMethod(StrEnum):
    """How far a class lies from its prediction."""

    LAC = "lac"
    """1 less its probability: the smallest sets on average."""
    APS = "aps"
    """Probability of all classes at least as likely: sets grow where the model is unsure."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoreTable:
    """Order statistics of calibration scores.

    Attributes
    ----------
    count : int
        n scores were seen.
    ranks : int64 [k]
        Which of them are kept, rising from 1 to n.
    values : float64 [k]
        The scores of these ranks.
    """

    count: int
    ranks: NDArray[np.int64]
    values: Floats

    @classmethod
    def of(cls, scores: Floats) -> ScoreTable:
        """Keep the finite ones of float64 [n] scores; their order does not matter."""
        ordered = np.sort(scores[np.isfinite(scores)])
        count = len(ordered)
        ranks = np.arange(1, count + 1)
        if count > KEPT:
            ranks = np.unique(np.append(-(-np.arange(1, KEPT) * (count + 1) // KEPT), count))
        return cls(count, ranks, ordered[ranks - 1])

    def quantile(self, alpha: float) -> float:
        """Return the score that the next one exceeds with probability at most `alpha`.

        Infinite where the samples are too few to say so; minus infinity where `alpha` is 1 or more.
        """
        # a hair less, so that (n + 1) * 0.9 is not rounded up beyond the integer that it is
        rank = int(np.ceil((self.count + 1) * (1.0 - alpha) - 1e-9))
        if rank < 1:
            return -np.inf
        place = int(np.searchsorted(self.ranks, rank))
        return float(self.values[place]) if place < len(self.values) else np.inf

    def missed_from(self, scores: Floats) -> Floats:
        """Return the miss rate `alpha` from which on :meth:`quantile` is below each of float64 [n] scores.

        NaN stays NaN; a score above all others is missed from 1 / (n + 1) on, one below all from 1 on.
        """
        below = np.concatenate([[0], self.ranks])[np.searchsorted(self.values, scores)]
        return np.where(np.isnan(scores), np.nan, 1.0 - (below + 1e-9) / (self.count + 1))


@dataclass(frozen=True, slots=True, eq=False)
class Conformal:
    """Calibration scores, for each group of symbols its own (Mondrian): the promise then holds in each.

    Attributes
    ----------
    tables : mapping of str to ScoreTable
        By group; ``EVERYBODY`` for those in none.
    group_of : mapping of str to str
        Group by symbol.
    """

    tables: Mapping[str, ScoreTable]
    group_of: Mapping[str, str]

    @classmethod
    def fit(cls, scores: Floats, symbols: Sequence[str], groups: Mapping[str, Sequence[str]]) -> Conformal:
        """Sort float64 [n] scores, one for each of n `symbols`, into the groups that name them.

        Raises
        ------
        TrainingError
            QTS-MODEL-058 if a group has no sample.
        """
        group_of = {symbol: name for name, members in groups.items() for symbol in members}
        names = np.array([group_of.get(symbol, EVERYBODY) for symbol in symbols], dtype=object)
        tables = {name: ScoreTable.of(scores[names == name]) for name in sorted({*groups, *names.tolist()})}
        for name, table in tables.items():
            if not table.count:
                raise TrainingError(
                    "QTS-MODEL-058", "a group has no calibration samples", where=f"uncertainty.groups {name or 'rest'}",
                    found="0 samples", expected="symbols with bars in the calibration window",
                    fix="take the group out, or raise uncertainty.calibration_share",
                )  # fmt: skip
        return cls(tables, group_of)

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups."""
        return tuple(self.tables)

    def groups_of(self, symbols: Sequence[str]) -> tuple[str, ...]:
        """Return the group of each of `symbols`; a symbol that nothing is known of is nobody's, and in none."""
        return tuple(self.group_of.get(symbol, EVERYBODY) for symbol in symbols)

    def quantiles(self, symbols: Sequence[str], alphas: Mapping[str, float], alpha: float) -> Floats:
        """Return for each symbol the score not exceeded, float64 [N].

        Parameters
        ----------
        alphas : mapping of str to float
            Miss rate aimed at in a group, where it is not `alpha`.
        """
        found = {name: table.quantile(alphas.get(name, alpha)) for name, table in self.tables.items()}
        return np.array([found.get(name, np.inf) for name in self.groups_of(symbols)], dtype=np.float64)

    def missed_from(self, scores: Floats, symbols: Sequence[str]) -> Floats:
        """Return the miss rate from which on each symbol's score is missed, float64 [N]; NaN = unknown."""
        names, found = np.array(self.groups_of(symbols), dtype=object), np.full(len(scores), np.nan)
        for name, table in self.tables.items():
            found[names == name] = table.missed_from(scores[names == name])
        return found

    def to_dict(self) -> dict[str, object]:
        """Return plain values that :meth:`from_dict` reads."""
        tables = {
            name: {"count": t.count, "ranks": t.ranks.tolist(), "values": to_list(t.values)}
            for name, t in self.tables.items()
        }
        return {"tables": tables, "group_of": dict(sorted(self.group_of.items()))}

    @classmethod
    def from_dict(cls, content: Mapping[str, object]) -> Conformal:
        """Return what :meth:`to_dict` wrote."""
        tables = cast(Mapping[str, Mapping[str, object]], content["tables"])
        return cls(
            {
                name: ScoreTable(cast(int, t["count"]), np.array(t["ranks"], dtype=np.int64), from_list(t["values"]))
                for name, t in tables.items()
            },
            dict(cast(Mapping[str, str], content["group_of"])),
        )


def set_scores(method: SetMethod, chances: Floats) -> Floats:
    """Return how far each class lies from its prediction, float64 [R, K], from probabilities [R, K]."""
    if method is SetMethod.LAC:
        return 1.0 - chances
    order = np.argsort(-chances, axis=1, kind="stable")
    ordered = np.take_along_axis(chances, order, axis=1)
    scores = np.empty_like(chances)
    np.put_along_axis(scores, order, np.cumsum(ordered, axis=1), axis=1)
    return scores
