from __future__ import annotations

from itertools import pairwise

from qts_core.config.features import CORE_GROUPS
from qts_core.features import Plan, default_catalogue, ops
from qts_core.features.operations import Scope
from qts_core.features.plan import in_stages


def test_shared_parts_are_computed_once() -> None:
    mean = ops.sma(ops.close, 20)
    plan = Plan.of({"a": ops.close / mean, "b": ops.close - mean})
    assert [step.operation.name for step in plan.steps].count("rolling_sum") == 1
    assert len(plan.steps) == 3


def test_a_feature_that_is_a_source_or_another_feature_is_copied() -> None:
    mean = ops.sma(ops.close, 2)
    plan = Plan.of({"a": mean, "b": mean, "c": ops.close})
    assert [index for index, _ in plan.copies] == [1, 2]


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
    for index, spec in enumerate(catalogue):
        assert any(spec.expression is node for place, node in held.items() if getattr(place, "kind", "") == "output"), (
            index
        )


def test_buffers_are_far_fewer_than_results() -> None:
    plan = Plan.of(default_catalogue())
    assert plan.scratch < len(plan.steps) / 5


def test_the_hash_follows_names_and_expressions() -> None:
    one = Plan.of({"a": ops.close, "b": ops.open_})
    assert one.hash == Plan.of({"a": ops.close, "b": ops.open_}).hash
    assert one.hash != Plan.of({"b": ops.close, "a": ops.open_}).hash
    assert one.hash != Plan.of({"a": ops.close, "b": ops.high}).hash


def test_threads_meet_only_at_operations_across_symbols_and_as_seldom_as_possible() -> None:
    core = default_catalogue().subset(groups=CORE_GROUPS)
    crosses = [step.operation.scope is Scope.CROSS_SECTION for step in Plan.of(core).steps]
    borders = sum(one != two for one, two in pairwise(crosses))
    assert borders <= 4


def test_memory_follows_the_expressions_not_the_order_of_execution() -> None:
    plan = Plan.of({"a": ops.cross_mean(ops.ema(ops.close, 3)), "b": ops.ema(ops.volume, 5)})
    places = sorted((step.state_at, step.state_size) for step in plan.steps if step.state_size)
    assert [at for at, _ in places] == [0, places[0][1]]
    assert plan.state_size() == sum(size for _, size in places)
