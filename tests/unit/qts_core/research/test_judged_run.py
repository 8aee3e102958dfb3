"""A kept run is the run: every field, the same bytes; and it is not taken for another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest

from qts_core.backtest import BacktestResult, run_event_backtest
from qts_core.exchange import fill_settings
from qts_core.research.judged_run import pack, unpack
from qts_core.trading.predictors import StoredPredictor
from tests.support.decision_market import QUICK, instruments, panel, scores


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    bars = panel()
    return run_event_backtest(
        bars, StoredPredictor(bars.timeline, bars.symbols, scores(bars)), QUICK,
        instruments=instruments(len(bars.symbols)), fills=fill_settings("pessimistic"),
    )  # fmt: skip


def same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return bool(a.dtype == b.dtype) and a.tobytes() == b.tobytes()
    if isinstance(a, Mapping):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if is_dataclass(a):
        return type(a) is type(b) and all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


def test_every_field_comes_back_as_it_was(result: BacktestResult) -> None:
    assert result.fills
    found, labels = unpack(pack(result, {"run": "r1"}))
    assert labels == {"run": "r1"}
    assert list(found.costs) == list(result.costs)
    for field in fields(BacktestResult):
        assert same(getattr(result, field.name), getattr(found, field.name)), field.name


def test_equal_runs_are_equal_bytes_and_another_run_is_not(result: BacktestResult) -> None:
    assert pack(result, {}) == pack(result, {})
    assert pack(replace(result, equity=result.equity + 1.0), {}) != pack(result, {})


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive of arrays"])
def test_what_is_no_kept_run_is_refused_as_such(content: bytes) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, OSError)):
        unpack(content)
