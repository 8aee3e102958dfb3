"""The daily report, and the model's health for the sensor that retrains (specification 12.1, 13.3; C-33)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import numpy as np

from live_daemon.desk import Desk
from live_daemon.paths import LivePaths, read_json, write_json
from qts_core.adapters.db import open_database
from qts_core.config.settings import Settings
from qts_core.market.calendar import Session
from qts_core.market.orders import OrderStatus
from qts_core.market.panel import Floats
from qts_core.ports.research_store import ModelHealthReport
from qts_core.trading.decision import Decision

__all__ = ["daily_report", "decisions_digest", "live_rank_ic", "model_health", "population_stability"]

BINS = 10
FEWEST_NAMES = 5


def decisions_digest(decisions: Sequence[Decision]) -> str:
    """Return the sha256 over the digests of `decisions`, in order: equal strings mean bit-equal sessions."""
    chain = hashlib.sha256()
    for decision in decisions:
        chain.update(decision.digest().encode())
    return chain.hexdigest()


def live_rank_ic(decisions: Sequence[Decision]) -> tuple[float, int]:
    """Return the mean rank correlation of scores with the move until the session's last close, and how many bars.

    The horizon of a model may reach beyond the session; within it this is the longest move that can be known.
    """
    if len(decisions) < 2:
        return float("nan"), 0
    final = decisions[-1].price
    found = []
    for decision in decisions[:-1]:
        moved = final / decision.price - 1.0
        usable = np.isfinite(moved) & np.isfinite(decision.score)
        if usable.sum() >= FEWEST_NAMES and decision.score[usable].std() > 0 and moved[usable].std() > 0:
            found.append(float(np.corrcoef(_ranks(decision.score[usable]), _ranks(moved[usable]))[0, 1]))
    return (float(np.mean(found)), len(found)) if found else (float("nan"), 0)


def population_stability(expected: Floats, actual: Floats) -> float:
    """Return the population stability index of two samples over the deciles of the first; NaN if one is too small.

    References
    ----------
    Siddiqi (2006), Credit Risk Scorecards, p. 136; 0.1 is a small shift, 0.25 a large one.
    """
    expected, actual = expected[np.isfinite(expected)], actual[np.isfinite(actual)]
    if len(expected) < 10 * BINS or len(actual) < 10 * BINS:
        return float("nan")
    edges = np.quantile(expected, np.linspace(0.0, 1.0, BINS + 1)[1:-1])
    floor = 1e-4
    share = [np.bincount(np.searchsorted(edges, x), minlength=BINS) / len(x) for x in (expected, actual)]
    before, after = (np.maximum(s, floor) for s in share)
    return float(((after - before) * np.log(after / before)).sum())


def _ranks(values: Floats) -> Floats:
    return np.argsort(np.argsort(values)).astype(np.float64)


def model_health(
    decisions: Sequence[Decision], expected_scores: Floats, earlier_ics: Sequence[float], settings: Settings,
    now: datetime,
) -> tuple[ModelHealthReport, ...]:  # fmt: skip
    """Return the session's decay and drift reports of the model that traded; none without decisions.

    Decay is judged on the mean of a whole window of sessions: one session's rank correlation is mostly noise.
    """
    if not decisions:
        return ()
    model_id, monitoring = decisions[-1].model_id, settings.monitoring
    rank_ic, bars = live_rank_ic(decisions)
    window = monitoring.decay.window_sessions
    ics = [*earlier_ics, rank_ic][-window:]
    has_decayed = len(ics) == window and float(np.mean(ics)) < monitoring.decay.min_rank_ic
    actual = np.concatenate([d.score for d in decisions])
    drift = population_stability(expected_scores, actual)
    found: tuple[tuple[Literal["decay", "drift"], float, float, bool, dict[str, object]], ...] = (
        (
            "decay", float(np.mean(ics)), monitoring.decay.min_rank_ic, has_decayed,
            {"bars": bars, "sessions": len(ics), "window_sessions": window, "this_session": rank_ic},
        ),
        (
            "drift", drift, monitoring.drift.psi_threshold, drift > monitoring.drift.psi_threshold,
            {"rows": len(actual), "expected_rows": len(expected_scores), "what": "scores"},
        ),
    )  # fmt: skip
    return tuple(
        ModelHealthReport(model_id, kind, value, threshold, is_breach, json.dumps(detail, sort_keys=True), now)
        for kind, value, threshold, is_breach, detail in found
        if np.isfinite(value)
    )


def _earlier_ics(paths: LivePaths, model_id: str) -> list[float]:
    """Return the rank correlations of this model's earlier sessions, oldest first."""
    found = []
    for path in sorted(paths.reports.glob("*.json")):
        content = read_json(path) or {}
        if content.get("model_id") == model_id and isinstance(content.get("rank_ic"), float):
            found.append(float(str(content["rank_ic"])))
    return found


def daily_report(
    desk: Desk, settings: Settings, paths: LivePaths, session: Session, *, start_equity: float, expected_scores: Floats,
    now: datetime,
) -> dict[str, object]:  # fmt: skip
    """Write the session's report to ``live/reports`` and its health to the database; return the report."""
    core = desk.core
    stored = desk.journal.decisions(since=session.open)
    decisions = [Decision.from_json(d.body) for d in stored if d.ts_event < session.close]
    rejected = sum(o.status is OrderStatus.REJECTED for o in core.orders.values())
    rank_ic, _ = live_rank_ic(decisions)
    health = model_health(decisions, expected_scores, _earlier_ics(paths, core.predictor.model_id), settings, now)
    with open_database(settings.database.url) as database:
        for report in health:
            database.health.add(report)
    content: dict[str, object] = {
        "session": session.date.isoformat(),
        "account": core.account,
        "model_id": core.predictor.model_id,
        "rank_ic": rank_ic if np.isfinite(rank_ic) else None,
        "decisions": len(decisions),
        "orders": sum(len(d.orders) for d in decisions),
        "rejected": rejected,
        "fills": len(desk.journal.rows("executions")),
        "positions": len(core.book.holdings()),
        "equity": round(core.equity, 2),
        "cash": str(core.book.cash),
        "pnl": round(core.equity - start_equity, 2),
        "pnl_ratio": core.equity / start_equity - 1.0 if start_equity > 0 else 0.0,
        "decisions_digest": decisions_digest(decisions),
        "health": [{"kind": h.kind, "value": h.value, "limit": h.threshold, "is_breach": h.is_breach} for h in health],
        "parity": "`qts replay all` makes each decision again; a backtest of the session gives the same digest",
    }
    write_json(paths.reports / f"{session.date.isoformat()}.json", content)
    desk.journal.note(now, "daily_report", content)
    return content
