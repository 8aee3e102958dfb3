from __future__ import annotations

import numpy as np

from qts_core.features.sketch import plot_lines, sparkline


def test_a_line_rises_from_the_smallest_to_the_largest_value() -> None:
    assert sparkline(np.arange(8.0), width=8) == "▁▂▃▄▅▆▇█"


def test_each_character_is_the_mean_of_what_falls_to_it() -> None:
    assert sparkline(np.array([0.0, 0.0, 1.0, 9.0, 10.0, 10.0]), width=3) == "▁▅█"


def test_no_value_is_a_dot_and_a_constant_lies_in_the_middle() -> None:
    assert sparkline(np.array([1.0, np.nan, 1.0]), width=3) == "▅·▅"
    assert sparkline(np.array([0.1 + 0.2, 0.3]), width=2) == "▅▅"
    assert sparkline(np.full(4, np.nan), width=4) == "····"


def test_fewer_values_than_characters_are_drawn_one_each() -> None:
    assert sparkline(np.array([0.0, 1.0]), width=26) == "▁█"


def test_a_plot_names_the_largest_and_the_smallest_value() -> None:
    assert plot_lines(np.array([0.0, 1.0, np.nan]), width=4, height=2) == ["1  █", "0 ▁█·"]


def test_a_plot_of_nothing_says_so() -> None:
    assert plot_lines(np.full(3, np.nan), width=3, height=2) == ["no value", "         ···"]
