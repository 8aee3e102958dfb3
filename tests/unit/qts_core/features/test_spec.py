from __future__ import annotations

import pytest

from qts_core.features import (
    GROUPS,
    Catalogue,
    FeatureSpec,
    alpha158_catalogue,
    default_catalogue,
    ops,
    shipped_catalogue,
)
from qts_core.market.errors import InvalidConfigError

CATALOGUE = default_catalogue()


def spec(name: str = "tech_sma_5_raw") -> FeatureSpec:
    return FeatureSpec(name, ops.sma(ops.close, 5), "USD", (0.0, 1e9), "Mean of five.", "definition", "technical_trend")


def test_the_catalogue_keeps_the_order_of_groups_and_holds_at_least_seventy_features() -> None:
    assert tuple(CATALOGUE.groups) == tuple(group for group in GROUPS if group in CATALOGUE.groups)
    assert len(CATALOGUE) >= 70
    assert sum(len(names) for names in CATALOGUE.groups.values()) == len(CATALOGUE)


def test_the_examples_of_the_specification_are_there() -> None:
    assert {"tech_rsi_14_raw", "tech_bbands_20_position", "stat_zscore_60_close", "micro_vpin_100_value"} <= set(
        CATALOGUE.names
    )


def test_every_feature_is_its_own_expression() -> None:
    assert len({s.expression for s in CATALOGUE}) == len(CATALOGUE)


def test_a_subset_keeps_the_order_of_the_catalogue() -> None:
    some = CATALOGUE.subset(names=("tech_rsi_14_raw", "tech_sma_20_distance"))
    assert some.names == ("tech_sma_20_distance", "tech_rsi_14_raw")
    assert some.hash != CATALOGUE.hash
    assert CATALOGUE.subset().hash == CATALOGUE.hash


def test_a_subset_of_groups_and_names_less_some() -> None:
    some = CATALOGUE.subset(groups=("calendar",), names=("tech_rsi_14_raw",), exclude=("time_friday_1_flag",))
    assert set(some.names) == {*CATALOGUE.groups["calendar"], "tech_rsi_14_raw"} - {"time_friday_1_flag"}


def test_the_hash_knows_names_order_and_expressions() -> None:
    one, two = spec("tech_sma_5_raw"), spec("tech_sma_6_raw")
    assert Catalogue([one, two]).hash == Catalogue([one, two]).hash
    assert (
        len({Catalogue([one]).hash, Catalogue([two]).hash, Catalogue([one, two]).hash, Catalogue([two, one]).hash}) == 4
    )


def test_an_unknown_name_is_refused_with_the_nearest_ones() -> None:
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-001") as caught:
        CATALOGUE["tech_rsi_14_row"]
    assert "tech_rsi_14_raw" in str(caught.value)
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-001"):
        CATALOGUE.subset(groups=("technical_trends",))
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-001"):
        CATALOGUE.subset(exclude=("nothing",))


@pytest.mark.parametrize("name", ["rsi", "tech_rsi_raw", "other_rsi_14_raw", "tech_RSI_14_raw", "tech_rsi_14_raw_more"])
def test_a_name_of_another_form_is_refused(name: str) -> None:
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-005"):
        spec(name)


@pytest.mark.parametrize(("name", "group"), [("KMID", "technical_trend"), ("tech_sma_5_raw", "alpha158")])
def test_a_name_follows_the_rule_of_its_group_and_of_no_other(name: str, group: str) -> None:
    FeatureSpec("KMID2", ops.close, "USD", (0.0, 1e9), "Close.", "definition", "alpha158")
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-005"):
        FeatureSpec(name, ops.close, "USD", (0.0, 1e9), "Close.", "definition", group)


def test_names_are_looked_up_in_every_catalogue_the_default_one_first() -> None:
    names = shipped_catalogue().names
    assert names == (*CATALOGUE.names, *alpha158_catalogue().names)
    assert shipped_catalogue().subset(groups=("alpha158",)).hash == alpha158_catalogue().hash


def test_two_features_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidConfigError, match="QTS-FEAT-005"):
        Catalogue([spec(), spec()])
