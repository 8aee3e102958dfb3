"""What a month of features looks like: what is missing, how values spread, which say the same (specification 5.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from qts_core.features import Catalogue
from qts_core.market.panel import Floats
from qts_core.ports.lake import LakePort
from qts_core.research.feature_months import BARS
from qts_core.training.selection.correlation import rank_correlations

__all__ = [
    "SAMPLED_ROWS",
    "MissingValues",
    "bars_before",
    "correlations",
    "group_version_parts",
    "missing_values",
    "most_alike",
    "neighbours_first",
    "sampled",
    "spread",
]

SAMPLED_ROWS = 4096
"""Rows that pictures and drift are made of: shares are known to a percent and a half."""
SEED = 20
POINTS = (0.01, 0.25, 0.5, 0.75, 0.99)


@dataclass(frozen=True, slots=True, eq=False)
class MissingValues:
    """What F features lack in one month.

    Attributes
    ----------
    names : tuple of str
    missing : float64 [F]
        Share of bars without a value.
    beyond : float64 [F]
        The same among bars beyond the warm-up of their symbol; NaN when there are none.
    infinite : int64 [F]
        Values that are infinite.
    """

    names: tuple[str, ...]
    missing: Floats
    beyond: Floats
    infinite: NDArray[np.int64]

    def of(self, names: Sequence[str]) -> MissingValues:
        """Return the part of `names`."""
        place = {name: index for index, name in enumerate(self.names)}
        at = [place[name] for name in names]
        return MissingValues(tuple(names), self.missing[at], self.beyond[at], self.infinite[at])

    def dead(self) -> tuple[str, ...]:
        """Names of those that should have values and have none."""
        return tuple(name for name, share in zip(self.names, self.beyond.tolist(), strict=True) if share == 1.0)


def missing_values(frame: pl.DataFrame, catalogue: Catalogue, before: Mapping[str, int]) -> MissingValues:
    """Count what is missing and what is infinite in one month of features.

    Parameters
    ----------
    frame : DataFrame
        symbol, ts_event, and a column for each feature; in order of `ts_event`.
    catalogue : Catalogue
        Its features are looked at.
    before : mapping of str to int
        Bars that each symbol had before the month (:func:`bars_before`).

    Notes
    -----
    A feature that waits for a session, a longer bar or an event beyond its warm-up is judged from the first value that
    each symbol has in the month.
    """
    specs = list(catalogue)
    warm_up = np.array([spec.warm_up_bars for spec in specs])
    earlier = frame["symbol"].replace_strict(dict(before), default=0, return_dtype=pl.Int64)
    number = (frame.select(pl.int_range(pl.len()).over("symbol")).to_series() + earlier).to_numpy()
    empty = frame.select(pl.col(name).is_null() | pl.col(name).is_nan() for name in catalogue.names).to_numpy()
    infinite = frame.select(pl.col(name).is_infinite().sum() for name in catalogue.names).row(0)
    due = number[:, None] >= warm_up[None, :]
    if waiting := [(index, spec.name) for index, spec in enumerate(specs) if spec.waits]:
        begun = frame.select(pl.col(name).is_not_null().cum_max().over("symbol") for _, name in waiting).to_numpy()
        due[:, [index for index, _ in waiting]] &= begun
    count = due.sum(axis=0)
    lacking = (empty & due).sum(axis=0)
    return MissingValues(
        catalogue.names,
        empty.mean(axis=0) if frame.height else np.full(len(specs), np.nan),
        np.divide(lacking, count, out=np.full(len(specs), np.nan), where=count > 0),
        np.array(infinite, dtype=np.int64),
    )


def bars_before(lake: LakePort, month: str, enough: int) -> dict[str, int]:
    """Return how many bars each symbol had before `month`, counted back until all have `enough`, or all there are."""
    counted: dict[str, int] = {}
    for earlier in reversed([m for m in lake.months(BARS) if m < month]):
        found = lake.read_month(BARS, earlier).group_by("symbol").agg(pl.col("ts_event").n_unique())
        counted = {
            symbol: counted.get(symbol, 0) + count
            for symbol, count in {**dict.fromkeys(counted, 0), **dict(found.iter_rows())}.items()
        }
        if min(counted.values(), default=0) >= enough:
            break
    return counted


def sampled(frame: pl.DataFrame, names: Sequence[str], rows: int = SAMPLED_ROWS) -> Floats:
    """Return at most `rows` of the frame's rows, always the same ones, as float64 [R, F]; NaN = no value."""
    if frame.height > rows:
        chosen = np.random.default_rng(SEED).choice(frame.height, rows, replace=False)
        frame = frame[np.sort(chosen)]
    return frame.select(pl.col(name).fill_null(float("nan")) for name in names).to_numpy().astype(np.float64)


