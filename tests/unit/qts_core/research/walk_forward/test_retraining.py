"""A model trained in every window: neither it nor the alpha's settings know anything of what they are tested on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qts_core.research.walk_forward import RetrainedBench, WalkForwardSettings, Window, run_walk_forward
from qts_core.research.walk_forward.stepping import Stepped, stitched
from qts_core.research.walk_forward.windows import lay_out
from qts_core.training.folds import RowRange
from qts_core.training.folds.walk_forward import Windows
from tests.support.search_bench import HORIZON
from tests.support.walk_forward import retrained, retrained_walk

FEW = WalkForwardSettings(
    windows=Windows(36, 0, 12, 12), unit="sessions", method="random", trials=5, fewest_trades=1, finalists=2
)
TUNED = replace(FEW, windows=Windows(30, 8, 12, 12))


@pytest.fixture(scope="module")
def bench() -> RetrainedBench:
    return retrained()


def windows_of(bench: RetrainedBench, settings: WalkForwardSettings) -> tuple[Window, ...]:
    return lay_out(bench.timeline, settings, horizon_bars=bench.horizon_bars)


def other_outcomes(bench: RetrainedBench, rows: RowRange) -> RetrainedBench:
    """Return the bench with other labels from bars in `rows` on."""
    changed = np.zeros(len(bench.timeline), dtype=bool)
    changed[rows.start : rows.stop] = True
    return replace(bench, samples=bench.samples.with_other_outcomes(changed[bench.samples.row]))


def test_nothing_from_the_test_on_changes_what_models_say(bench: RetrainedBench) -> None:
    window = windows_of(bench, FEW)[0]
    later = RowRange(window.test.start, len(bench.timeline))
    np.testing.assert_array_equal(bench.learn(window), other_outcomes(bench, later).learn(window))


def test_nor_from_the_tuning_rows_on_what_is_said_of_them(bench: RetrainedBench) -> None:
    window = windows_of(bench, TUNED)[0]
    assert window.tune is not None
    seen, other = bench.learn(window), other_outcomes(bench, window.tune).learn(window)
    np.testing.assert_array_equal(seen[: window.tune.stop], other[: window.tune.stop])
    assert not np.array_equal(seen[window.test.start :], other[window.test.start :], equal_nan=True)


def test_a_part_of_the_training_rows_is_scored_by_models_of_the_others(bench: RetrainedBench) -> None:
    window = windows_of(bench, FEW)[0]
    third = RowRange(window.train.start, window.train.start + len(window.train) // 3)
    seen, other = bench.learn(window), other_outcomes(bench, third).learn(window)
    part = slice(third.start, third.stop)
    np.testing.assert_array_equal(seen[part], other[part])
    assert not np.array_equal(seen[third.stop : window.train.stop], other[third.stop : window.train.stop])


def test_every_row_of_a_window_but_its_purge_is_scored(bench: RetrainedBench) -> None:
    window = windows_of(bench, FEW)[1]
    known = np.asarray(np.isfinite(bench.learn(window)).all(axis=1))
    assert known[window.test.start : window.test.stop].all()
    # labels of the last training rows reach the test: nothing learns from them, and they are not judged by either
    assert known[window.train.start : window.train.stop - HORIZON].all()
    assert not known[: window.train.start].any()
    assert not known[window.test.stop :].any()


def test_tests_end_to_end_come_from_their_own_windows(bench: RetrainedBench) -> None:
    windows = windows_of(bench, FEW)
    shape = (len(bench.timeline), len(bench.samples.symbols))
    done = [Stepped(w, (), None, None, np.full(shape, float(w.number))) for w in windows]  # type: ignore[arg-type]
    whole = stitched(done)
    assert whole is not None
    assert np.isnan(whole[: windows[0].train.start]).all()
    for window in windows:
        assert (whole[window.test.start : window.test.stop] == window.number).all()


def test_a_planted_signal_is_learned_anew_and_a_worthless_feature_is_not() -> None:
    found, nothing = (run_walk_forward(retrained_walk(FEW, signal=signal)) for signal in (1.0, 0.0))
    assert (found.name, found.engine) == ("ml-toy", "retrained")
    assert found.figures["sharpe"] > 3
    assert nothing.figures["sharpe"] < found.figures["sharpe"] - 2
    gates = {gate.name: gate for gate in found.verdict.gates}
    assert gates["gate.permutation"].passed
    assert not nothing.verdict.passed


def test_a_tuning_window_is_walked_too() -> None:
    found = run_walk_forward(retrained_walk(TUNED, signal=1.0))
    assert all(w.tune is not None for w in found.windows)
    assert found.figures["sharpe"] > 2
