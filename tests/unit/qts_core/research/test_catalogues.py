from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qts_core.config.features import CORE_GROUPS, FeaturesSettings
from qts_core.config.settings import Settings
from qts_core.features import default_catalogue
from qts_core.features.roles import SymbolRoles
from qts_core.market.errors import InvalidConfigError
from qts_core.market.instruments import Instrument
from qts_core.research.catalogues import catalogue_for, choose_features, known_catalogue, model_catalogue, own_places

TEXT = """
from qts_core.features import feature, ops

feature("tech_mine_1_raw", ops.close / ops.open, unit="ratio", doc="Close over open.")
feature("tech_mine_1_gold", ops.of_role(ops.close, "gold"), unit="USD", doc="Gold.", group="own_metals")
"""


@pytest.fixture
def own(tmp_path: Path) -> str:
    path = tmp_path / "mine.py"
    path.write_text(TEXT)
    return str(path)


def playing(*roles: str) -> SymbolRoles:
    """Return the parts of a market in which a fund plays each role."""
    funds = [Instrument(f"F{number}", "Other", role=role) for number, role in enumerate(roles)]
    return SymbolRoles.of(("AAA", *(fund.symbol for fund in funds)), funds)


def test_own_features_are_computed_without_being_named_and_stand_last(own: str) -> None:
    chosen = catalogue_for(FeaturesSettings(own=(own,)))
    assert chosen.names == (*default_catalogue().subset(groups=CORE_GROUPS).names, "tech_mine_1_raw")
    assert "tech_mine_1_raw" in known_catalogue(FeaturesSettings(own=(own,)))
    assert own_places(FeaturesSettings(own=(own,)))["tech_mine_1_raw"] == f"{own}:4"


def test_own_features_can_be_left_out_and_asked_for_alone(own: str) -> None:
    assert "tech_mine_1_raw" not in catalogue_for(FeaturesSettings(own=(own,), exclude=("tech_mine*",)))
    assert catalogue_for(FeaturesSettings(own=(own,), groups=("own",))).names == ("tech_mine_1_raw",)
    assert catalogue_for(FeaturesSettings(own=(own,), groups=())).names == ("tech_mine_1_raw",)


def test_no_group_at_all_is_the_whole_default_catalogue() -> None:
    assert catalogue_for(FeaturesSettings(groups=())).hash == default_catalogue().readable(()).hash


@pytest.mark.parametrize("groups", [("all",), ("cross_intermarket", "calendar")])
def test_what_reads_a_role_that_nobody_plays_is_off_and_says_so(groups: tuple[str, ...]) -> None:
    without = choose_features(FeaturesSettings(groups=groups))
    assert not any(spec.roles for spec in without.catalogue)
    assert without.off
    assert all(roles == default_catalogue()[name].roles for name, roles in without.off.items())
    assert "gold" in without.sentence()
    some = choose_features(FeaturesSettings(groups=groups), playing("gold"))
    assert {s.name for s in some.catalogue} - set(without.catalogue.names) == {
        s.name for s in default_catalogue() if s.roles == ("gold",)
    }
    assert "gold" not in some.sentence()
    assert some.catalogue.hash != without.catalogue.hash


def test_nothing_is_off_where_every_role_is_played_or_none_is_asked_for() -> None:
    roles = {role for spec in default_catalogue() for role in spec.roles} - {"sector"}
    every = playing(*sorted(roles), "sector:Energy")
    energy = SymbolRoles(every.counts, {**every.columns, "sector": np.zeros(len(every.counts), dtype=np.int64)})
    assert not choose_features(FeaturesSettings(groups=("all",)), energy).off
    assert choose_features(FeaturesSettings()).sentence() == ""


def test_a_feature_of_ones_own_that_reads_a_role_is_switched_like_any_other(own: str) -> None:
    settings = FeaturesSettings(groups=("own",), own=(own,))
    assert choose_features(settings).off == {"tech_mine_1_gold": ("gold",)}
    assert catalogue_for(settings, playing("gold")).groups["own_metals"] == ("tech_mine_1_gold",)


def test_a_model_learns_from_a_group_of_ones_own(own: str, settings: Settings) -> None:
    key = next(iter(settings.models.models))
    chosen = settings.evolve({"features.own": (own,), f"models.models.{key}.features.groups": ("own",)})
    assert model_catalogue(chosen, key).names == ("tech_mine_1_raw",)


def test_a_file_is_read_again_when_it_changes(own: str) -> None:
    before = catalogue_for(FeaturesSettings(own=(own,)))
    Path(own).write_text(TEXT.replace("ops.close / ops.open", "ops.open / ops.close"))
    after = catalogue_for(FeaturesSettings(own=(own,)))
    assert before.hash != after.hash
    assert before["tech_mine_1_raw"].version != after["tech_mine_1_raw"].version


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(InvalidConfigError, match=r"QTS-FEAT-001.*technical_trend"):
        catalogue_for(FeaturesSettings(groups=("technical_tremd",)))
