"""Entries, exits and slots, one rule at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qts_core.alphas.signal import Signals
from qts_core.portfolio.selection import select
from qts_core.portfolio.settings import PortfolioSettings

SETTINGS = PortfolioSettings(entry_threshold=0.4, exit_threshold=0.1, max_positions=4)
NAN = float("nan")


def chosen(
    strength: list[float], held: list[float], settings: PortfolioSettings = SETTINGS, *, expired: tuple[int, ...] = (),
    closed: tuple[int, ...] = (),
) -> list[float]:  # fmt: skip
    values = np.array(strength)
    is_expired = np.zeros(len(values), dtype=np.bool_)
    is_expired[list(expired)] = True
    can = np.ones(len(values), dtype=np.bool_)
    can[list(closed)] = False
    signals = Signals(values, np.abs(values), is_expired)
    wanted: list[float] = select(signals, np.array(held), can, can, settings).tolist()
    return wanted


def test_a_flat_symbol_is_opened_from_the_entry_threshold_on() -> None:
    assert chosen([0.39, 0.4, -0.4, -0.39], [0, 0, 0, 0]) == [0, 1, -1, 0]


def test_a_held_symbol_stays_until_its_strength_falls_below_the_exit_threshold() -> None:
    assert chosen([0.1, 0.09, -0.1, -0.09], [0.05, 0.05, -0.05, -0.05]) == [1, 0, -1, 0]


def test_no_opinion_leaves_everything_as_it_is() -> None:
    assert chosen([NAN, NAN, NAN], [0.05, -0.05, 0]) == [1, -1, 0]


def test_an_opinion_that_has_expired_closes() -> None:
    assert chosen([NAN, NAN], [0.05, -0.05], expired=(1,)) == [1, 0]


def test_an_opposite_signal_closes_and_does_not_turn_around() -> None:
    assert chosen([-0.9, 0.9], [0.05, -0.05]) == [0, 0]


def test_the_strongest_take_the_slots_of_their_side() -> None:
    assert chosen([0.5, 0.9, 0.7, -0.6], [0, 0, 0, 0]) == [0, 1, 1, -1]


def test_a_slot_is_free_only_when_its_position_is_gone() -> None:
    assert chosen([0.0, 0.9, 0.9, 0.9], [0.05, 0.05, 0, 0]) == [0, 1, 0, 0]


def test_what_cannot_be_opened_leaves_its_slot_to_the_next() -> None:
    assert chosen([0.9, 0.8, 0.7], [0, 0, 0], closed=(0,)) == [0, 1, 1]


def test_long_only_uses_all_slots_and_never_sells_short() -> None:
    only = replace(SETTINGS, is_long_only=True, max_positions=2)
    assert chosen([0.5, 0.6, -0.9], [0, 0, 0], only) == [1, 1, 0]


def test_confidence_below_its_threshold_opens_nothing_but_keeps_what_is_held() -> None:
    careful = replace(SETTINGS, confidence_threshold=0.8)
    assert chosen([0.7, 0.7, 0.85], [0, 0.05, 0], careful) == [0, 1, 1]
