"""Training that goes on from a registered version takes its model, and refuses one that learned something else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qts_core.config.models import ModelSettings
from qts_core.market.errors import TrainingError
from qts_core.models.base import ModelType
from qts_core.models.preprocessing import Method
from qts_core.research.continuation import with_start
from qts_core.targets import parse_target
from qts_core.training.folds import walk_forward
from qts_core.training.samples import TrainingSet
from qts_core.training.trainer import TrainingEntry, train_walk_forward
from tests.unit.qts_core.research.memory import MemoryRegistry
from tests.unit.qts_core.training.samples_for_tests import sample_set

ENTRY = TrainingEntry(
    "toy", "lightgbm", ModelType.REGRESSOR, parse_target("return_26bar"),
    {"n_estimators": 5, "num_leaves": 7, "min_data_in_leaf": 20},
)  # fmt: skip


class Registry(MemoryRegistry):
    """Holds one bundle."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__()
        self._files = files
        self.asked: list[tuple[str, str]] = []

    def download(self, model: str, version: str) -> dict[str, bytes]:
        self.asked.append((model, version))
        return self._files


def chosen(**training: object) -> ModelSettings:
    given = {"type": "lightgbm", "task": "regression", "target": "return_26bar", "training": training}
    return ModelSettings.model_validate(given)


@pytest.fixture(scope="module")
def samples() -> TrainingSet:
    return sample_set(sessions=30)


@pytest.fixture(scope="module")
def registry(samples: TrainingSet) -> Registry:
    plan = walk_forward(
        samples.timeline, train_sessions=15, test_sessions=5, step_sessions=5, horizon_bars=26, embargo_bars=2
    )
    return Registry(dict(train_walk_forward(ENTRY, samples, plan).bundle.files))


def test_the_version_named_is_fetched_and_grown_on(samples: TrainingSet, registry: Registry) -> None:
    entry = with_start(ENTRY, chosen(continue_from=3), samples, registry)
    assert registry.asked == [("qts_toy", "3")]
    assert entry.start is not None
    assert entry.start.feature_names == samples.names
    assert with_start(ENTRY, chosen(), samples, registry) is ENTRY


def test_another_target_features_or_a_scaler_are_refused(samples: TrainingSet, registry: Registry) -> None:
    cases = [
        (replace(ENTRY, target=parse_target("return_5bar")), samples, "of return_26bar"),
        (ENTRY, replace(samples, feature_hashes=("h0", "other", "h2", "h3")), "noise_a of 1 features"),
        (replace(ENTRY, preprocessing=Method.ZSCORE), samples, "a scaler"),
    ]
    for entry, given, words in cases:
        with pytest.raises(TrainingError, match=words) as refusal:
            with_start(entry, chosen(continue_from=3), given, registry)
        assert refusal.value.code == "QTS-MODEL-033"
        assert "\n" not in str(refusal.value)
