from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable

import pytest

from qts_core.features import Node, ops
from qts_core.features.graph import apply, source
from qts_core.features.operations import Scope
from qts_core.market.errors import InvalidConfigError


def test_equal_expressions_are_one_object() -> None:
    assert ops.sma(ops.close, 20) / ops.close is ops.sma(ops.close, 20) / ops.close
    assert 2 * ops.close is 2.0 * ops.close
    assert ops.sma(ops.close, 20) is not ops.sma(ops.close, 21)


def test_a_window_given_as_float_is_the_same_whole_number() -> None:
    assert apply("lag", ops.close, bars=3.0) is ops.lag(ops.close, 3)


def test_nodes_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        ops.close.operation = "open"  # type: ignore[misc]


def test_warm_up_adds_along_the_deepest_path() -> None:
    # RSI needs 14 changes, a change needs one earlier bar; its mean over 5 needs 4 more.
    assert ops.sma(ops.rsi(ops.close, 14), 5).warm_up_bars == 18
    assert (ops.sma(ops.close, 10) - ops.sma(ops.close, 50)).warm_up_bars == 49


def test_one_look_across_symbols_makes_the_whole_expression_cross_sectional() -> None:
    assert ops.sma(ops.close, 3).scope is Scope.TIME_SERIES
    assert ops.sma(ops.cross_rank(ops.close), 3).scope is Scope.CROSS_SECTION


def test_the_digest_is_the_same_in_another_process() -> None:
    code = "from qts_core.features import ops; print(ops.rsi(ops.close, 14).digest)"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == ops.rsi(ops.close, 14).digest


def test_walk_yields_every_part_once_and_inputs_first() -> None:
    shared = ops.sma(ops.close, 5)
    root = shared / ops.close + shared
    order = list(root.walk())
    assert len(order) == len(set(order)) == 4
    assert all(order.index(part) < order.index(node) for node in order for part in node.inputs)


def test_a_formula_reads_like_the_expression() -> None:
    assert ops.lag(ops.close, 2).formula() == "lag(close, 2)"
    assert (ops.close - ops.open_).formula() == "subtract(close, open)"


def test_open_has_both_names() -> None:
    assert ops.open is ops.open_


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda: ops.sma(ops.close, 0), "0"),
        (lambda: ops.lag(ops.close, -1), "-1"),
        (lambda: apply("lag", ops.close, bars=2.5), "2.5"),
        (lambda: ops.close * math.inf, "inf"),
        (lambda: ops.close / 0.0, "0.0"),
        (lambda: ops.close + math.nan, "nan"),
        (lambda: apply("lead", ops.close, bars=1), "lead"),
        (lambda: apply("lag", ops.close, ops.close, bars=1), "Node"),
        (lambda: apply("lag", ops.close, window=1), "window"),
        (lambda: source("next_close"), "next_close"),
    ],
)
def test_a_wrong_expression_is_refused_with_what_was_found(make: Callable[[], Node], found: str) -> None:
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-005") as caught:
        make()
    assert found in str(caught.value)


def test_no_operation_looks_forward() -> None:
    for bars in (-5, 0):
        with pytest.raises(InvalidConfigError):
            ops.lag(ops.close, bars)
