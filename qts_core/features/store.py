"""Feature values over a panel, resumable by month, and as a wide frame (specification 5.3; pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from qts_core.features.block import FeatureBlock
from qts_core.features.engine import BLOCK_ROWS, FeatureEngine
from qts_core.features.roles import SymbolRoles
from qts_core.features.spec import Catalogue
from qts_core.market.panel import Floats, Panel
from qts_core.market.timeline import BAR_MINUTES, Timeline

__all__ = ["FeatureResult", "compute_panel", "from_frame", "to_frame"]

UTC_TIME = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True, eq=False)
class FeatureResult:
    """Values of a panel and where the engine stood at its end.

    Attributes
    ----------
    values : float64 [F, T, N]
        NaN = no value.
    names : tuple of str
    snapshot : bytes
        To continue with the next rows.
    """

    values: Floats
    names: tuple[str, ...]
    snapshot: bytes


def compute_panel(
    panel: Panel,
    catalogue: Catalogue,
    snapshot: bytes | None = None,
    *,
    bar_minutes: int = BAR_MINUTES,
    roles: SymbolRoles | None = None,
    threads: int = 1,
    engine: FeatureEngine | None = None,
) -> FeatureResult:
    """Compute every feature on every bar of a panel.

    Parameters
    ----------
    panel : Panel
        Raw bars with `factor`, symbols ascending.
    catalogue : Catalogue
    snapshot : bytes, optional
        State after the bars before; without it the history starts here.
    bar_minutes : int, default 15
    roles : SymbolRoles, optional
        The part each symbol plays; without it all belong to the universe.
    threads : int, default 1
        How many share the symbols; never changes a bit.
    engine : FeatureEngine, optional
        One for this catalogue and these symbols and roles, fresh or about to be restored from `snapshot`: to make one
        takes longer than to compute a month of a few symbols. A new one by default.

    Raises
    ------
    DataValidationError, DataCorruptionError
        If the snapshot does not fit.
    """
    engine = engine or FeatureEngine(catalogue, panel.symbols, roles=roles, threads=threads)
    if snapshot is not None:
        engine.restore(snapshot)
    values = np.empty((len(engine.names), len(panel), len(panel.symbols)))
    for first in range(0, len(panel), BLOCK_ROWS):
        rows = slice(first, min(first + BLOCK_ROWS, len(panel)))
        engine.push_into(FeatureBlock.of(panel.rows(rows), bar_minutes=bar_minutes), values[:, rows])
    return FeatureResult(values, engine.names, engine.snapshot())


def to_frame(
    result: FeatureResult,
    timeline: Timeline,
    symbols: Sequence[str],
    *,
    present: NDArray[np.bool_] | None = None,
    known: NDArray[np.int64] | None = None,
) -> pl.DataFrame:
    """Return a wide frame: symbol, ts_event, ts_known and one Float64 column per feature, null = no value.

    Rows are ordered by `ts_event`, then symbol. With `present`, bool [T, N], only those rows are kept. `known`,
    int64 [T], microseconds UTC, says when all that a row was made from was known; the bar's end by default.
    """
    rows, columns = len(timeline), len(symbols)
    keep = np.ones(rows * columns, dtype=bool) if present is None else present.reshape(-1)
    frame = {
        "symbol": pl.Series(np.tile(np.asarray(symbols, dtype=object), rows)[keep], dtype=pl.String),
        "ts_event": pl.Series(np.repeat(timeline.ts_event, columns)[keep]).cast(UTC_TIME),
        "ts_known": pl.Series(np.repeat(timeline.ts_known if known is None else known, columns)[keep]).cast(UTC_TIME),
    }
    for index, name in enumerate(result.names):
        flat = result.values[index].reshape(-1)
        frame[name] = pl.Series(flat if present is None else flat[keep], nan_to_null=True, dtype=pl.Float64)
    return pl.DataFrame(frame)


def from_frame(frame: pl.DataFrame, timeline: Timeline, symbols: Sequence[str], names: Sequence[str]) -> Floats:
    """Return the values of a wide frame as float64 [F, T, N]; NaN where a row or value is not there."""
    place = {symbol: index for index, symbol in enumerate(symbols)}
    column = frame["symbol"].replace_strict(place, default=-1, return_dtype=pl.Int64).to_numpy()
    row = timeline.rows_of(frame["ts_event"].dt.epoch("us").to_numpy())
    known = (row >= 0) & (column >= 0)
    values = np.full((len(names), len(timeline), len(symbols)), np.nan)
    for index, name in enumerate(names):
        values[index, row[known], column[known]] = frame[name].fill_null(np.nan).to_numpy()[known]
    return values