def spread(values: Floats, names: Sequence[str]) -> Iterator[dict[str, str | float]]:
    """Yield a row of mean, deviation and quantiles for each of the F columns of `values` [R, F]; NaN without values."""
    for index, name in enumerate(names):
        column = values[:, index]
        column = column[np.isfinite(column)]
        points = np.quantile(column, POINTS).tolist() if len(column) else [float("nan")] * len(POINTS)
        mean, deviation = (float(column.mean()), float(column.std())) if len(column) else (float("nan"),) * 2
        yield {
            "feature": name, "mean": mean, "deviation": deviation,
            **{f"{round(point * 100)} %": value for point, value in zip(POINTS, points, strict=True)},
        }  # fmt: skip


def correlations(values: Floats) -> Floats:
    """Return Spearman's correlations of the columns of `values` [R, F]; a value that is missing counts as the median.

    NaN stands beside a column that never changes, or has no values.
    """
    filled = values.copy()
    for index in range(values.shape[1]):
        column = values[:, index]
        known = np.isfinite(column)
        filled[~known, index] = np.median(column[known]) if known.any() else 0.0
    found = np.array(rank_correlations(filled))
    constant = filled.min(axis=0) == filled.max(axis=0)
    found[constant, :] = found[:, constant] = np.nan
    return found


def neighbours_first(matrix: Floats) -> list[int]:
    """Return an order of F features in which those that say the same, up or down, stand beside each other.

    Average linkage on 1 - |correlation| with its leaves turned so that neighbours are nearest.

    References
    ----------
    Bar-Joseph, Gifford and Jaakkola (2001), Bioinformatics 17(S1), S22-S29.
    """
    if len(matrix) < 3:
        return list(range(len(matrix)))
    distance = 1.0 - np.abs(np.nan_to_num(matrix))
    np.fill_diagonal(distance, 0.0)
    condensed = np.maximum(squareform(distance, checks=False), 0.0)
    return [int(leaf) for leaf in leaves_list(linkage(condensed, method="average", optimal_ordering=True))]


def most_alike(matrix: Floats, names: Sequence[str], count: int) -> list[dict[str, str | float]]:
    """Return the `count` pairs that are most correlated, up or down."""
    pairs = [(i, j) for i, j in combinations(range(len(names)), 2) if np.isfinite(matrix[i, j])]
    pairs.sort(key=lambda pair: (-abs(matrix[pair]), pair))
    return [
        {"feature": names[i], "says the same as": names[j], "correlation": float(matrix[i, j])}
        for i, j in pairs[:count]
    ]


def group_version_parts(frame: pl.DataFrame, names: Sequence[str]) -> Iterator[bytes]:
    """Yield the content of the columns `names` and of the keys of their rows: equal parts are equal features."""
    yield "\n".join([*frame["symbol"].to_list(), *names]).encode()
    yield frame["ts_event"].to_physical().to_numpy().tobytes()
    yield frame["ts_known"].to_physical().to_numpy().tobytes()
    for name in names:
        yield frame[name].fill_null(float("nan")).to_numpy().tobytes()
