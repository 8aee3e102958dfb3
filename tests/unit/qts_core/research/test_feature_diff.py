"""What can be compared: catalogues, models, bundles, settings, registered versions at a day; and what is said of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from qts_core.adapters.lake import Lake
from qts_core.config.settings import Settings
from qts_core.features import Catalogue, default_catalogue, ops
from qts_core.features.spec import FeatureSpec
from qts_core.market.errors import InvalidConfigError
from qts_core.ports.registry import ModelRegistry, RegisteredVersion
from qts_core.research.feature_diff import Side, compare, of_catalogue, registered, side_of

DAYS = {"1": datetime(2024, 3, 1, 15, tzinfo=UTC), "2": datetime(2024, 6, 3, 15, tzinfo=UTC)}


def spec(name: str, window: int) -> FeatureSpec:
    return FeatureSpec(name, ops.sma(ops.close, window), "ratio", (0.0, 1.0), "A mean.", "here", "technical_trend")


def side(*specs: FeatureSpec) -> Side:
    return of_catalogue("x", Catalogue(specs))


def test_added_removed_and_changed_are_told_apart() -> None:
    kept, gone, new = spec("tech_kept_3_x", 3), spec("tech_gone_3_x", 3), spec("tech_new_3_x", 3)
    found = compare(side(kept, gone, spec("tech_other_3_x", 4)), side(kept, spec("tech_other_3_x", 5), new))
    assert (found.added, found.removed, found.same) == (("tech_new_3_x",), ("tech_gone_3_x",), 1)
    (changed,) = found.changed
    assert changed.name == "tech_other_3_x"
    assert changed.formulas == (
        ("x1 = rolling_sum(close, window=4, divisor=4)",), ("x1 = rolling_sum(close, window=5, divisor=5)",),
    )  # fmt: skip
    assert not found.is_empty


def test_the_same_features_in_another_order_are_another_catalogue() -> None:
    one, two = spec("tech_one_3_x", 3), spec("tech_two_3_x", 4)
    assert compare(side(one, two), side(two, one)).is_reordered
    assert compare(side(one, two), side(one, two)).is_empty


class Versions:
    """A registry that knows two versions."""

    def versions(self, model: str) -> tuple[RegisteredVersion, ...]:
        assert model == "qts_m"
        return tuple(RegisteredVersion("qts_m", number, "", "", day) for number, day in reversed(DAYS.items()))

    def version(self, model: str, version: str) -> RegisteredVersion:
        return next(each for each in self.versions(model) if each.version == version)

    def by_alias(self, model: str, alias: str) -> RegisteredVersion | None:
        return self.versions(model)[0] if alias == "champion" else None


@pytest.mark.parametrize(
    ("asked", "version"),
    [("2024-03-01", "1"), ("2024-06-02", "1"), ("2024-06-03", "2"), ("2024-12-31", "2"), ("champion", "2"), ("1", "1")],
)
def test_a_version_is_found_by_day_alias_or_number(asked: str, version: str) -> None:
    registry: ModelRegistry = Versions()  # type: ignore[assignment]  # only what is asked
    assert registered(registry, "m", asked).version == version


def test_a_day_before_the_first_version_has_nothing() -> None:
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-023"):
        registered(Versions(), "m", "2024-02-29")  # type: ignore[arg-type]


def none_of_it(*_: object) -> None:
    raise AssertionError("not asked")


def named(text: str, settings: Settings, tmp_path: Path) -> Side:
    return side_of(text, settings, Lake(tmp_path), none_of_it, none_of_it)  # type: ignore[arg-type]


def test_catalogues_models_and_hashes_have_features(settings: Settings, tmp_path: Path) -> None:
    everything = default_catalogue()
    for text in ("default", everything.hash[:8], everything.hash):
        assert tuple(named(text, settings, tmp_path).versions) == everything.names
    assert set(named("lightgbm_return", settings, tmp_path).versions) <= set(everything.names)
    assert named("own", settings, tmp_path).versions == {}


@pytest.mark.parametrize("text", ["nonsense", "deadbeef", "0d55", "", "/nowhere"])
def test_what_has_no_features_is_refused_with_what_can_be_named(text: str, settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-023") as caught:
        named(text, settings, tmp_path)
    assert "MODEL@YYYY-MM-DD" in str(caught.value)
