"""The backtest that gates judged, kept beside its training: its page shows that very run (specification 11.3).

A blob holds the arrays of the result as they are and the rest as exact JSON; no pickle is written or read.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, fields, make_dataclass, replace
from functools import cache
from typing import Final, cast, get_type_hints
from zipfile import BadZipFile

import numpy as np

from qts_core.backtest import BacktestResult
from qts_core.config.settings import Settings
from qts_core.market.calendar import TradingCalendar
from qts_core.market.ids import digest
from qts_core.market.timeline import Timeline
from qts_core.ports.lake import LakePort
from qts_core.research.model_backtest import ModelBacktest, run_model_backtest
from qts_core.research.training_summary import TrainingSummary
from qts_core.trading.exact_json import canonical, decode, encode, parse

__all__ = ["JudgedRun", "judged_run", "pack", "save_judged_run", "unpack"]

FORMAT: Final = 1
PLAIN: Final = "plain"
LEFT_OUT: Final = frozenset({"decisions"})
"""A run of the engine keeps them only where it was asked to; their digest is kept."""
ACTIONS: Final = "corporate_actions"
AnyArray = np.ndarray[tuple[int, ...], np.dtype[np.generic]]


@dataclass(frozen=True, slots=True, eq=False)
class JudgedRun:
    """The verdict's backtest, and the Dagster run that it came out of; empty when it was run again."""

    backtest: ModelBacktest
    run_id: str


def save_judged_run(lake: LakePort, settings: Settings, run: ModelBacktest, *, run_id: str = "") -> None:
    """Keep what gates judged; that of the same model before it is replaced.

    Parameters
    ----------
    run : ModelBacktest
        Under the fill mode that gates judge by.
    run_id : str
        The Dagster run that it came out of.
    """
    key = _key(lake, settings, run.summary, run.fill_mode)
    parts = {"": run} if run.without is None else {"": run, "-outspoken": run.without}
    for ending, part in parts.items():
        lake.write_blob(_blob(run.summary.model, ending), pack(part.result, {"key": key, "run": run_id}))


def judged_run(lake: LakePort, settings: Settings, summary: TrainingSummary, *, calendar: TradingCalendar) -> JudgedRun:
    """Return the run that gates judged; where bars, rules or costs are others than those kept, it runs again."""
    mode = settings.backtest.verdict_fill_mode
    key = _key(lake, settings, summary, mode)
    kept, run_id = _kept(lake, _blob(summary.model), key)
    run = run_model_backtest(lake, settings, summary, fill_mode=mode, calendar=calendar, traded=kept)
    if kept is None or not run.abstains:
        return JudgedRun(run, run_id)
    outspoken, _ = _kept(lake, _blob(summary.model, "-outspoken"), key)
    if outspoken is not None:
        without = run_model_backtest(
            lake, settings, summary, fill_mode=mode, calendar=calendar, is_abstaining=False, traded=outspoken
        )
        run = replace(run, without=without)
    return JudgedRun(run, run_id)


def pack(result: BacktestResult, labels: Mapping[str, str]) -> bytes:
    """Return `result` as bytes, the same ones for the same result, with `labels` that say what it is."""
    arrays: dict[str, AnyArray] = {}
    plain: dict[str, object] = {"labels": dict(labels)}
    for name in (f.name for f in fields(result) if f.name not in LEFT_OUT):
        value = getattr(result, name)
        found = _arrays(name, value)
        arrays |= found
        if not found:
            plain[name] = encode(value)
    arrays[PLAIN] = np.frombuffer(canonical(plain).encode(), dtype=np.uint8)
    out = io.BytesIO()
    # mypy takes the names of the arrays for the keyword `allow_pickle`.
    np.savez_compressed(out, **arrays)  # type: ignore[arg-type]
    return out.getvalue()


def unpack(content: bytes) -> tuple[BacktestResult, dict[str, str]]:
    """Return what :func:`pack` was given.

    Raises
    ------
    ValueError, KeyError, TypeError
        If `content` is of another form.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (EOFError, BadZipFile) as error:
        raise ValueError(f"no archive of arrays: {error}") from error
    plain = cast(dict[str, object], parse(arrays.pop(PLAIN).tobytes().decode()))
    labels = cast(dict[str, str], plain.pop("labels"))
    read: object = decode(_plain(frozenset(plain)), plain)
    values: dict[str, object] = {name: getattr(read, name) for name in plain}
    groups: dict[str, dict[str, AnyArray]] = {}
    for name, array in arrays.items():
        field, _, part = name.partition(".")
        if part:
            groups.setdefault(field, {})[part] = array
        else:
            values[field] = array
    values["timeline"] = Timeline(**groups.pop("timeline"))  # type: ignore[arg-type]
    return BacktestResult(**values, **groups, decisions=()), labels  # type: ignore[arg-type]


@cache
def _plain(names: frozenset[str]) -> type:
    """Return the part of a result that is no array, as a class that exact JSON can be read into."""
    hints = get_type_hints(BacktestResult)
    return make_dataclass("Plain", [(name, hints[name]) for name in sorted(names)], frozen=True)


def _arrays(name: str, value: object) -> dict[str, AnyArray]:
    """Return the arrays that a field is made of, by name; none of another field."""
    if isinstance(value, np.ndarray):
        return {name: value}
    if isinstance(value, Timeline):
        return {f"{name}.{f.name}": getattr(value, f.name) for f in fields(value)}
    if isinstance(value, Mapping) and value and all(isinstance(each, np.ndarray) for each in value.values()):
        return {f"{name}.{key}": array for key, array in value.items()}
    return {}


def _kept(lake: LakePort, blob: str, key: str) -> tuple[BacktestResult | None, str]:
    if not lake.has_blob(blob):
        return None, ""
    try:
        result, labels = unpack(lake.read_blob(blob))
    except (ValueError, KeyError, TypeError, OSError):
        # Of an older release: what it holds is run again.
        return None, ""
    return (result, labels["run"]) if labels["key"] == key else (None, "")


def _key(lake: LakePort, settings: Settings, summary: TrainingSummary, mode: str) -> str:
    return digest(
        {
            "format": FORMAT,
            "training": summary.identity,
            "version": summary.version,
            "bundle": summary.bundle_sha256,
            "fills": mode,
            "configuration": settings.configuration_hash,
            "bars": lake.data_hash("clean_bars"),
            "actions": lake.data_hash(ACTIONS),
        }
    )


def _blob(model: str, ending: str = "") -> str:
    return f"backtests/{model}_judged{ending}.npz"
