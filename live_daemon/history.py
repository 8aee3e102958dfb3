"""Warm state: features from all history in blocks, then the core over the last sessions (specification 12.1).

Features go on from the state that the lake keeps after each month, of these features or of more; no result depends on
how time is cut or on what is computed beside, so the bits are those of all history. The result depends only on bars,
model and settings, so it is kept under ``live/warm`` and found again in milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from qts_core.adapters.lake import Lake
from qts_core.data.ingest import load_panel
from qts_core.data.panels import month_key
from qts_core.features import Catalogue, FeatureBlock, FeatureEngine
from qts_core.market.bars import BarSlice
from qts_core.market.calendar import TradingCalendar, month_of
from qts_core.market.errors import DataCorruptionError, DataNotFoundError, DataValidationError
from qts_core.market.events import BarsClosed
from qts_core.market.ids import digest
from qts_core.market.membership import FOR_EVER
from qts_core.market.panel import Floats, Panel
from qts_core.market.time import from_micros
from qts_core.market.timeline import BARS_PER_SESSION, Timeline
from qts_core.models.bar_scorer import BarScorer
from qts_core.models.bundle import LoadedModel
from qts_core.models.uncertainty import Doubt
from qts_core.research.feature_months import feature_table, last_states, month_state
from qts_core.research.live_core import WARM_BARS
from qts_core.trading.core import TradingCore
from qts_core.trading.live_predictor import LivePredictor
from qts_core.trading.predictors import StoredPredictor
from qts_core.trading.replay import EpochSnapshot, take_epoch
from qts_core.trading.stored_doubts import StoredDoubts

__all__ = ["History", "load_history", "warm", "warm_cached"]

BLOCK_ROWS: Final = 256
EXPECTED_BARS: Final = 10 * BARS_PER_SESSION
ROOM_SESSIONS: Final = 2 * WARM_BARS // BARS_PER_SESSION
"""Sessions that surely hold the bars that the core sees, half-days among them."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Bars before a session: what they are, and how to read them when the warm state is not kept already.

    Attributes
    ----------
    read : callable
        Returns the panel of every bar known before the session's open, from a session on, or all with None.
    data_hash : str
        Hash of the lake's partitions behind it.
    resume : callable
        Brings an engine for the catalogue given to the end of a past month, from what the lake keeps. Returns the
        first day after it, with `WARM_BARS` bars or more to come, or None and an engine untouched.
    """

    read: Callable[[date | None], Panel]
    data_hash: str
    resume: Callable[[FeatureEngine, Catalogue], date | None]


def load_history(
    lake: Lake, calendar: TradingCalendar, symbols: tuple[str, ...], session: date, opening: datetime,
    warn: Callable[[str], None] = lambda line: None,
) -> History:  # fmt: skip
    """Return the lake's bars known before `opening` of `session`; `warn` hears of a state that cannot be used.

    Raises
    ------
    DataNotFoundError
        If the lake holds none.
    """
    months = [month for month in lake.months("clean_bars") if month <= month_key(session)]
    if not months:
        raise DataNotFoundError(
            "QTS-DATA-013", "the lake holds no bars before the session", where="clean_bars",
            expected=f"bars before {session}", fix="run `make demo`, or `qts data import PATH`",
        )  # fmt: skip
    previous = calendar.last_closed(opening).date

    def read(first: date | None) -> Panel:
        return load_panel(
            lake, calendar=calendar, symbols=symbols, first=first, last=previous, known_before=opening, as_of=session
        )

    def resume(engine: FeatureEngine, catalogue: Catalogue) -> date | None:
        recent = Timeline.between(calendar, calendar.shift(previous, -ROOM_SESSIONS), previous)
        first, told = _resume(engine, catalogue, lake, recent)
        # Whatever is wrong with a state, the bars are right.
        for error in told:
            since = "all history" if first is None else str(first)
            warn(f"features are warmed from {since}: {error.line()}")
        return first

    key = digest(f"{lake.data_hash('clean_bars', months)} before {opening.isoformat()}")
    return History(read, key, resume)


Told = list[DataCorruptionError | DataValidationError]


def _resume(engine: FeatureEngine, catalogue: Catalogue, lake: Lake, recent: Timeline) -> tuple[date | None, Told]:
    """Restore the newest state that was known, leaves the core its bars and holds the features.

    Returns the first day after it, None when there is none, and what was wrong with the others: a state is damaged, or
    one of just these features is of something else. That a table of other features does not hold these is no news.
    """
    own, told = feature_table(catalogue), Told()
    for month in last_states(lake, catalogue, from_micros(int(recent.ts_event[-WARM_BARS])), roles=engine.roles):
        try:
            engine.restore(month_state(lake, month))
        except DataCorruptionError as error:
            told.append(error)
        except DataValidationError as error:
            if month.table == own:
                told.append(error)
        else:
            return month_of(date.fromisoformat(f"{month.month}-01"))[1] + timedelta(days=1), told
    return None, told


def warm(core: TradingCore, engine: FeatureEngine, model: LoadedModel, panel: Panel) -> Floats:
    """Bring a fresh core to the end of `panel`: exactly as if every bar had come one by one.

    Features are the same bits however time is cut, and scores of a block equal scores of its rows. The engine is
    fresh, or stands right before `panel`; then `panel` has at least `WARM_BARS` rows.

    Returns
    -------
    float64 [R]
        Scores of the last sessions, against which the drift of live scores is measured.
    """
    first_row = max(len(panel) - WARM_BARS, 0)
    for start in range(0, first_row, BLOCK_ROWS):
        engine.push(FeatureBlock.of(panel.rows(slice(start, min(start + BLOCK_ROWS, first_row)))))
    recent = panel.rows(slice(first_row, len(panel)))
    place = {name: i for i, name in enumerate(engine.names)}
    columns = [place[name] for name in model.feature_names]
    scores: Floats = np.empty((len(recent), len(recent.symbols)))
    doubts: list[Doubt] = []
    scorer = BarScorer(model)
    for start in range(0, len(recent), BLOCK_ROWS):
        block = recent.rows(slice(start, start + BLOCK_ROWS))
        values = engine.push(FeatureBlock.of(block))[columns]
        rows = np.ascontiguousarray(values.transpose(1, 2, 0))
        scores[start : start + len(block)] = scorer.score_block(rows, ~np.isnan(block["close"]))
        if (doubt := model.doubt(rows.reshape(-1, len(columns)))) is not None:
            doubts.append(doubt)
    stored = StoredDoubts.of_rows(doubts, len(recent))
    core.swap_predictor(
        StoredPredictor(recent.timeline, recent.symbols, scores, model_id=model.model_id, doubts=stored)
    )
    for row in range(len(recent)):
        core.handle(BarsClosed(BarSlice.of(recent, row), is_catch_up=True))
    core.swap_predictor(LivePredictor(engine, model, scorer))
    last = scores[-EXPECTED_BARS:].ravel()
    return last[np.isfinite(last)]


def warm_cached(
    core: TradingCore, engine: FeatureEngine, model: LoadedModel, catalogue: Catalogue, history: History, folder: Path
) -> Floats:
    """Do what :func:`warm` does, or take its result from `folder`; `catalogue` is what `engine` computes."""
    key = digest(
        {
            "data": history.data_hash, "model": model.bundle_sha256, "plan": engine.plan_hash,
            "hashes": repr(core.hashes), "settings": repr(core.settings), "cash": str(core.book.cash),
            "symbols": list(engine.symbols), "account": core.account,
            "universe": [engine.roles.digest, engine.roles.membership(FOR_EVER)],
        }
    )  # fmt: skip
    path = folder / f"{key[:24]}.json"
    core.swap_predictor(LivePredictor(engine, model))
    if path.exists():
        seal, _, content = path.read_text(encoding="utf-8").partition("\n")
        if seal == digest(content):
            kept = json.loads(content)
            snapshot = EpochSnapshot.from_json(kept["epoch"])
            core.restore(snapshot.core)
            core.predictor.restore(snapshot.predictor)
            return np.array(kept["scores"], dtype=np.float64)
    first = history.resume(engine, catalogue)
    scores = warm(core, engine, model, history.read(first))
    content = json.dumps({"epoch": take_epoch(core).to_json(), "scores": scores.tolist()})
    folder.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.write_text(f"{digest(content)}\n{content}", encoding="utf-8")
    temporary.replace(path)
    return scores
