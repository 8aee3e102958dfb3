"""Survivorship counted by hand on a panel of three sessions."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from qts_core.analytics.survivorship import survivorship
from qts_core.market.panel import Panel
from tests.support.decision_market import panel

FIRST, LAST = date(2024, 3, 4), date(2024, 3, 6)


def market(breadth: int = 4) -> Panel:
    """Three full sessions of 26 bars, all symbols alive."""
    return panel(breadth=breadth, first=FIRST, last=LAST)


def without(bars: Panel, column: int, rows: slice) -> Panel:
    fields = {name: values.copy() for name, values in bars.fields.items()}
    for name, values in fields.items():
        if name != "factor":
            values[rows, column] = np.nan
    return Panel(bars.timeline, bars.symbols, fields)


def all_of(bars: Panel) -> np.ndarray:
    return np.ones(bars["close"].shape, dtype=np.bool_)


def test_when_all_survive_the_sentence_says_that_the_universe_was_chosen_with_hindsight() -> None:
    bars = market()
    alive = survivorship(bars, all_of(bars))
    assert (len(alive.ever), alive.survivors, alive.share) == (4, 4, 1.0)
    assert "chosen with hindsight" in alive.sentence()
    assert "All 4 symbols" in alive.sentence()


def test_an_invented_market_has_no_hindsight() -> None:
    bars = market()
    sentence = survivorship(bars, all_of(bars)).sentence(is_synthetic=True)
    assert "hindsight" not in sentence
    assert "generated market" in sentence


def test_a_symbol_without_bars_in_the_last_session_is_gone_and_named() -> None:
    bars = without(market(), 2, slice(40, None))
    alive = survivorship(bars, all_of(bars))
    assert alive.gone == ("AC",)
    assert alive.sentence() == (
        "3 of 4 symbols that were ever in the universe (75.0%) still had bars at the end; gone: AC."
    )


def test_a_halt_inside_the_last_session_is_no_death() -> None:
    bars = without(market(), 1, slice(60, 78))
    assert survivorship(bars, all_of(bars)).gone == ()


def test_a_symbol_that_left_the_universe_and_trades_on_has_survived() -> None:
    bars, members = market(), all_of(market())
    members[26:, 0] = False
    assert survivorship(bars, members).survivors == 4


def test_auxiliary_symbols_and_symbols_that_were_never_in_do_not_count() -> None:
    bars, members = market(), all_of(market())
    members[:, 3] = False
    assert survivorship(bars, members).ever == ("AA", "AB", "AC")


def test_a_symbol_that_died_before_it_joined_was_never_in() -> None:
    bars, members = without(market(), 0, slice(26, None)), all_of(market())
    members[:30, 0] = False
    assert survivorship(bars, members).ever == ("AB", "AC", "AD")


@pytest.mark.parametrize("count", [11, 15])
def test_a_long_list_of_the_dead_is_cut(count: int) -> None:
    bars = market(breadth=16)
    for column in range(count):
        bars = without(bars, column, slice(40, None))
    sentence = survivorship(bars, all_of(bars)).sentence()
    assert sentence.endswith(", ….")
    assert sentence.count(", ") == 10


def test_a_span_without_members_has_no_share() -> None:
    bars = market()
    alive = survivorship(bars, ~all_of(bars))
    assert np.isnan(alive.share)
    assert alive.sentence() == "No symbol of the universe has a bar in this span."
