from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from qts_core.cli.features import app
from qts_core.market.errors import InvalidConfigError

run = CliRunner().invoke


def test_explain_shows_formula_and_source() -> None:
    result = run(app, ["explain", "tech_sma_20_distance"])
    assert "rolling_sum(close, window=20, divisor=20)" in result.output
    assert "TA-Lib SMA" in result.output


def test_explain_as_json_has_the_same_content() -> None:
    content = json.loads(run(app, ["explain", "tech_rsi_14_raw", "--json"]).output)
    assert content["warm-up"] == "14 bars"
    assert content["bounds"] == "[0, 100]"


def test_an_unknown_feature_is_an_error_with_the_nearest_names() -> None:
    result = run(app, ["explain", "tech_rsi_14_row"])
    assert isinstance(result.exception, InvalidConfigError)
    with pytest.raises(InvalidConfigError, match="tech_rsi_14_raw"):
        raise result.exception
