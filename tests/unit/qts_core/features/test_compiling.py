"""Who waits for the first run is told of every kernel that is compiled, and of nothing that was."""

from __future__ import annotations

import numpy as np

from qts_core.features import FeatureBlock, FeatureEngine, Plan, default_catalogue, ops
from qts_core.features.compiling import compile_kernels, forms_of, telling_of_compilation
from qts_core.features.graph import apply
from qts_core.features.kernels.jit import checked_kernel
from qts_core.features.operations import Operation, adopt, none
from qts_core.market.panel import Floats
from tests.golden.features.market_for_tests import make_panel

PANEL = make_panel()


def half(x: Floats, out: Floats) -> None:
    """Write half of each value."""
    for t in range(x.shape[0]):
        for n in range(x.shape[1]):
            out[t, n] = 0.5 * x[t, n]


def test_each_kernel_that_is_compiled_is_told_once_with_its_place_among_all() -> None:
    operation = adopt(Operation("half@told", checked_kernel(half, is_cached=False), 1, {}, none, none))
    plan = Plan.of({"x": apply(operation.name, abs(ops.close)), "y": apply(operation.name, ops.high)})
    compile_kernels(Plan.of({"x": abs(ops.close)}))
    told: list[tuple[str, int, int]] = []
    with telling_of_compilation(lambda *each: told.append(each)):
        values = FeatureEngine(plan, PANEL.symbols).push(FeatureBlock.of(PANEL.rows(slice(0, 5))))
        FeatureEngine(plan, PANEL.symbols).push(FeatureBlock.of(PANEL.rows(slice(0, 5))))
    assert told == [("half@told", 2, 2)]
    np.testing.assert_array_equal(values[0], 0.5 * PANEL.chain_linked()["close"][:5])


def test_every_operation_of_the_catalogue_is_compiled_for_exactly_one_kind_of_arguments() -> None:
    plan = Plan.of(default_catalogue())
    forms = {(step.operation.name, forms_of(step)) for step in plan.steps}
    assert len(forms) == len({step.operation.name for step in plan.steps})
