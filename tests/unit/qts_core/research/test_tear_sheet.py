"""What the tear sheet says of the universe."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import cast

import pytest

from qts_core.analytics.survivorship import Survivorship
from qts_core.config.settings import Settings
from qts_core.data.market_source import MarketSource
from qts_core.data.reading.adjustment import Adjustment
from qts_core.research.model_backtest import ModelBacktest
from qts_core.research.tear_sheet import _judged, _notes, _universe

SPAN = (date(2024, 1, 2), date(2024, 12, 31))
IMPORTED = MarketSource("imported", *SPAN, ("A", "B"), "bars.parquet")
SYNTHETIC = MarketSource("synthetic", *SPAN, ("A", "B"), "synthetic market", 7, 1.0)


@dataclass(frozen=True)
class Verdict:
    """As much of a backtest as the notes read."""

    survivorship: Survivorship
    fill_mode: str = "pessimistic"


def notes(alive: Survivorship, source: MarketSource) -> str:
    return " ".join(_notes(cast(ModelBacktest, Verdict(alive)), source, Settings()))


@pytest.mark.parametrize(
    ("alive", "source", "words"),
    [
        (Survivorship(("A", "B"), ()), IMPORTED, "chosen with hindsight"),
        (Survivorship(("A", "B"), ("B",)), IMPORTED, "1 of 2 symbols that were ever in the universe (50.0%)"),
        (Survivorship(("A", "B"), ()), SYNTHETIC, "nobody fails in the generated market"),
    ],
)
def test_the_notes_say_who_survived(alive: Survivorship, source: MarketSource, words: str) -> None:
    said = notes(alive, source)
    assert "Survivorship: " in said
    assert words in said


@pytest.mark.parametrize(("kind", "words"), [("splits", "for splits: a level"), ("all", "splits and dividends")])
def test_the_notes_say_that_adjusted_levels_know_the_future(kind: Adjustment, words: str) -> None:
    alive = Survivorship(("A", "B"), ("B",))
    assert words in notes(alive, replace(IMPORTED, adjustment=kind))
    assert "adjusted" not in notes(alive, IMPORTED)


def test_the_identity_counts_the_universe_and_its_survivors() -> None:
    assert _universe(Survivorship(("A", "B", "C", "D"), ("D",))) == "4 symbols, 3 of them with bars at the end (75 %)"


def test_a_page_of_other_fills_says_that_it_is_no_verdict() -> None:
    assert _judged("pessimistic", "pessimistic").startswith("Judged under pessimistic fills")
    said = _judged("realistic", "pessimistic")
    assert said.startswith("Run under realistic fills")
    assert "no verdict" in said
