"""The sign of a spike is read from what a search left, and only where the model lives from it."""

from __future__ import annotations

import pytest

from qts_core.config.models import ModelSettings
from qts_core.research.calibration import MemoryLake
from qts_core.research.search.result import FINAL, SearchResult, WindowResult, save_search
from qts_core.research.search.sensitivity import searched_sensitivity

FOUND = {"num_leaves": 7}


def lake_with(drop: float, neighbours: int = 4) -> MemoryLake:
    """Return a lake with a search whose best trial has the value 2 and neighbours that are worse by `drop`."""
    line = {"value": 2.0, "spike": -0.5 * drop, "neighbours": neighbours}
    window = WindowResult(FINAL, 0, FOUND, {"ranking": [line]}, {})
    lake = MemoryLake()
    save_search(lake, SearchResult("m", "tpe", "net_sharpe", "x", (window,), {}))
    return lake


def model(**given: object) -> ModelSettings:
    return ModelSettings.model_validate(
        {"type": "lightgbm", "task": "regression", "target": "return_1bar", "hyperparameters": FOUND} | given
    )


@pytest.mark.parametrize(("drop", "is_raised"), [(0.2, False), (1.0, False), (1.2, True), (3.0, True)])
def test_neighbours_that_lose_more_than_half_are_a_spike(drop: float, is_raised: bool) -> None:
    flag = searched_sensitivity(lake_with(drop), "m", model())
    assert flag.name == "flag.parameter_sensitivity"
    assert flag.value == pytest.approx(drop / 2.0)
    assert flag.is_raised is is_raised


@pytest.mark.parametrize(
    ("lake", "given"),
    [
        (MemoryLake(), {}),
        (lake_with(3.0), {"hyperparameters": {"num_leaves": 31}}),
        (lake_with(3.0, neighbours=1), {}),
    ],
)
def test_without_a_search_that_the_model_lives_from_there_is_nothing_to_judge(
    lake: MemoryLake, given: dict[str, object]
) -> None:
    assert searched_sensitivity(lake, "m", model(**given)).verdict == "not applicable"


def test_a_model_that_asks_for_what_was_found_is_judged() -> None:
    asking = model(hyperparameters={}, hyperparameters_from="study")
    assert searched_sensitivity(lake_with(3.0), "m", asking).is_raised
