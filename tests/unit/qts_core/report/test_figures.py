"""Pictures for Markdown carry everything with them."""

from __future__ import annotations

import base64
from datetime import date
from xml.etree import ElementTree

import numpy as np
import pytest

from qts_core.report.figures import bar_chart, coverage_heat_map, line_chart, markdown_image, svg_data_uri

DAYS = [date(2024, 1, d) for d in range(2, 12)]


def pictures() -> list[str]:
    return [
        coverage_heat_map(["A", "B"], ["2024-01", "2024-02"], np.array([[1.0, 0.5], [np.nan, 0.0]]), title="Coverage"),
        bar_chart(["<x>", "b"], [0.2, -0.1], title="Missing & more", is_signed=True),
        line_chart(DAYS, {"net": np.arange(10.0), "gross": np.arange(10.0) + 1}, title="Equity", unit="USD"),
    ]


def test_stand_alone_pictures_are_valid_and_carry_their_colours() -> None:
    for picture in pictures():
        root = ElementTree.fromstring(picture)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "--net:" in picture
        assert "<title>" not in picture
        assert "prefers-color-scheme:dark" in picture


def test_a_data_address_holds_the_picture_itself() -> None:
    for picture in pictures():
        head, _, body = svg_data_uri(picture).partition(",")
        assert head == "data:image/svg+xml;base64"
        assert base64.b64decode(body).decode() == picture


def test_brackets_in_the_description_do_not_end_it() -> None:
    assert markdown_image("<svg/>", "a [b]\nc").startswith(r"![a \[b\] c](data:image/svg+xml;base64,")


def test_fifty_symbols_by_two_years_stay_a_small_picture() -> None:
    values = np.random.default_rng(1).random((50, 24))
    picture = coverage_heat_map([f"S{i:03d}" for i in range(50)], [f"m{i}" for i in range(24)], values, title="C")
    assert len(svg_data_uri(picture)) < 60_000


def test_more_lines_than_colours_are_refused() -> None:
    with pytest.raises(ValueError, match="7 lines"):
        line_chart(DAYS, {str(i): np.zeros(10) for i in range(7)}, title="t", unit="u")
