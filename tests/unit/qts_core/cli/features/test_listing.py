from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qts_core.cli.features import app
from qts_core.features import alpha158_catalogue, default_catalogue
from qts_core.market.errors import InvalidConfigError

run = CliRunner().invoke


def test_list_shows_every_feature_of_a_group() -> None:
    result = run(app, ["list", "--group", "calendar"])
    assert result.exit_code == 0
    assert all(name in result.output for name in default_catalogue().groups["calendar"])
    assert "tech_rsi_14_raw" not in result.output


def test_list_as_json_names_the_catalogue() -> None:
    content = json.loads(run(app, ["list", "--json"]).output)
    assert content["catalogue"] == default_catalogue().hash
    assert [row["name"] for row in content["features"]] == list(default_catalogue().names)


def test_list_shows_another_catalogue_by_its_name_or_its_group() -> None:
    for option in ("--catalogue", "--group"):
        content = json.loads(run(app, ["list", option, "alpha158", "--json"]).output)
        assert [row["name"] for row in content["features"]] == list(alpha158_catalogue().names)


def test_an_unknown_catalogue_is_refused_with_the_nearest_one() -> None:
    result = run(app, ["list", "--catalogue", "alpha185"])
    assert isinstance(result.exception, InvalidConfigError)
    assert "alpha158" in str(result.exception)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of settings that asks for own features and for one that reads gold; its lake is empty."""
    (tmp_path / "mine.py").write_text(
        "from qts_core.features import feature, ops\n\n"
        'feature("tech_mine_1_raw", ops.close / ops.open, unit="ratio", doc="Close over open.")\n'
    )
    (tmp_path / "features.yaml").write_text("groups: [calendar, cross_intermarket]\nown: [mine.py]\n")
    monkeypatch.setenv("QTS_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("QTS_HOME", str(tmp_path / "home"))
    return tmp_path


def test_list_shows_what_is_on_what_is_off_and_why(home: Path) -> None:
    rows = {row["name"]: row for row in json.loads(run(app, ["list", "--json"]).output)["features"]}
    assert rows["tech_mine_1_raw"]["state"] == "on"
    assert rows["tech_rsi_14_raw"]["state"] == ""
    needing = next(spec for spec in default_catalogue() if spec.roles == ("gold",))
    assert rows[needing.name]["state"] == "off: no symbol plays gold"
    assert rows[needing.name]["needs"] == ["gold"]
    assert "features are switched off: no symbol plays" in run(app, ["list"]).output


def test_own_features_have_their_group_and_their_place(home: Path) -> None:
    assert "tech_mine_1_raw" in run(app, ["list", "--group", "own"]).output
    explained = json.loads(run(app, ["explain", "tech_mine_1_raw", "--json"]).output)
    assert explained["declared"] == f"{home / 'mine.py'}:3"
