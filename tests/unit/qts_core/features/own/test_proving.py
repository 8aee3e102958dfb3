from __future__ import annotations

import numpy as np
import pytest

from qts_core.features import Node, ops
from qts_core.features.own import OwnKernel, kernel_fault, own_kernel_calls
from tests.support import own_kernels

BROKEN = {
    "looks_ahead": "no value depends on a later bar",
    "wraps_around": "no value depends on a later bar",
    "depends_on_the_block": "the values are the same bar by bar as in one block",
    "forgets_state": "the values are the same bar by bar as in one block",
    "writes_its_input": "inputs are not written",
    "is_poisoned_by_a_gap": "a missing bar leaves no trace in later values",
    "fills_gaps": "a missing input gives a missing value",
    "ranks_symbols": "a symbol's values do not depend on other symbols",
    "leaves_values_unwritten": "every value of `out` is written",
    "throws_dice": "the same bars give the same values",
    "writes_beyond_its_state": "it raises nothing",
    "speaks_before_its_warm_up": "no value comes before the warm-up",
    "speaks_after_its_warm_up": "the first value comes right after the warm-up (or waits=True)",
    "raises": "it raises nothing",
    "returns_its_result": "it raises nothing",
    "cannot_be_compiled": "numba can compile it",
}


def kernel_of(name: str) -> OwnKernel:
    found = getattr(own_kernels, name)
    assert isinstance(found, OwnKernel)
    return found


@pytest.mark.parametrize(("name", "rule"), BROKEN.items())
def test_a_planted_fault_is_found_and_named_whatever_the_bars(name: str, rule: str) -> None:
    for seed in range(3):
        fault = kernel_fault(kernel_of(name).operation, (), np.random.default_rng(seed))
        assert fault is not None
        assert fault.rule == rule
        assert fault.found
        assert fault.is_compiled == (name != "cannot_be_compiled")


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("ease", ()), ("ago", (1,)), ("ago", (7,)), ("ago", (200,)), ("calls_a_compiled_function", ())],
)
def test_a_kernel_that_keeps_its_contract_is_never_blamed(name: str, parameters: tuple[int, ...]) -> None:
    for seed in range(5):
        assert kernel_fault(kernel_of(name).operation, parameters, np.random.default_rng(seed)) is None


def test_a_finding_names_bar_symbol_and_both_values() -> None:
    fault = kernel_fault(kernel_of("depends_on_the_block").operation, (), np.random.default_rng(1))
    assert fault is not None
    bar, symbol, values = fault.found.replace(":", ",").split(",", 2)
    assert bar.startswith("bar ")
    assert symbol.strip().startswith("symbol ")
    assert "instead of" in values


def test_every_way_in_which_an_own_kernel_is_used_is_tried_once() -> None:
    ago = kernel_of("ago")
    ratio = ago(ops.open, window=2) / ago(ops.close, window=3)
    roots: list[Node] = [ago(ops.close, window=2), ratio, ops.sma(ops.close, 5)]
    assert [(op.name, given) for op, given in own_kernel_calls(roots)] == [
        (ago.operation.name, (2,)),
        (ago.operation.name, (3,)),
    ]
