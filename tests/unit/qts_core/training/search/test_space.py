"""Search spaces: scales, conditions, grids and neighbours are what they say."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.config.search import SearchDimension
from qts_core.models.base import ModelType
from qts_core.models.factory import model_class, registered_kinds
from qts_core.training.search.proposing import random_point
from qts_core.training.search.settled import settled_parameters
from qts_core.training.search.space import Choice, Number, Point, Space
from qts_core.training.search.spaces import default_space, searched_space

CONDITIONAL = Space(
    (
        Choice("strategy", ("bagging", "goss")),
        Number("rate", 0.01, 1.0, is_log=True),
        Number("share", 0.5, 1.0, when=(("strategy", ("bagging",)),)),
    )
)


def test_a_log_scale_puts_equal_ratios_at_equal_distances() -> None:
    rate = Number("rate", 0.001, 10.0, is_log=True)
    assert rate.levels(5) == pytest.approx((0.001, 0.01, 0.1, 1.0, 10.0))
    assert rate.place(0.1) == pytest.approx(0.5)


def test_integers_are_whole_and_both_ends_belong_to_them() -> None:
    trees = Number("trees", 500, 2000, is_integer=True)
    assert trees.levels(4) == (500, 1000, 1500, 2000)
    assert all(isinstance(value, int) for value in trees.levels(4))


def test_a_grid_holds_every_combination_once_and_nothing_inactive() -> None:
    grid = CONDITIONAL.grid(2)
    # by hand: two rates under goss, two rates times two shares under bagging
    assert len(grid) == 2 + 4
    assert all(("share" in point) == (point["strategy"] == "bagging") for point in grid)
    assert all(CONDITIONAL.contains(point) for point in grid)


def test_random_points_belong_to_the_space_and_cover_every_choice() -> None:
    points = [random_point(CONDITIONAL, np.random.default_rng(seed)) for seed in range(50)]
    assert all(CONDITIONAL.contains(point) for point in points)
    assert {point["strategy"] for point in points} == {"bagging", "goss"}


def test_a_point_and_its_places_are_the_same_thing() -> None:
    point: Point = {"strategy": "bagging", "rate": 0.1, "share": 0.75}
    assert CONDITIONAL.encode(point) == pytest.approx([np.sqrt(0.5), 0.0, 0.5, 0.5])


def test_many_places_are_encoded_as_one_by_one() -> None:
    space = Space(
        (*CONDITIONAL, Number("trees", 1, 9, is_integer=True), Number("n", 1, 99, is_log=True, is_integer=True))
    )
    places = np.random.default_rng(2).random((200, len(space)))
    one_by_one = np.stack([space.encode(space.point(place)) for place in places])
    np.testing.assert_allclose(space.encode_places(places), one_by_one, atol=1e-12)


def test_neighbours_differ_in_one_number_and_stay_inside() -> None:
    point: Point = {"strategy": "goss", "rate": 0.01}
    near = CONDITIONAL.neighbours(point, step=0.25)
    assert [other["rate"] for other in near] == [pytest.approx(0.01 * 100**0.25)]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Number("a", 1.0, 1.0),
        lambda: Number("a", 0.0, 1.0, is_log=True),
        lambda: Number("a", 0.5, 3, is_integer=True),
        lambda: Choice("a", ()),
        lambda: Space((Number("a", 0, 1), Number("a", 0, 1))),
        lambda: Space((Number("a", 0, 1, when=(("b", (1,)),)),)),
        lambda: Space((Number("a", 0, 1), Number("b", 0, 1, when=(("a", (1,)),)))),
    ],
)
def test_nonsense_is_refused(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(ValueError, match=r"expected|but|stands twice|depends"):
        wrong()


@pytest.mark.parametrize(("kind", "model_type"), sorted(registered_kinds()))
def test_every_point_of_a_shipped_space_is_a_set_of_hyperparameters_that_the_kind_takes(
    kind: str, model_type: ModelType
) -> None:
    space = default_space(kind, model_type)
    table = model_class(kind, model_type).table
    for seed in range(25 if len(space) else 0):
        point = random_point(space, np.random.default_rng(seed))
        assert list(table.contradictions(settled_parameters(kind, model_type, {}, point, space))) == []


def test_gradient_sampling_takes_bagging_out_of_what_models_yaml_says() -> None:
    space = default_space("lightgbm", ModelType.REGRESSOR)
    base = {"subsample": 0.8, "subsample_freq": 1, "reg_lambda": 10.0, "min_child_samples": 500}
    places = np.full(len(space), 0.5)
    bagged = space.point(np.where(np.array(space.names) == "data_sample_strategy", 0.0, places))
    sampled = space.point(np.where(np.array(space.names) == "data_sample_strategy", 0.9, places))
    one, other = (settled_parameters("lightgbm", ModelType.REGRESSOR, base, p, space) for p in (bagged, sampled))
    assert one["bagging_freq"] == 1
    assert one["min_data_in_leaf"] == 500
    assert "lambda_l2" in one
    assert "reg_lambda" not in one
    assert not {"bagging_fraction", "bagging_freq", "subsample", "subsample_freq"} & set(other)


def test_models_yaml_narrows_leaves_out_and_adds() -> None:
    space = searched_space(
        "lightgbm", ModelType.REGRESSOR,
        {
            "n_estimators": SearchDimension(low=20, high=40, integer=True),
            "data_sample_strategy": None,
            "min_child_samples": SearchDimension(low=100, high=1000, log=True, integer=True),
        },
    )  # fmt: skip
    plain = space.as_dict()
    assert plain["num_iterations"] == {"low": 20, "high": 40, "integer": True}
    assert plain["min_data_in_leaf"]["high"] == 1000
    assert "data_sample_strategy" not in plain
    assert "when" not in plain["bagging_fraction"]
