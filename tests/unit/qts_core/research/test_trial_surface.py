"""Trials of the ledger over two parameters, against means done by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from qts_core.research.ledger import Trial, TrialKind
from qts_core.research.trial_surface import trial_surface

YEAR = math.sqrt(252)


def tried(sharpe: float | None, *, model: str = "m", study: str = "s", **parameters: object) -> Trial:
    return Trial(
        TrialKind.SEARCH, model, f"{study}{sorted(parameters.items())}{sharpe}", daily_sharpe=sharpe, study=study,
        detail={"number": "0", "parameters": json.dumps(parameters)},
    )  # fmt: skip


def grid() -> list[Trial]:
    """Depth explains everything, rate a little, and a word and a constant nothing."""
    return [
        tried(0.01 * depth + 0.001 * rate, depth=depth, rate=rate, booster="gbdt", bins=63)
        for depth in (2, 4, 8)
        for rate in (1, 2)
    ]


def test_each_value_has_its_cell_with_the_mean_of_its_trials() -> None:
    found = trial_surface([*grid(), tried(0.05, depth=2, rate=1, booster="dart", bins=63)], "m")
    assert found is not None
    assert (found.y, found.x) == ("depth", "rate")
    assert (found.rows, found.columns) == (("2", "4", "8"), ("1", "2"))
    assert found.counts.tolist() == [[2, 1], [1, 1], [1, 1]]
    assert found.values[0, 0] == pytest.approx((0.021 + 0.05) / 2 * YEAR)
    assert found.values[2, 1] == pytest.approx(0.082 * YEAR)
    assert found.chosen == (2, 1)
    assert found.source == "search"


def test_many_values_are_put_in_spans_that_grow_by_factors() -> None:
    rng = np.random.default_rng(2)
    rates = np.exp(np.linspace(math.log(0.001), math.log(1.0), 30))
    trials = [tried(float(rng.normal()), rate=float(rate), leaves=int(7 + i % 3)) for i, rate in enumerate(rates)]
    found = trial_surface(trials, "m")
    assert found is not None
    spans = found.columns if found.x == "rate" else found.rows
    assert len(spans) == 6
    # A sixth of three powers of ten each: 0.001, 0.0032, 0.01 ...
    assert [float(span.split(" – ")[0]) for span in spans] == pytest.approx([0.001, 0.0032, 0.01, 0.032, 0.1, 0.32])
    assert found.counts.sum() == 30


def test_the_newest_study_counts_and_a_walk_forward_is_one() -> None:
    walked = [
        Trial(
            TrialKind.SEARCH, "walk-forward/m", f"{fast}.{slow}", daily_sharpe=0.01 * fast, study="w",
            detail={"parameter.fast": str(fast), "parameter.slow": str(slow), "value": "1.0"},
        )
        for fast in (5, 10, 20)
        for slow in (50, 100)
    ]  # fmt: skip
    found = trial_surface([*grid(), *walked], "m")
    assert found is not None
    assert {found.x, found.y} == {"fast", "slow"}
    assert found.source == "walk-forward"


@pytest.mark.parametrize(
    "trials",
    [
        [],
        grid()[:5],
        [tried(0.1 * i, depth=i) for i in range(9)],
        [tried(0.1 * i, depth=i, flag=bool(i % 2), name="x") for i in range(9)],
        [tried(None, depth=i, rate=i) for i in range(9)],
        [tried(0.1 * i, depth=i, rate=i, model="other") for i in range(9)],
    ],
)
def test_too_few_trials_or_parameters_make_no_map(trials: list[Trial]) -> None:
    assert trial_surface(trials, "m") is None
