"""Entries and exits become the direction that a person would say."""

from __future__ import annotations

import numpy as np
import pytest

from qts_core.backtest.vectorised import directions_of
from qts_core.backtest.vectorised.signals import as_directions
from qts_core.market.errors import ConfigurationError
from qts_core.market.membership import Flags


def flags(text: str) -> Flags:
    """Return a column that is true where `text` has an x."""
    return np.array([[c == "x"] for c in text])


@pytest.mark.parametrize(
    ("entries", "exits", "shorts", "covers", "expected"),
    [
        (".x..x..", "...x...", ".......", ".......", [0, 1, 1, 0, 1, 1, 1]),
        ("..x....", ".x.....", ".......", ".......", [0, 0, 1, 1, 1, 1, 1]),
        (".x.....", ".......", "...x...", ".....x.", [0, 1, 1, -1, -1, 0, 0]),
        ("x......", "..x....", "..x....", ".......", [1, 1, -1, -1, -1, -1, -1]),
        ("x..x...", ".......", "...x...", ".......", [1, 1, 1, 1, 1, 1, 1]),
        (".x.....", ".x.....", ".......", ".......", [0, 1, 1, 1, 1, 1, 1]),
    ],
)
def test_directions_follow_from_entries_and_exits(
    entries: str, exits: str, shorts: str, covers: str, expected: list[int]
) -> None:
    found = directions_of(flags(entries), flags(exits), flags(shorts), flags(covers))
    assert found[:, 0].tolist() == expected


def test_numbers_are_read_by_their_sign_and_nan_leaves_things_as_they_are() -> None:
    assert as_directions(np.array([[0.3, -2.0, 0.0, np.nan]]), (1, 4)).tolist() == [[1, -1, 0, 2]]
    assert as_directions(np.array([[True, False]]), (1, 2)).tolist() == [[1, 0]]


def test_what_is_no_direction_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="-1, 0, 1 or 2"):
        as_directions(np.array([[3]], dtype=np.int8), (1, 1))
    with pytest.raises(ConfigurationError, match="shape"):
        as_directions(np.zeros((1, 2)), (1, 1))
    with pytest.raises(ConfigurationError, match="shape"):
        directions_of(flags("x"), flags("xx"))
