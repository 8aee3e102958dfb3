"""The tables that compiled code walks against the same steps called one by one from Python, and what can go wrong."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from qts_core.features import FeatureBlock, FeatureEngine, Plan, default_catalogue, ops
from qts_core.features.engine import BLOCK_ROWS
from qts_core.features.graph import apply
from qts_core.features.kernels.jit import checked_kernel
from qts_core.features.lanes import shares
from qts_core.features.operations import BAR_SOURCES, COUNTS, SOURCES, Operation, adopt, none
from qts_core.features.plan import Place
from qts_core.market.errors import InvalidConfigError
from qts_core.market.panel import Floats
from tests.golden.features.market_for_tests import make_panel

PANEL = make_panel()
COUNT = len(PANEL.symbols)
WHOLE = Plan.of(default_catalogue().readable(()))


def block(first: int, last: int) -> FeatureBlock:
    return FeatureBlock.of(PANEL.rows(slice(first, last)))


def from_python(plan: Plan, bars: FeatureBlock) -> Floats:
    """Call every kernel of the plan from Python, on arrays of its own."""
    shape = (len(bars), COUNT)
    held: dict[Place, Floats] = {}
    for index, _ in enumerate(SOURCES):
        rows = bars.bars[index] if index < len(BAR_SOURCES) else bars.calendar[index - len(BAR_SOURCES), :, None]
        held[Place("source", index)] = np.ascontiguousarray(np.broadcast_to(rows, shape))
    values = np.empty((len(plan.names), *shape))
    for step in plan.steps:
        width = step.operation.width
        out = np.empty(shape if width == 1 else (width, *shape))
        state = (np.zeros((COUNT, step.state_size)),) if step.state_size else ()
        told = () if not step.operation.context else (np.ones(shape, dtype=bool),)
        assert step.operation.context in {"", COUNTS}
        step.operation.kernel(*(held[place] for place in step.inputs), out, *state, *told, *step.parameters)
        held[step.output] = out
        values[list(step.features)] = out if width == 1 else np.nan
    for feature, place in plan.copies:
        values[feature] = held[place]
    return values


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_the_walk_over_the_tables_gives_the_bits_of_calls_from_python(threads: int) -> None:
    rows = BLOCK_ROWS + 17
    values = FeatureEngine(WHOLE, PANEL.symbols, threads=threads).push(block(0, rows))
    np.testing.assert_array_equal(values, from_python(WHOLE, block(0, rows)))


def test_columns_are_shared_out_evenly_and_completely() -> None:
    assert shares(5, 2) == (slice(0, 2), slice(2, 5))
    assert shares(1, 2) == (slice(0, 0), slice(0, 1))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("shape", ["features last", "every other symbol", "single precision"])
def test_values_go_into_an_array_of_any_strides(shape: str, threads: int) -> None:
    plan = Plan.of({"a": ops.sma(ops.close, 3), "b": ops.cross_rank(ops.close), "c": ops.close})
    wanted = FeatureEngine(plan, PANEL.symbols).push(block(0, 300))
    kinds: dict[str, NDArray[np.floating]] = {
        "features last": np.empty((300, COUNT, 3)).transpose(2, 0, 1),
        "every other symbol": np.empty((3, 300, 2 * COUNT))[:, :, ::2],
        "single precision": np.empty((3, 300, COUNT), dtype=np.float32),
    }
    given = kinds[shape]
    FeatureEngine(plan, PANEL.symbols, threads=threads).push_into(block(0, 300), cast(Floats, given))
    np.testing.assert_array_equal(given, wanted.astype(given.dtype))


def breaking(x: Floats, out: Floats) -> None:
    """Write `x`, and refuse what is below zero."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            if x[t, n] < 0.0:
                raise ValueError("a negative number")
            out[t, n] = x[t, n]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("is_compiled", [True, False])
def test_what_a_kernel_raises_is_raised_whether_compiled_or_not_and_from_any_thread(
    threads: int, is_compiled: bool
) -> None:
    function = checked_kernel(breaking, is_cached=False) if is_compiled else breaking
    operation = adopt(Operation(f"breaking@{is_compiled}", function, 1, {}, none, none))
    for sign in (apply("sign", ops.close), ops.cross_rank(ops.close)):
        fine = FeatureEngine(Plan.of({"x": apply(operation.name, sign)}), PANEL.symbols, threads=threads)
        assert fine.push(block(0, 40)).shape == (1, 40, COUNT)
        engine = FeatureEngine(Plan.of({"x": apply(operation.name, sign * -1.0)}), PANEL.symbols, threads=threads)
        with pytest.raises(InvalidConfigError, match=r"QTS-FEAT-019.*breaking in x.*a negative number") as caught:
            engine.push(block(0, 40))
        assert isinstance(caught.value.__cause__, ValueError)
