"""Sale conditions say what a print sets, as the two tapes' own matrices do."""

from __future__ import annotations

import pytest

from qts_core.data.building.conditions import NOTHING, REGULAR, Last, effect_of, is_known


@pytest.mark.parametrize("tape", ["A", "B", "C"])
@pytest.mark.parametrize("conditions", [[], [" "], ["@"], ["F"], ["O"], ["6"], ["5"], ["X"], ["@", "F"]])
def test_regular_prints_set_everything(conditions: list[str], tape: str) -> None:
    assert effect_of(conditions, tape) == REGULAR


@pytest.mark.parametrize("tape", ["A", "C"])
@pytest.mark.parametrize("condition", ["I", "T", "U", "C", "N", "H", "V", "7"])
def test_odd_lots_and_their_like_count_for_volume_alone(condition: str, tape: str) -> None:
    effect = effect_of([condition], tape)
    assert (effect.last, effect.is_range, effect.is_volume) == (Last.NO, False, True)


@pytest.mark.parametrize("condition", ["Q", "M", "9"])
def test_official_prices_are_messages_and_no_trades(condition: str) -> None:
    assert effect_of([condition], "A") == NOTHING


@pytest.mark.parametrize("condition", ["L", "P", "Z", "4"])
def test_prints_out_of_line_set_the_range_but_the_last_price_only_alone(condition: str) -> None:
    effect = effect_of([condition], "B")
    assert (effect.last, effect.is_range, effect.is_volume) == (Last.CONDITIONAL, True, True)


def test_the_stricter_word_wins() -> None:
    assert not effect_of(["F", "I"], "A").is_range
    assert effect_of(["Z", "I"], "A").last is Last.NO
    assert not effect_of(["6", "M"], "C").is_volume


def test_the_same_letter_means_different_things_on_different_tapes() -> None:
    assert effect_of(["B"], "A").last is Last.NO
    assert effect_of(["B"], "C") == REGULAR
    assert effect_of(["R"], "A").is_range is False
    assert effect_of(["R"], "C").is_range is True


def test_an_unknown_condition_counts_for_volume_alone() -> None:
    effect = effect_of(["?"], "A")
    assert (effect.is_range, effect.is_volume, is_known("?", "A")) == (False, True, False)
    assert (is_known("W", "C"), is_known("W", "A")) == (True, False)
