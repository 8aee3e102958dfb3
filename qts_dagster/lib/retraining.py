"""When models are trained again, and in which words they are not: the decisions alone (C-10, C-12, C-14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import dagster as dg

from qts_core.market.calendar import TradingCalendar
from qts_core.research.drift_watch import DriftVerdict

__all__ = [
    "alias_changes",
    "cooling",
    "drift_decision",
    "due_today",
    "growth_decision",
    "model_of",
    "requested",
    "retraining_of",
]

STAGES = ("training_set", "model", "backtest", "verdict", "tear_sheet", "comparison")
"""Assets of one model, in the order in which they follow from each other."""
REQUESTED = "requested_at"


def retraining_of(models: Sequence[str], *, run_key: str, reason: str) -> dg.RunRequest:
    """Ask for the training and judgement of just these models."""
    return dg.RunRequest(
        run_key=run_key,
        asset_selection=[dg.AssetKey(f"{stage}_{model}") for model in models for stage in STAGES],
        tags={"retrain/reason": reason, "retrain/models": " ".join(models)},
    )


def due_today(frequencies: Mapping[str, str], calendar: TradingCalendar, day: date) -> tuple[str, ...] | str:
    """Return the models that the schedule trains on the evening of `day`, or say why none.

    A weekly one is due on the last session of its week, be it a Thursday; a monthly one on the last of its month.
    """
    if calendar.on(day) is None:
        return f"{day} is no trading day in New York"
    following = calendar.shift(day, 1)
    ends = {
        "daily": True,
        "weekly": following.isocalendar()[:2] != day.isocalendar()[:2],
        "monthly": (following.year, following.month) != (day.year, day.month),
        "never": False,
    }
    due = tuple(model for model, frequency in frequencies.items() if ends[frequency])
    if due:
        return due
    asked = ", ".join(f"{model} {frequency}" for model, frequency in frequencies.items()) or "no model is enabled"
    return f"{day} is not the last session of its week or month that would be due ({asked})"


def cooling(state: Mapping[str, str], model: str, cooldown: timedelta, now: datetime) -> str:
    """Say until when `model` rests after the retraining that a sensor asked for last; empty if it does not."""
    last = state.get(f"{REQUESTED}/{model}")
    if last is None:
        return ""
    until = datetime.fromisoformat(last) + cooldown
    return f"{model} was asked for on {last[:16]} UTC and rests until {until:%Y-%m-%d %H:%M}" if now < until else ""


def requested(state: Mapping[str, str], models: Sequence[str], now: datetime) -> dict[str, str]:
    """Return a sensor's memory with the moment at which `models` were asked for."""
    return {**state, **{f"{REQUESTED}/{model}": now.isoformat() for model in models}}


def growth_decision(
    trained: Mapping[str, date], last: date, calendar: TradingCalendar, *, fewest: int, state: Mapping[str, str],
    cooldown: timedelta, now: datetime,
) -> tuple[tuple[str, ...], str]:  # fmt: skip
    """Return the models that `fewest` new sessions speak for training again, and the reason; none with the reason.

    Parameters
    ----------
    trained : mapping of str to date
        Last session that each model has seen.
    last : date
        Last session of the lake.
    state : mapping
        The sensor's memory.
    """
    if not trained:
        return (), "no model was trained yet: `qts train`, or materialise one"
    grown = {model: len(calendar.between(seen + timedelta(days=1), last)) for model, seen in trained.items()}
    behind = {model: sessions for model, sessions in grown.items() if sessions >= fewest}
    if not behind:
        most = max(grown.items(), key=lambda item: item[1])
        return (), f"{most[1]} new sessions since {most[0]} was trained, {fewest} are needed"
    resting = [why for model in behind if (why := cooling(state, model, cooldown, now))]
    due = tuple(model for model in behind if not cooling(state, model, cooldown, now))
    if not due:
        return (), "; ".join(resting)
    return due, f"{max(behind[model] for model in due)} new sessions up to {last}"


def drift_decision(
    model: str, verdict: DriftVerdict | None, *, state: Mapping[str, str], cooldown: timedelta, now: datetime
) -> tuple[bool, str]:
    """Return whether drift of its features asks for training `model` again, and the reason either way."""
    if verdict is None:
        return False, f"{model} was never trained, or no features are stored"
    if not verdict.is_judged:
        return False, f"{verdict.month} has too few rows to judge the features of {model}"
    if not verdict.has_drifted:
        return False, f"{model}: {verdict.reason}"
    if state.get(f"month/{model}") == verdict.month:
        return False, f"{model} was asked for already because of {verdict.month}"
    if why := cooling(state, model, cooldown, now):
        return False, f"{verdict.reason}, but {why}"
    return True, verdict.reason


def alias_changes(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """Return (model@alias, version before, version now) of each alias that moved; empty text where there is none."""
    names = sorted({*before, *now})
    return tuple((n, before.get(n, ""), now.get(n, "")) for n in names if before.get(n, "") != now.get(n, ""))


def model_of(model_id: str, models: Sequence[str]) -> tuple[str, ...]:
    """Return the key in `models` that a live model's id begins with; none for a bundle of another name."""
    return tuple(model for model in models if model_id.rpartition("-")[0] == model)
