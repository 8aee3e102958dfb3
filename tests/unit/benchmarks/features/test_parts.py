"""Every part of the feature benchmark runs, on a market too small to measure anything."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from benchmarks.features import __main__ as command
from benchmarks.features import alpha158, curve, live, pandas_ta, polars_expressions
from benchmarks.features.market import Market
from qts_core.features import alpha158_catalogue, default_catalogue
from qts_core.features.store import compute_panel

FEW = default_catalogue().subset(groups=("technical_momentum", "cross_sectional"))
TINY = ["--symbols", "2", "--bars", "300", "--live-bars", "10"]


@pytest.fixture(scope="module")
def market() -> Market:
    return Market.drawn(2, 300, live_bars=10)


def test_named_parts_run_and_their_figures_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "WHOLE", FEW)
    written = tmp_path / "figures.json"
    command.main(["talib", "alpha158", "live", *TINY, "--json", str(written)])
    figures = json.loads(written.read_text(encoding="utf-8"))
    assert set(figures) == {"bars", "symbols", "talib", "alpha158", "live"}
    assert all(row["ours"] > 0.0 and row["TA-Lib"] > 0.0 for row in figures["talib"])
    assert figures["live"]["p99_ms"] >= figures["live"]["p50_ms"] > 0.0
    assert "--qlib names an interpreter" in capsys.readouterr().out


def test_an_unknown_part_is_refused_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["tablib", *TINY])
    assert "there are talib" in capsys.readouterr().err


def test_polars_is_measured_on_the_same_bars(market: Market) -> None:
    rows = polars_expressions.measure(market)
    assert [row["indicator"] for row in rows] == list(polars_expressions.SHARED)
    assert all(float(row["polars"]) > 0.0 for row in rows)


# pandas-ta-classic is behind pandas.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_pandas_ta_is_measured_or_said_to_be_missing(market: Market, capsys: pytest.CaptureFixture[str]) -> None:
    rows = pandas_ta.measure(market)
    assert [row["indicator"] for row in rows] == list(pandas_ta.OURS) or "pip install" in capsys.readouterr().out


def test_the_curve_tells_bars_from_symbols_and_series_from_the_cross_section(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curve, "WHOLE", FEW)
    figures = curve.measure(market)
    assert set(figures) == {"time series", "cross-section"}
    for each in figures.values():
        assert isinstance(each, dict)
        assert all(math.isfinite(each[by]["exponent"]) for by in ("bars", "symbols"))


def test_values_of_another_engine_are_compared_feature_by_feature(market: Market) -> None:
    part = alpha158.first_bars(market.panel)
    theirs = compute_panel(part, alpha158_catalogue()).values.copy()
    names = alpha158_catalogue().names
    assert set(alpha158.differences(part, names, theirs).values()) == {0.0}
    theirs[names.index("KLEN")] *= 2.0
    assert alpha158.differences(part, names, theirs)["KLEN"] > 0.1
    with pytest.raises(SystemExit, match="names"):
        alpha158.differences(part, names[::-1], theirs)
