"""Elements are escaped, numbers are short, gaps are gaps."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qts_core.report.svg.element import number, path, picture, rect, tag, text


def test_attributes_lose_their_underscores() -> None:
    assert tag("a", class_="x", stroke_width=1.25) == '<a class="x" stroke-width="1.2"/>'


def test_coordinates_have_at_most_one_decimal() -> None:
    assert [number(v) for v in (1.0, 1.04, 1.05, -0.26)] == ["1", "1", "1.1", "-0.3"]


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc"))))
def test_any_text_comes_back_as_it_was(content: str) -> None:
    svg = picture(10, 10, content, [text(0, 0, content)])
    root = ElementTree.fromstring(svg)
    assert root.get("aria-label") == content
    assert (root[0].text or "") == content


def test_a_path_breaks_where_values_are_missing() -> None:
    drawn = path(np.arange(5.0), np.array([1.0, 2.0, np.nan, np.inf, 5.0]), class_="s")
    assert drawn == '<path d="M0 1l1 1M4 5h.1" class="s"/>'


def test_relative_steps_do_not_add_up_their_rounding() -> None:
    x = np.cumsum(np.full(1000, 0.333))
    d = str(path(x, np.zeros(1000), class_="s")).split('"')[1]
    start, *steps = d[1:].split("l")
    reached = float(start.split()[0]) + sum(float(s.split()[0]) for s in steps)
    assert abs(reached - x[-1]) <= 0.05 + 1e-9


def test_an_area_comes_back_to_its_base() -> None:
    assert str(path(np.array([0.0, 4.0]), np.array([1.0, 2.0]), class_="a", closed_at=9)).count("V9H0Z") == 1


def test_a_negative_size_is_drawn_as_nothing() -> None:
    assert 'width="0"' in rect(0, 0, -3, 1, class_="x")
