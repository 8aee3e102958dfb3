# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from qts_core.features import Plan, block_kernel, kernel, ops
from qts_core.features.operations import BUILT_IN, OPERATIONS
from qts_core.features.own import OwnKernel
from qts_core.market.errors import InvalidConfigError
from qts_core.market.panel import Floats

SERIES = np.array([[1.0, 4.0], [2.0, np.nan], [4.0, 2.0], [np.nan, 8.0], [8.0, 1.0]])


def computed(chosen: OwnKernel, *inputs: Floats, **parameters: float) -> Floats:
    """Call the kernel as the engine does."""
    node = chosen(*(ops.close for _ in inputs), **parameters)
    size = chosen.operation.state_size(node.parameters)
    out = np.empty_like(inputs[0])
    chosen.operation.kernel(*inputs, out, *((np.zeros((out.shape[1], size)),) if size else ()), *node.parameters)
    return out


@kernel(state=2, warm_up=1)
def growth(state, x, power: float = 1.0):
    """Write the ratio to the value before."""
    last, seen = state[0], state[1]
    state[0], state[1] = x, 1.0
    return (x / last) ** power if seen > 0.0 else math.nan


@kernel()
def distance(x, y):
    """Write how far apart two series are."""
    return abs(x - y)


@kernel(state=1)
def smoothed(state, x, n: int, step: float):
    """Write a mean; arguments may be called anything."""
    state[0] = state[0] + step * (x - state[0]) / n
    return state[0]


def test_a_step_gets_the_values_of_one_symbol_one_after_the_other_without_the_gaps() -> None:
    expected = [[np.nan, np.nan], [2.0, np.nan], [2.0, 0.5], [np.nan, 4.0], [2.0, 0.125]]
    np.testing.assert_array_equal(computed(growth, SERIES), expected)


def test_parameters_have_defaults_and_are_given_by_name() -> None:
    assert growth(ops.close) is growth(ops.close, power=1.0)
    np.testing.assert_array_equal(computed(growth, SERIES, power=2.0), computed(growth, SERIES) ** 2)


def test_a_step_of_two_series_misses_where_either_misses() -> None:
    other = np.full_like(SERIES, 3.0)
    other[0, 0] = np.nan
    np.testing.assert_array_equal(
        computed(distance, SERIES, other), [[np.nan, 1.0], [1.0, np.nan], [1.0, 1.0], [np.nan, 5.0], [5.0, 2.0]]
    )


def test_a_step_agrees_with_pandas() -> None:
    walk = np.cumsum(np.random.default_rng(3).standard_normal((200, 2)), axis=0)
    # A first value of zero makes the recursion that of pandas with a zero before the series.
    frame = pd.DataFrame(np.vstack([np.zeros((1, 2)), walk]))
    expected = frame.ewm(alpha=0.25, adjust=False).mean().to_numpy()[1:]
    np.testing.assert_allclose(computed(smoothed, walk, n=4, step=1.0), expected, rtol=1e-12)


def test_an_own_kernel_stands_in_a_plan_beside_those_of_qts() -> None:
    assert growth.operation.name not in BUILT_IN
    assert OPERATIONS[growth.operation.name] is growth.operation
    node = growth(ops.sma(ops.close, 20))
    assert node.warm_up_bars == 20
    assert Plan.of({"one": node}).state_size() == OPERATIONS["rolling_sum"].state_size((20, 20.0)) + 2
    assert growth.operation.doc == "Write the ratio to the value before."


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: kernel()(lambda: 1.0), "no function"),
        (lambda: kernel()(_parameters_first), "arguments"),
        (lambda: kernel(state=1)(_stateless), "remembers"),
        (lambda: kernel()(_with_state), "remembers"),
        (lambda: kernel(state=lambda other: 1)(_with_state), "state or warm-up"),
        (lambda: kernel(state=-1)(_with_state), "state or warm-up"),
        (lambda: block_kernel()(_stateless), "arguments"),
        (lambda: kernel()(_many), "arguments"),
        (lambda: kernel()(3), "no function"),  # type: ignore[arg-type]
    ],
)
def test_a_kernel_of_another_form_is_refused_in_one_line(make: Callable[[], OwnKernel], says: str) -> None:
    with pytest.raises(InvalidConfigError, match=f"QTS-FEAT-015.*{says}") as caught:
        make()
    assert "\n" not in str(caught.value)


def test_a_state_that_is_no_number_is_refused_where_the_kernel_is_used() -> None:
    made = kernel(state=lambda window: window / 2)(_windowed)
    with pytest.raises(InvalidConfigError, match=r"QTS-FEAT-015.*0.5"):
        Plan.of({"one": made(ops.close, window=1)})


def _parameters_first(window: int, x):
    return x * window


def _stateless(x):
    return x


def _with_state(state, x):
    return x + state[0]


def _many(*x):
    return x[0]


def _windowed(state, x, window: int):
    return x + state[0] * window
