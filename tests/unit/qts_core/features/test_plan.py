from __future__ import annotations

from itertools import pairwise

import pytest

from qts_core.config.features import CORE_GROUPS
from qts_core.features import Plan, default_catalogue, ops
from qts_core.features.operations import SOURCES
from qts_core.features.plan import Place, Reach, in_stages


def test_shared_parts_are_computed_once() -> None:
    mean = ops.sma(ops.close, 20)
    plan = Plan.of({"a": ops.close / mean, "b": ops.close - mean})
    assert [step.operation.name for step in plan.steps].count("rolling_sum") == 1
    assert len(plan.steps) == 3


def test_a_feature_that_is_a_source_or_another_feature_is_copied() -> None:
    mean = ops.sma(ops.close, 2)
    plan = Plan.of({"a": mean, "b": mean, "c": ops.close})
    assert [step.features for step in plan.steps] == [(0, 1)]
    assert plan.copies == ((2, Place("source", SOURCES.index("close"))),)


def test_no_step_reads_a_buffer_that_was_given_back() -> None:
    """Replay the plan with names instead of numbers: each step finds the very node it asked for."""
    catalogue = default_catalogue()
    plan = Plan.of(catalogue)
    nodes = [
        n for n in in_stages(list(dict.fromkeys(n for spec in catalogue for n in spec.expression.walk()))) if n.inputs
    ]
    assert len(nodes) == len(plan.steps)
    held: dict[object, object] = {}
    for node, step in zip(nodes, plan.steps, strict=True):
        for part, place in zip(node.inputs, step.inputs, strict=True):
            assert place.kind == "source" or held[place] is part
        assert step.output not in step.inputs
        held[step.output] = node
        assert step.features == tuple(i for i, spec in enumerate(catalogue) if spec.expression is node)


def test_buffers_are_far_fewer_than_results() -> None:
    plan = Plan.of(default_catalogue())
    assert plan.scratch < len(plan.steps) / 5


def test_the_hash_follows_names_and_expressions() -> None:
    one = Plan.of({"a": ops.close, "b": ops.open_})
    assert one.hash == Plan.of({"a": ops.close, "b": ops.open_}).hash
    assert one.hash != Plan.of({"b": ops.close, "a": ops.open_}).hash
    assert one.hash != Plan.of({"a": ops.close, "b": ops.high}).hash


@pytest.mark.parametrize(("groups", "most"), [(CORE_GROUPS, 4), (("all",), 8)])
def test_threads_meet_only_where_steps_look_at_something_else_and_as_seldom_as_possible(
    groups: tuple[str, ...], most: int
) -> None:
    catalogue = default_catalogue() if groups == ("all",) else default_catalogue().subset(groups=groups)
    borders = sum(one.reach != two.reach for one, two in pairwise(Plan.of(catalogue).steps))
    assert borders <= most


def test_of_each_step_it_is_known_what_it_looks_at() -> None:
    loading = ops.structure(ops.log_return(ops.close), 40).loadings[0]
    plan = Plan.of({"a": ops.sma(ops.cross_mean(ops.close), 5), "b": loading})
    reach = {step.operation.name: step.reach for step in plan.steps}
    assert reach == {
        "lag": Reach.SYMBOL, "divide": Reach.SYMBOL, "log": Reach.SYMBOL, "cross_mean": Reach.INSTANT,
        "structure": Reach.EVERYTHING, "rolling_sum": Reach.SYMBOL, "part": Reach.SYMBOL,
    }  # fmt: skip


def test_memory_follows_the_expressions_not_the_order_of_execution() -> None:
    plan = Plan.of({"a": ops.cross_mean(ops.ema(ops.close, 3)), "b": ops.ema(ops.volume, 5)})
    places = sorted((step.state_at, step.state_size) for step in plan.steps if step.state_size)
    assert [at for at, _ in places] == [0, places[0][1]]
    assert plan.state_size() == sum(size for _, size in places)
