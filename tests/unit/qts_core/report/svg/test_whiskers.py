"""Whiskers: a dot in its interval, where the axis says."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from qts_core.report.formats import decimals
from qts_core.report.svg.whiskers import Whisker, whisker_chart

NS = "{http://www.w3.org/2000/svg}"
NAN = float("nan")


def drawn(*rows: Whisker, **marks: float) -> ElementTree.Element:
    svg = whisker_chart(rows, width=400, label="w", value_format=decimals, marks=list(marks.items()))
    return ElementTree.fromstring(str(svg))


def test_the_dot_lies_in_its_interval_in_proportion() -> None:
    root = drawn(Whisker("a", 1.0, 0.0, 4.0, "gain"))
    dot = next(root.iter(f"{NS}circle"))
    line = next(e for e in root.iter(f"{NS}line") if e.get("class") == "s l-gain")
    low, high = float(line.get("x1", "")), float(line.get("x2", ""))
    assert float(dot.get("cx", "")) == pytest.approx(low + (high - low) / 4, abs=0.2)


def test_rows_share_one_axis_and_marks_stand_on_it() -> None:
    root = drawn(Whisker("a", 1.0, 0.5, 2.0), Whisker("b", 2.0, 1.0, 3.0), luck=2.0)
    second = list(root.iter(f"{NS}circle"))[1]
    mark = next(e for e in root.iter(f"{NS}line") if e.get("class") == "axis dash")
    assert mark.get("x1") == second.get("cx")
    assert "luck" in [e.text for e in root.iter(f"{NS}text")]


def test_what_is_not_known_is_not_drawn() -> None:
    root = drawn(Whisker("a", NAN, NAN, NAN), Whisker("b", 1.0, NAN, NAN))
    assert len(list(root.iter(f"{NS}circle"))) == 1
    assert not [e for e in root.iter(f"{NS}line") if "l-net" in (e.get("class") or "")]


def test_names_are_escaped() -> None:
    svg = whisker_chart([Whisker("<b>", 1.0, 0.0, 2.0)], width=400, label="w", value_format=decimals)
    assert "<b>" not in str(svg)
