"""Who looks after every block and stops when it looks best is fooled no more often than alpha says; power is real."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from qts_core.analytics.sequential import compare_in_sequence

SPREAD, ALPHA, MARKETS, BLOCKS = 0.15, 0.05, 1500, 600
Draw = Callable[[np.random.Generator], np.ndarray]

NULLS: dict[str, Draw] = {
    "normal": lambda rng: rng.normal(0.0, 0.15, BLOCKS),
    "heavy tails": lambda rng: 0.08 * rng.standard_t(3, BLOCKS),
    "other spread than foreseen": lambda rng: rng.normal(0.0, 0.6, BLOCKS),
    "volatility that wanders": lambda rng: (
        rng.normal(0.0, 0.15, BLOCKS) * np.exp(np.cumsum(rng.normal(0.0, 0.1, BLOCKS)))
    ),
    "difference of two uniforms": lambda rng: rng.uniform(-0.3, 0.3, BLOCKS) - rng.uniform(-0.3, 0.3, BLOCKS),
}


def share_decided(draw: Draw, seed: int, markets: int = MARKETS) -> float:
    rng = np.random.default_rng(seed)
    return float(
        np.mean([compare_in_sequence(draw(rng), spread=SPREAD, alpha=ALPHA).is_decided for _ in range(markets)])
    )


@pytest.mark.parametrize("name", NULLS)
def test_looking_after_every_block_finds_nothing_where_nothing_is(name: str) -> None:
    # e_value is the largest over all blocks: deciding by it is peeking after each of them.
    assert share_decided(NULLS[name], seed=11) <= ALPHA


def test_an_ordinary_test_looked_at_as_often_would_have_been_fooled() -> None:
    rng, fooled = np.random.default_rng(12), 0
    count = np.arange(1, BLOCKS + 1)
    for _ in range(300):
        draw = NULLS["normal"](rng)
        mean = np.cumsum(draw) / count
        spread = np.sqrt(np.maximum(np.cumsum(draw**2) / count - mean**2, 1e-12))
        fooled += bool((np.abs(mean[10:]) * np.sqrt(count[10:]) > 1.96 * spread[10:]).any())
    assert fooled / 300 > 0.3


def test_a_planted_difference_is_found_sooner_the_larger_it_is() -> None:
    def planted(mean: float, blocks: int) -> float:
        return share_decided(lambda rng: rng.normal(mean, 0.15, blocks), seed=13, markets=200)

    assert planted(0.05, 250) > 0.9
    assert planted(0.1, 60) > 0.8
    assert planted(0.05, 60) < planted(0.05, 120) < planted(0.05, 250)
