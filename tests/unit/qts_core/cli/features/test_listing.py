from __future__ import annotations

import json

from typer.testing import CliRunner

from qts_core.cli.features import app
from qts_core.features import default_catalogue

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
