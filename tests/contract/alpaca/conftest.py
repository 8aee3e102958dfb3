"""A served exchange whose lockstep clock stands five minutes before Wednesday's open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.alpaca.serving import Served, serving
from tests.unit.live_daemon.paper_exchange.replays import venue


@pytest.fixture
def served() -> Iterator[Served]:
    """The exchange of the hand-made market, fresh for each test."""
    with serving(venue()) as running:
        yield running


@pytest.fixture
def opened(served: Served) -> Served:
    """The same at the opening bell."""
    served.advance(until="open")
    return served
