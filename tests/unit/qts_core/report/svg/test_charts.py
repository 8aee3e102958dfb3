"""Charts put things where the numbers say."""

from __future__ import annotations

import re
from datetime import date, timedelta
from xml.etree import ElementTree

import numpy as np
import pytest

from qts_core.report.formats import decimals, percent
from qts_core.report.svg.bars import column_chart, row_chart
from qts_core.report.svg.heatmap import heat_map, shade_map
from qts_core.report.svg.spread import histogram, scatter
from qts_core.report.svg.timeline import Pane, Series, time_chart

NS = "{http://www.w3.org/2000/svg}"
DATES = [date(2024, 1, 1) + timedelta(days=i) for i in range(30)]


def hovers(svg: str) -> list[str]:
    return [e.text or "" for e in ElementTree.fromstring(svg).iter(f"{NS}title")]


def test_a_histogram_counts_every_value_once_and_splits_at_zero() -> None:
    values = np.random.default_rng(3).normal(0, 1, 777)
    svg = histogram(
        values, width=500, height=100, label="h", unit="n", value_format=decimals, axis_format=decimals, bins=20
    )
    counts = [int(h.split("n = ")[1].replace(",", "")) for h in hovers(svg)]
    assert sum(counts) == 777
    losses = [int(m) for m in re.findall(r'f-loss"><title>[^<]*n = (\d+)', svg)]
    assert sum(losses) == int((values < 0).sum())


def test_a_histogram_of_nothing_says_so() -> None:
    svg = histogram(
        np.array([]), width=500, height=100, label="h", unit="n", value_format=decimals, axis_format=decimals
    )
    assert "no values" in svg


def test_stacked_columns_stand_on_each_other() -> None:
    parts = {"a": ("cost-a", np.array([1.0])), "b": ("cost-b", np.array([2.0]))}
    svg = column_chart(["x"], parts, width=300, height=100, label="c", unit="USD", value_format=decimals)
    bars = [e for e in ElementTree.fromstring(svg).iter(f"{NS}rect") if e.find(f"{NS}title") is not None]
    low, high = bars
    assert float(high.get("y", 0)) + float(high.get("height", 0)) == pytest.approx(float(low.get("y", 0)), abs=0.11)
    assert float(high.get("height", 0)) == pytest.approx(2 * float(low.get("height", 0)), abs=0.2)
    assert hovers(svg) == ["x · a: 1.00", "x · b: 2.00"]


def test_gains_and_losses_lie_on_either_side_of_zero() -> None:
    svg = row_chart(["up", "down"], np.array([2.0, -1.0]), width=300, label="r", value_format=decimals)
    bars = {e.get("class"): e for e in ElementTree.fromstring(svg).iter(f"{NS}rect") if e.get("class") != "hit"}
    gain, loss = bars["f-gain"], bars["f-loss"]
    assert float(loss.get("x", 0)) + float(loss.get("width", 0)) == pytest.approx(float(gain.get("x", 0)), abs=0.11)
    assert float(gain.get("width", 0)) == pytest.approx(2 * float(loss.get("width", 0)), abs=0.2)


def test_an_empty_cell_has_no_value_and_others_say_their_n() -> None:
    svg = heat_map(
        ["2024"], ["Jan", "Feb"], np.array([[np.nan, -0.5]]), np.array([[0.0, 19.0]]), width=300, label="m",
        counted="sessions", value_format=percent, cell_format=percent,
    )  # fmt: skip
    assert hovers(svg) == ["Feb 2024: (50.00 %) · n = 19 sessions"]
    assert svg.count("wash") == 1


def test_a_square_scatter_draws_its_diagonal_through_equal_values() -> None:
    svg = scatter(
        np.array([1.0, 2.0]), np.array([1.0, 2.0]), ["net"] * 2, ["a", "b"], width=300, height=200, label="s",
        unit="u", x_format=decimals, y_format=decimals, is_square=True,
    )  # fmt: skip
    root = ElementTree.fromstring(svg)
    line = next(e for e in root.iter(f"{NS}line") if e.get("class") == "axis dash")
    x1, y1, x2, y2 = (float(line.get(k, 0)) for k in ("x1", "y1", "x2", "y2"))
    for dot in root.iter(f"{NS}circle"):
        share = (float(dot.get("cx", 0)) - x1) / (x2 - x1)
        assert float(dot.get("cy", 0)) == pytest.approx(y1 + share * (y2 - y1), abs=0.3)


def test_a_time_chart_reads_out_every_strip_and_stays_in_its_frame() -> None:
    pane = Pane("USD", (Series("Net", "net", np.linspace(-1, 5, 30)),), 100, decimals, decimals, marks=(2.0,))
    svg = time_chart(DATES, (pane, pane), width=400, label="t", tint_from=10)
    root = ElementTree.fromstring(svg)
    strips = [e for e in root.iter(f"{NS}g") if e.get("class") == "p"]
    assert 20 <= len(strips) <= 30
    assert "Net (1.00)" in "".join(strips[0].itertext())
    assert "Net 5.00" in "".join(strips[-1].itertext())
    assert svg.count("tint f-sample") == 2


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_time_chart_of_almost_nothing_is_still_a_picture(n: int) -> None:
    pane = Pane("USD", (Series("Net", "net", np.ones(n)),), 100, decimals, decimals, is_log=True)
    ElementTree.fromstring(time_chart(DATES[:n], (pane,), width=400, label="t", tint_from=0))


def test_a_shade_map_has_one_piece_per_cell_and_one_path_per_shade() -> None:
    values = np.array([[1.0, 1.0, 0.5], [np.nan, 0.0, 7.0]])
    svg = shade_map(["A", "B"], ["1", "2", "3"], values, width=300, label="m", role="net")
    paths = list(ElementTree.fromstring(svg).iter(f"{NS}path"))
    pieces = {(p.get("class"), p.get("fill-opacity")): (p.get("d") or "").count("M") for p in paths}
    assert pieces == {("wash", None): 1, ("f-net", "0.06"): 1, ("f-net", "0.48"): 1, ("f-net", "0.90"): 3}


def test_values_that_are_all_zero_are_said_to_be() -> None:
    drawn = histogram(
        np.zeros(20), width=348, height=150, label="l", unit="u", value_format=percent, axis_format=percent
    )
    assert "all are 0.00 %" in str(drawn)
