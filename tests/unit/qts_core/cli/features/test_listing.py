from __future__ import annotations

import json

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
