"""Every method of selection: noise is chosen at the nominal rate only, a planted signal is found, chance is seeded."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from scipy.stats import binom

from qts_core.config.models import FeatureSelection
from qts_core.training.selection import METHODS, Selection, TrainingRows, select
from tests.unit.qts_core.training.selection.rows_for_tests import COLUMNS, rows_of

PLANTED = {"f00", "f01"}
TESTING = ("mutual_information", "chi_square", "tree", "permutation", "shap")
"""Choose each feature by a test: noise passes at the rate alpha."""
GUARDING = ("sequential_forward", "genetic", "lasso")
"""Guard the whole set: any noise passes at the rate alpha."""
SUPERVISED = (*TESTING, *GUARDING, "sequential_backward", "rfe")
SEEDS = {"chi_square": 40, "lasso": 60, "mutual_information": 8, "genetic": 20, "sequential_forward": 40}


def run(rows: TrainingRows, method: str, seed: int = 0, **settings: object) -> Selection:
    return select(rows, FeatureSelection.model_validate({"method": method, **settings}), np.random.default_rng(seed))


def classes_of(method: str) -> int:
    return 2 if method == "chi_square" else 0


def passed(found: Selection) -> set[str]:
    return {name for name in found.names if found.reasons[name].startswith("passed")}


def test_every_method_of_the_settings_exists() -> None:
    named = set(get_args(FeatureSelection.model_fields["method"].annotation))
    assert named == {"none", *METHODS}


@pytest.mark.parametrize("method", TESTING)
def test_noise_passes_at_the_nominal_rate_only(method: str) -> None:
    seeds = SEEDS.get(method, 8)
    chosen = sum(len(passed(run(rows_of(s, classes=classes_of(method)), method, s, alpha=0.1))) for s in range(seeds))
    # Scores of one draw share its labels and its chance rounds: allow for half the independent trials.
    assert chosen / 2 <= binom.ppf(0.999, seeds * COLUMNS // 2, 0.1)
    if method in ("mutual_information", "chi_square"):
        assert chosen / 2 >= binom.ppf(0.001, seeds * COLUMNS // 2, 0.1)


@pytest.mark.parametrize("method", GUARDING)
def test_pure_noise_passes_as_a_whole_at_the_nominal_rate_only(method: str) -> None:
    seeds = SEEDS[method]
    fooled = sum(bool(passed(run(rows_of(s), method, s, alpha=0.2))) for s in range(seeds))
    assert fooled <= binom.ppf(0.999, seeds, 0.2)


@pytest.mark.parametrize("method", ["rfe"])
def test_a_method_that_keeps_a_number_gives_every_noise_the_same_chance(method: str) -> None:
    seeds, counts = 60, np.zeros(COLUMNS)
    for seed in range(seeds):
        found = run(rows_of(seed, count=300), method, seed, maximum=5)
        assert len(found.names) == 5
        counts[[int(name[1:]) for name in found.names]] += 1
    expected = seeds * 5 / COLUMNS
    # chi-square with 19 degrees of freedom, scaled for drawing without replacement
    assert ((counts - expected) ** 2).sum() / (expected * (1 - 5 / COLUMNS)) < 43.8


@pytest.mark.parametrize(
    ("method", "classes"), [(m, c) for m in SUPERVISED for c in (0, 2, 3) if c or m != "chi_square"]
)
def test_a_planted_signal_is_found_among_noise(method: str, classes: int) -> None:
    found = run(rows_of(3, count=1500, signal=0.8, classes=classes, missing=0.03), method, maximum=4)
    assert set(found.names) >= PLANTED
    assert set(sorted(found.scores, key=found.scores.__getitem__)[-2:]) == PLANTED or method == "rfe"


@pytest.mark.parametrize("method", ["sequential_forward", "genetic", "lasso", "permutation", "tree", "shap"])
def test_beside_a_signal_little_noise_passes(method: str) -> None:
    noise = [len(passed(run(rows_of(s, count=900, signal=0.8), method, s)) - PLANTED) for s in range(6)]
    assert np.mean(noise) <= 0.1 * (COLUMNS - 2)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_choice(method: str) -> None:
    rows = rows_of(5, signal=0.3, classes=classes_of(method), missing=0.02, columns=8)
    assert run(rows, method, 4).to_json() == run(rows, method, 4).to_json()


@pytest.mark.parametrize("method", METHODS)
def test_every_feature_has_a_score_and_a_reason_and_one_is_always_kept(method: str) -> None:
    rows = rows_of(6, classes=classes_of(method), columns=6)
    rows.features[:, 3] = np.nan
    found = run(rows, method, maximum=2)
    assert set(found.scores) == set(found.reasons) == set(rows.names)
    assert 1 <= len(found.names) <= 2
    assert list(found.names) == sorted(found.names)
    assert "f03" not in found.names
    assert "no value" in found.reasons["f03"]
    assert Selection.from_json(found.to_json()).names == found.names


@pytest.mark.parametrize("method", METHODS)
def test_constant_labels_and_a_single_column_are_survived(method: str) -> None:
    rows = rows_of(7, classes=classes_of(method), columns=4)
    assert run(rows.relabelled(np.zeros(len(rows))), method, alpha=0.5).names
    assert run(rows.columns(np.array([2])), method, alpha=0.5).names == ("f02",)
