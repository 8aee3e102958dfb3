"""A kernel that raises an error is told in one line: which, in what features, whose bar."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.features import FeatureBlock, FeatureEngine, Node, Plan, ops
from qts_core.features.graph import apply
from qts_core.features.kernels.jit import checked_kernel
from qts_core.features.operations import Operation, adopt, none
from qts_core.features.own import kernel
from qts_core.market.errors import InvalidConfigError
from qts_core.market.panel import Floats
from qts_core.market.time import from_micros
from tests.golden.features.market_for_tests import make_panel

PANEL = make_panel()
WHOLE = FeatureBlock.of(PANEL)
ROW, COLUMN = 321, 4
BAR = f"{from_micros(int(PANEL.timeline.ts_event[ROW])):%Y-%m-%d %H:%M} UTC"


def fussy(x: Floats, out: Floats) -> None:
    """Write `x`, and refuse what is below zero."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            if x[t, n] < 0.0:
                raise ValueError("a negative number")
            out[t, n] = x[t, n]


@kernel(state=1)
def minding(state: Floats, x: Floats) -> Floats:
    """Refuse what is below zero, and remember the last."""
    if x < 0.0:
        raise ValueError("a negative number")
    state[0] = x
    return x


def one_bad_bar() -> FeatureBlock:
    """Return the bars with one close below zero."""
    bars = WHOLE.bars.copy()
    assert not np.isnan(bars[3][ROW, COLUMN])
    bars[3][ROW, COLUMN] = -1.0
    return FeatureBlock(WHOLE.ts_event, bars, WHOLE.calendar)


def refusal(expressions: dict[str, Node], threads: int = 1) -> str:
    """Return what is said when the features are computed on one bad bar."""
    engine = FeatureEngine(Plan.of(expressions), PANEL.symbols, threads=threads)
    with pytest.raises(InvalidConfigError) as caught:
        engine.push(one_bad_bar())
    return caught.value.line()


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("is_compiled", [True, False])
def test_kernel_feature_symbol_and_bar_are_named(threads: int, is_compiled: bool) -> None:
    function = checked_kernel(fussy, is_cached=False) if is_compiled else fussy
    operation = adopt(Operation(f"fussy@{is_compiled}", function, 1, {}, none, none))
    node = apply(operation.name, ops.close)
    said = refusal({"a": ops.sma(ops.close, 5), "b": node, "c": ops.cross_rank(ops.sma(node, 3))}, threads)
    assert said.startswith("QTS-FEAT-019")
    assert f"fussy in b, c, {PANEL.symbols[COLUMN]}, the bar {BAR}" in said
    assert "found ValueError: a negative number" in said


def test_what_remembers_something_names_the_bars_of_the_block() -> None:
    first, last = (from_micros(int(PANEL.timeline.ts_event[row])) for row in (256, 511))
    said = refusal({"a": minding(ops.close)})
    assert f"minding in a, the bars {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC" in said
    assert "a negative number" in said


def test_across_symbols_the_bar_is_named() -> None:
    operation = adopt(Operation("fussy@across", fussy, 1, {}, none, none))
    said = refusal({"a": apply(operation.name, ops.cross_rank(ops.close) * 0.0 + ops.close)}, threads=2)
    assert f"the bar {BAR}" in said


def test_of_many_features_three_are_named() -> None:
    operation = adopt(Operation("fussy@many", fussy, 1, {}, none, none))
    node = apply(operation.name, ops.close)
    said = refusal({f"f{i}": ops.sma(node, i + 2) for i in range(7)})
    assert "fussy in f0, f1, f2 and 4 more features" in said
