"""What a rehearsal keeps in memory behaves as ledger, records and registry do."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from qts_core.market.errors import ModelNotFoundError
from qts_core.ports.registry import DatasetRecord, TrainingRecord
from qts_core.research.calibration.stores import EPOCH, MemoryRegistry, rehearsal_tools
from qts_core.research.ledger import Trial, TrialKind


def record(bundle: str) -> TrainingRecord:
    return TrainingRecord(
        model="lightgbm_return", run_name="a run", parameters={}, metrics={}, tags={"spec": "15.3"}, folds=(),
        dataset=DatasetRecord("features", "d", "lake:features", 1, ("a",), "return_26bar"),
        files={"manifest.json": b"{}"}, bundle_sha256=bundle, example=np.zeros((1, 1)), example_scores=np.zeros(1),
        card="",
    )  # fmt: skip


def test_the_ledger_of_a_rehearsal_is_a_chain_as_any_other() -> None:
    ledger = rehearsal_tools().ledger
    for name in ("a", "b", "b"):
        ledger.record(Trial(TrialKind.BACKTEST, "m", name), now=EPOCH)
    assert ledger.verify().is_intact
    assert ledger.summary().count == 2


def test_an_alias_belongs_to_one_version() -> None:
    registry = MemoryRegistry()
    first, second = registry.log_training(record("x")), registry.log_training(record("y"))
    registry.set_alias(first.model, "challenger", first.version)
    registry.set_alias(first.model, "challenger", second.version)
    found = registry.by_alias(first.model, "challenger")
    assert found is not None
    assert (found.version, found.bundle_sha256) == (second.version, "y")
    assert [v.version for v in registry.versions(first.model)] == [second.version, first.version]
    assert registry.download(first.model, first.version) == {"manifest.json": b"{}"}


def test_a_version_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelNotFoundError, match="no such version"):
        MemoryRegistry().version("qts_lightgbm_return", "3")


def test_the_same_rehearsal_gives_the_same_records() -> None:
    assert rehearsal_tools().now() == datetime(2000, 1, 1, tzinfo=UTC)
