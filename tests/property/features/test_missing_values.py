"""What every operation does where an input is missing is what its row in the table says."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from qts_core.features import Node, default_catalogue, ops
from qts_core.features.operations import BUILT_IN, COUNTS, OPERATIONS, SOURCES, Missing, Operation, Scope
from qts_core.features.roles import ROLES

Floats = NDArray[np.float64]

ROWS, SYMBOLS = 1400, 4
CLOCK = dict(
    zip(
        SOURCES[5:10],
        (np.arange(ROWS) // 26, 15.0 * (np.arange(ROWS) % 26), 15.0 * (np.arange(ROWS) % 26) + 15.0,
         25 - np.arange(ROWS) % 26, np.arange(ROWS) // 26 % 5),
        strict=True,
    )
)  # fmt: skip


def examples() -> dict[str, Node]:
    """Return a use of each operation, from the catalogue where it has one."""
    found: dict[str, Node] = {}
    extra = (ops.normal_probability(ops.close), ops.quantile_normal(ops.close, 20), ops.robust_zscore(ops.close, 20))
    for root in (*(spec.expression for spec in default_catalogue()), *extra):
        for node in root.walk():
            if node.operation in OPERATIONS:
                found.setdefault(node.operation, node)
    return found


EXAMPLES = examples()
NAMES = tuple(name for name in BUILT_IN if name in EXAMPLES and not name.startswith("of_") and name != "part")


def inputs_of(name: str) -> list[Floats]:
    """Return random series for the operation; facts of the timeline where it reads them."""
    random = np.random.default_rng(5)
    series = []
    for node in EXAMPLES[name].inputs:
        if node.operation in CLOCK:
            series.append(np.repeat(CLOCK[node.operation][:, None].astype(float), SYMBOLS, axis=1))
        else:
            walk = 0.5 + 0.4 * np.sin(0.1 * np.cumsum(random.standard_normal((ROWS, SYMBOLS)), axis=0))
            walk += 0.01 * random.random((ROWS, SYMBOLS))
            series.append(-walk if name == "lowest_hill" else walk)
    if name == "cluster_mean":
        series[1] = np.repeat(np.array([[0.0, 0.0, 1.0, 1.0]]), ROWS, axis=0)
    return series


def bar_inputs(name: str) -> list[int]:
    """Return the inputs that are no fact of the timeline; those always exist."""
    return [i for i, node in enumerate(EXAMPLES[name].inputs) if node.operation not in CLOCK]


def run(name: str, series: list[Floats]) -> Floats:
    """Return what the kernel writes, float64 [width, rows, symbols]."""
    rule, parameters = OPERATIONS[name], EXAMPLES[name].parameters
    shape = series[0].shape
    out = np.empty(shape if rule.width == 1 else (rule.width, *shape))
    size = rule.state_size(parameters)
    state = (np.zeros((shape[1], size)),) if size else ()
    told = (np.ones(shape, dtype=bool),) if rule.context == COUNTS else ()
    rule.kernel(*(np.ascontiguousarray(each) for each in series), out, *state, *told, *parameters)
    return out if rule.width > 1 else out[None]


def with_gaps(series: list[Floats], places: list[int], gone: NDArray[np.bool_]) -> list[Floats]:
    """Return the series with the rows `gone` missing in the inputs at `places`."""
    return [np.where(gone[:, None], np.nan, each) if i in places else each for i, each in enumerate(series)]


def gaps(kind: str) -> NDArray[np.bool_]:
    """Return which rows are missing: at the beginning, or here and there."""
    gone = np.zeros(ROWS, dtype=bool)
    if kind == "leading":
        gone[:100] = True
    else:
        gone[np.random.default_rng(6).random(ROWS) < 0.1] = True
        gone[700:760] = True
    return gone


def of(*policies: Missing) -> list[str]:
    return [name for name in NAMES if OPERATIONS[name].missing in policies]


def test_every_operation_of_the_catalogue_states_what_it_does() -> None:
    used = {name for name in BUILT_IN if name in EXAMPLES}
    assert used - set(NAMES) - {"part"} <= {f"of_{role}" for role in ROLES}
    for name in NAMES:
        rule: Operation = OPERATIONS[name]
        assert (rule.missing is Missing.OPTIONAL) == bool(rule.optional), name
        assert (rule.missing is Missing.LEFT_OUT) == (rule.scope is Scope.CROSS_SECTION), name


@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_gives_nothing_out(name: str) -> None:
    series = with_gaps(inputs_of(name), bar_inputs(name), np.ones(ROWS, dtype=bool))
    assert np.isnan(run(name, series)).all()


@pytest.mark.parametrize("kind", ["leading", "here and there"])
@pytest.mark.parametrize("name", of(Missing.PASSED_ON))
def test_an_operation_without_memory_passes_a_missing_input_on(name: str, kind: str) -> None:
    series, gone = inputs_of(name), gaps(kind)
    whole = run(name, series)
    for place in bar_inputs(name):
        found = run(name, with_gaps(series, [place], gone))
        assert np.isnan(found[:, gone]).all()
        np.testing.assert_array_equal(found[:, ~gone], whole[:, ~gone])


@pytest.mark.parametrize("kind", ["leading", "here and there"])
@pytest.mark.parametrize("name", of(Missing.SKIPPED, Missing.OPTIONAL))
def test_a_missing_bar_is_as_if_it_were_not_there(name: str, kind: str) -> None:
    series, gone = inputs_of(name), gaps(kind)
    without = run(name, [each[~gone] for each in series])
    assert not np.isnan(without).all(), "the example has no values to compare"
    found = run(name, with_gaps(series, bar_inputs(name), gone))
    assert np.isnan(found[:, gone]).all()
    np.testing.assert_array_equal(found[:, ~gone], without)


@pytest.mark.parametrize("name", of(Missing.SKIPPED))
def test_one_missing_input_is_as_bad_as_all(name: str) -> None:
    series, gone = inputs_of(name), gaps("here and there")
    all_gone = run(name, with_gaps(series, bar_inputs(name), gone))
    for place in bar_inputs(name):
        np.testing.assert_array_equal(run(name, with_gaps(series, [place], gone)), all_gone)


@pytest.mark.parametrize("name", of(Missing.OPTIONAL))
def test_an_input_that_may_be_missing_leaves_a_value(name: str) -> None:
    series, gone = inputs_of(name), gaps("here and there")
    for place in OPERATIONS[name].optional:
        found = run(name, with_gaps(series, [place], gone))
        assert not np.isnan(found[:, gone]).any(), place
    for place in set(bar_inputs(name)) - set(OPERATIONS[name].optional):
        assert np.isnan(run(name, with_gaps(series, [place], gone))[:, gone]).all(), place


@pytest.mark.parametrize("name", of(Missing.CLOCKED))
def test_a_longer_bar_closes_on_time_whether_or_not_its_last_row_is_there(name: str) -> None:
    series, gone = inputs_of(name), np.zeros(ROWS, dtype=bool)
    gone[25::26] = True
    found = run(name, with_gaps(series, [0], gone))
    assert not np.isnan(found[0, gone]).any()


@pytest.mark.parametrize("name", of(Missing.LEFT_OUT))
def test_a_symbol_without_a_value_does_not_count_among_the_others(name: str) -> None:
    series = inputs_of(name)
    places = bar_inputs(name)
    if name == "structure":
        # It looks back over a window, so the symbol is missing throughout.
        absent = [each.copy() for each in series]
        for place in places:
            absent[place][:, 3] = np.nan
        found = run(name, absent)
        assert np.isnan(found[:, :, 3]).all()
        np.testing.assert_array_equal(found[:, :, :3], run(name, [each[:, :3] for each in series]))
        return
    gone = gaps("here and there")
    some = [each.copy() for each in series]
    for place in places:
        some[place][gone, 3] = np.nan
    found = run(name, some)
    assert np.isnan(found[:, gone, 3]).all()
    np.testing.assert_array_equal(found[:, gone, :3], run(name, [each[:, :3] for each in series])[:, gone])
    np.testing.assert_array_equal(found[:, ~gone], run(name, series)[:, ~gone])
