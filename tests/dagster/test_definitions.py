"""What a person meets in the Dagster UI: five groups in order, everything described, owned and checked."""

from __future__ import annotations

import dagster as dg
import pytest

from qts_dagster.definitions import build_definitions
from qts_dagster.defs.resources import Platform

GROUPS = {"market_data", "features", "models", "backtests", "operations"}

MODELS = ("lightgbm_return", "lightgbm_direction")


@pytest.fixture
def definitions(platform: Platform) -> dg.Definitions:
    return build_definitions(platform)


def specs(definitions: dg.Definitions) -> list[dg.AssetSpec]:
    return list(definitions.resolve_all_asset_specs())


def test_definitions_load_with_every_job_sensor_and_schedule_resolved(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_the_five_groups_are_there(definitions: dg.Definitions) -> None:
    assert {spec.group_name for spec in specs(definitions)} == GROUPS


def test_every_asset_says_what_it_is_who_owns_it_and_of_what_kind_it_is(definitions: dg.Definitions) -> None:
    for spec in specs(definitions):
        assert len(spec.description or "") > 60, spec.key
        assert spec.owners, spec.key
        assert spec.kinds, spec.key
        assert {"layer", "spec", "cost"} <= set(spec.tags), spec.key


def test_every_asset_but_the_observing_ones_has_a_blocking_check(definitions: dg.Definitions) -> None:
    blocking = {
        spec.asset_key for checks in definitions.asset_checks or () for spec in checks.check_specs if spec.blocking
    }
    unchecked = {spec.key.to_user_string() for spec in specs(definitions)} - {k.to_user_string() for k in blocking}
    # A backtest is judged by the verdict after it; a comparison and health rows are measurements, nothing follows them.
    judged = {f"{kind}_{model}" for kind in ("backtest", "comparison", "walk_forward") for model in MODELS}
    assert unchecked == {*judged, "model_comparison", "model_health"}


def test_sensors_and_schedules_explain_themselves(definitions: dg.Definitions) -> None:
    for thing in (*(definitions.sensors or ()), *(definitions.schedules or ())):
        assert len(thing.description or "") > 40, thing.name


def test_every_enabled_model_of_the_configuration_has_its_assets(definitions: dg.Definitions) -> None:
    names = {spec.key.to_user_string() for spec in specs(definitions)}
    for model in ("lightgbm_return", "lightgbm_direction"):
        assert {f"{part}_{model}" for part in ("training_set", "model", "backtest", "verdict", "tear_sheet")} <= names
