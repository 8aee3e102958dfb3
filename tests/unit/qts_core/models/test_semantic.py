"""What changed since the last version decides which part of the number grows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qts_core.models.semantic import FIRST_VERSION, Outline, SemanticVersion, next_version
from tests.unit.qts_core.models.test_bundle import bundle_of

PREVIOUS = SemanticVersion(1, 4, 2)
BEFORE = Outline.made(
    catalogue_hash="c", target="return_26bar", horizon_bars=26, bar_minutes=15, task="regressor", kind="lightgbm",
    configuration={"parameter.num_leaves": "6", "seed": "7"}, symbols=("AAA", "BBB"), libraries={"lightgbm": "4.6.0"},
    training_set="t1", code="0.1.0+gabc",
)  # fmt: skip


def test_the_first_version_is_one() -> None:
    assert next_version(None, None, BEFORE).version == FIRST_VERSION == SemanticVersion(1, 0, 0)


@pytest.mark.parametrize(
    ("part", "name", "version"),
    [
        ("contract", "features", "2.0.0"),
        ("contract", "target", "2.0.0"),
        ("contract", "horizon_bars", "2.0.0"),
        ("method", "parameter.num_leaves", "1.5.0"),
        ("method", "kind", "1.5.0"),
        ("method", "symbols", "1.5.0"),
        ("method", "library.lightgbm", "1.5.0"),
        ("material", "data", "1.4.3"),
        ("material", "code", "1.4.3"),
    ],
)
def test_each_part_grows_by_what_it_stands_for(part: str, name: str, version: str) -> None:
    step = next_version(PREVIOUS, BEFORE, replace(BEFORE, **{part: {**getattr(BEFORE, part), name: "other"}}))
    assert str(step.version) == version
    assert step.reason == f"since 1.4.2: {name} changed"


def test_the_greatest_change_counts() -> None:
    now = Outline({**BEFORE.contract, "target": "x"}, {**BEFORE.method, "seed": "8"}, {**BEFORE.material, "data": "t2"})
    assert next_version(PREVIOUS, BEFORE, now).version == (2, 0, 0)


def test_without_a_change_the_version_stays_unless_the_code_has_no_name() -> None:
    assert next_version(PREVIOUS, BEFORE, BEFORE).version == PREVIOUS
    loose = replace(BEFORE, material={**BEFORE.material, "code": "0.1.0+gabc.dirty"})
    assert next_version(PREVIOUS, loose, loose).version == (1, 4, 3)


def test_a_forgotten_past_may_have_been_anything() -> None:
    assert next_version(PREVIOUS, None, BEFORE).version == (2, 0, 0)


def test_versions_are_read_and_ordered_as_numbers() -> None:
    assert SemanticVersion.parse("1.10.0") == (1, 10, 0)
    assert SemanticVersion(1, 10, 0) > SemanticVersion(1, 9, 9)
    for text in ("1.2", "01.2.3", "1.2.3-rc1", "v1.2.3", "", "1.2.３"):
        assert SemanticVersion.parse(text) is None


def test_the_outline_of_a_bundle_names_what_its_manifest_holds() -> None:
    outline = Outline.of(bundle_of().manifest, code="abc")
    assert outline.contract["features"] == "c" * 64
    assert outline.method["parameter.n_estimators"] == "20"
    assert outline.material == {"data": "d", "code": "abc"}
