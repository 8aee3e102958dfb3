"""What is chosen: a plateau over a spike, the honest over the overfitted, by parts that add up."""

from __future__ import annotations

import math

import pytest

from qts_core.training.search.choice import Candidate, choose, ranked
from qts_core.training.search.space import Number, Space

SPACE = Space((Number("x", 0.0, 1.0),))


def candidate(number: int, x: float, value: float, **changes: object) -> Candidate:
    content = {
        "number": number, "point": {"x": x}, "value": value, "figure": value, "inside": value,
        "by_fold": (value, value), "sortino": 0.0, "seconds": 1.0, "is_feasible": True,
    }  # fmt: skip
    return Candidate(**{**content, **changes})  # type: ignore[arg-type]


def test_a_plateau_is_believed_before_a_higher_spike() -> None:
    plateau = [candidate(i, 0.1 + 0.02 * i, 1.0) for i in range(4)]
    spike = [candidate(10, 0.8, 1.3), candidate(11, 0.78, -0.5), candidate(12, 0.82, -0.5)]
    chosen = choose([*plateau, *spike], SPACE)
    assert chosen is not None
    assert chosen.candidate.number in range(4)
    by_number = {one.candidate.number: one for one in ranked([*plateau, *spike], SPACE)}
    # half of what the median neighbour lacks: (1.3 + 0.5) / 2
    assert by_number[10].spike == pytest.approx(0.9)


def test_a_drawdown_beyond_the_limit_is_never_chosen() -> None:
    found = [candidate(0, 0.1, 5.0, is_feasible=False), candidate(1, 0.9, 0.1)]
    chosen = choose(found, SPACE)
    assert chosen is not None
    assert chosen.candidate.number == 1
    assert choose(found[:1], SPACE) is None


@pytest.mark.parametrize(
    "better",
    [{"inside": 9.0}, {"by_fold": (-3.0, 5.0)}, {"seconds": 1000.0}],
    ids=["overfitted", "unstable", "dear"],
)
def test_of_two_equal_values_the_sounder_is_chosen(better: dict[str, object]) -> None:
    found = [candidate(0, 0.1, 1.0, **better), candidate(1, 0.9, 1.0), candidate(2, 0.5, 0.0)]
    chosen = choose(found, SPACE)
    assert chosen is not None
    assert chosen.candidate.number == 1


def test_sortino_decides_between_equals() -> None:
    found = [candidate(0, 0.1, 1.0, sortino=1.0), candidate(1, 0.9, 1.0, sortino=2.0)]
    chosen = choose(found, SPACE)
    assert chosen is not None
    assert chosen.candidate.number == 1


def test_the_parts_add_up_to_the_score() -> None:
    found = ranked([candidate(0, 0.1, 1.0, inside=3.0, by_fold=(0.0, 2.0)), candidate(1, 0.12, 0.5)], SPACE)
    one = next(each for each in found if each.candidate.number == 0)
    assert one.gap == pytest.approx(0.2)
    assert one.spread == pytest.approx(0.5 * math.sqrt(2.0) / math.sqrt(2.0))
    assert one.score == pytest.approx(1.0 - one.gap - one.spread - one.spike - one.cost)
