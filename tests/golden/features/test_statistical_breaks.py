"""Break features against scipy, numpy and the papers' recursions in plain Python."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import stats

from qts_core.features import Catalogue
from qts_core.features.catalogue import breaks
from tests.golden.features.market_for_tests import Market, market_of

CATALOGUE = Catalogue(breaks.FEATURES)


@pytest.fixture(scope="module")
def market() -> Market:
    return market_of(CATALOGUE)


def surprise(b: Any) -> Any:
    x = b.log_return
    place = b.before(b.mean(x, 130), lambda old, _: old)
    return (x - place) / b.before(b.std(x, 130), lambda old, _: old)


def cusum(side: float) -> Callable[[Any], Any]:
    """Return Page's sum with allowance 1/2, starting anew after it has passed 5."""

    def of(b: Any) -> Any:
        x = surprise(b)
        out = np.full(len(x), np.nan)
        total = 0.0
        for i in np.flatnonzero(~np.isnan(x)):
            total = max(0.0, (0.0 if total > 5.0 else total) + side * x[i] - 0.5)
            out[i] = total
        return out

    return of


def alarm(b: Any) -> Any:
    up, down = cusum(1.0)(b), cusum(-1.0)(b)
    return np.where(np.isnan(up), np.nan, 1.0 * (up > 5.0) - 1.0 * (down > 5.0))


def squares(y: Any) -> float:
    time = np.arange(len(y)) - len(y) / 2
    design = np.column_stack([np.ones(len(y)), time])
    return float(np.linalg.lstsq(design, y, rcond=None)[1][0])


@cache
def chow_of(content: bytes) -> tuple[float, float]:
    return chow(np.frombuffer(content))


def chow(w: Any) -> tuple[float, float]:
    """Return the largest Chow F over breaks 39 values off the ends, and how many values follow that break."""
    whole, freedom = squares(w), len(w) - 4
    apart = {k: squares(w[:k]) + squares(w[k:]) for k in range(39, len(w) - 38)}
    tests = {k: (whole - each) / 2 / (each / freedom) for k, each in apart.items()}
    best = max(tests, key=lambda k: tests[k])
    return tests[best], float(len(w) - best)


def inclan_tiao(w: Any) -> float:
    energy = np.cumsum((w - w.mean()) ** 2)
    return float(np.sqrt(len(w) / 2) * np.abs(energy / energy[-1] - np.arange(1, len(w) + 1) / len(w)).max())


def halves(w: Any) -> float:
    return float(stats.ks_2samp(w[:130], w[130:]).statistic)


def welch(w: Any) -> Any:
    return stats.ttest_ind(w[:, 65:], w[:, :65], axis=1, equal_var=False).statistic


def log_path(b: Any) -> Any:
    return np.log(b.close)


def standardised(b: Any, bars: int) -> Any:
    longer = b.before(b.close, lambda old, new: np.log(new / old), bars)
    return longer / (b.before(b.std(b.log_return, 130), lambda old, _: old, bars) * np.sqrt(bars))


def posterior(observations: Any, runs: int = 60, hazard: float = 1 / 60) -> list[Any]:
    """Return the run-length posteriors of Adams and MacKay (2007), each run's moments from its observations anew."""
    probabilities = np.array([1.0])
    out = []
    for t, value in enumerate(observations):
        run = np.arange(len(probabilities))
        samples = [np.asarray(observations[t - count : t]) for count in run]
        mean = np.array([x.sum() for x in samples]) / (1.0 + run)
        squares = np.array([((x - x.mean()) ** 2).sum() + len(x) / (1.0 + len(x)) * x.mean() ** 2 for x in samples[1:]])
        scale = 1.0 + 0.5 * np.concatenate([[0.0], squares])
        shape = 1.0 + run / 2
        density = stats.t.pdf(value, 2.0 * shape, mean, np.sqrt(scale * (2.0 + run) / (shape * (1.0 + run))))
        joint = probabilities * density
        grown = np.concatenate([[hazard * joint.sum()], (1.0 - hazard) * joint])
        if len(grown) > runs + 1:
            grown[-2] += grown[-1]
            grown = grown[:-1]
        probabilities = grown / grown.sum()
        out.append(probabilities)
    return out


def change(bars: int, statistic: Callable[[Any], float]) -> Callable[[Any], Any]:
    def of(b: Any) -> Any:
        x = standardised(b, bars)
        there = np.flatnonzero(~np.isnan(x))
        out = np.full(len(x), np.nan)
        seen = there[bars - 1 :: bars]
        for i, row in enumerate(posterior(np.clip(x[seen], -10.0, 10.0))):
            first = bars - 1 + i * bars
            out[there[first : first + bars]] = statistic(row)
        return out

    return of


REFEREES: dict[str, Callable[[Any], Any]] = {
    "stat_cusum_130_up": cusum(1.0),
    "stat_cusum_130_down": cusum(-1.0),
    "stat_cusum_130_alarm": alarm,
    "stat_trendbreak_260_logf": lambda b: b.scheduled(
        log_path(b), 260, 52, lambda w: float(np.log(chow_of(w.tobytes())[0]))
    ),
    "stat_trendbreak_260_age": lambda b: b.scheduled(log_path(b), 260, 52, lambda w: chow_of(w.tobytes())[1] / 260),
    "stat_variancebreak_260_statistic": lambda b: b.scheduled(b.log_return, 260, 26, inclan_tiao),
    "stat_halves_260_distance": lambda b: b.scheduled(b.log_return, 260, 65, halves),
    "stat_meanshift_65_t": lambda b: b.roll(b.log_return, 130, welch),
    "stat_variance_65_shift": lambda b: b.roll(
        b.log_return, 130, lambda w: np.log(w[:, 65:].var(axis=1, ddof=1) / w[:, :65].var(axis=1, ddof=1))
    ),
    "stat_changepoint_13_probability": change(13, lambda p: float(p[:6].sum())),
    "stat_changepoint_26_probability": change(26, lambda p: float(p[:5].sum())),
    "stat_changepoint_26_runlength": change(26, lambda p: float((p * np.arange(len(p))).sum())),
}


@pytest.mark.parametrize("name", CATALOGUE.names)
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name], tolerance=1e-8)


def test_alarms_sound_on_both_sides(market: Market) -> None:
    sign = market.values["stat_cusum_130_alarm"]
    assert {-1.0, 0.0, 1.0} == set(sign[~np.isnan(sign)])
