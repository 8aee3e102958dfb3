"""Champion and shadows by what they foretold live, under a test that may be looked at every day (specification 7.3)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from qts_core.analytics.sequential import SequentialComparison, compare_in_sequence
from qts_core.market.calendar import TradingCalendar, xnys
from qts_core.market.panel import Floats
from qts_core.market.time import from_micros, trading_day
from qts_core.market.timeline import Timeline
from qts_core.ports.live_predictions import LivePrediction
from qts_core.training.evaluation import rank_ic

__all__ = ["LiveComparison", "compare_live"]


@dataclass(frozen=True, slots=True)
class LiveComparison:
    """A shadow against the champion beside which it predicted.

    Attributes
    ----------
    champion, shadow : str
        Model ids.
    alias : str
        Under which the shadow was loaded last.
    bars : int
        Bars that both predicted.
    rank_ic : tuple of (float, float)
        Mean over blocks of the rank correlation of score and outcome, of champion and shadow; NaN without a block.
    test : SequentialComparison
        Of the differences, shadow less champion, one a block.
    """

    champion: str
    shadow: str
    alias: str
    bars: int
    rank_ic: tuple[float, float]
    test: SequentialComparison

    def to_json(self) -> dict[str, object]:
        """Return plain values; what is not finite as null."""
        plain = asdict(self)
        plain["test"] = {**{k: _plain(v) for k, v in plain["test"].items()}, "p_value": self.test.p_value}
        return {**plain, "rank_ic": [_plain(v) for v in self.rank_ic], "result": self.test.sentence}


def compare_live(
    predictions: Sequence[LivePrediction], *, alpha: float, calendar: TradingCalendar | None = None
) -> tuple[LiveComparison, ...]:
    """Compare each shadow with the champion it ran beside; those with the most blocks first.

    Parameters
    ----------
    predictions : sequence of LivePrediction
        In the order in which they were written; of two of the same bar and models the later one counts.
    alpha : float
        Share of the time that a difference may be claimed where there is none, however often one looks.
    calendar : TradingCalendar, optional
        XNYS.

    Notes
    -----
    The bars are cut into blocks as long as the longer horizon. Each block gives one difference: the rank correlation
    of the shadow's scores at its first bar with what came of it, less the champion's. So no two differences share an
    outcome, whatever the horizon.
    """
    pairs: dict[tuple[str, str], dict[int, LivePrediction]] = {}
    for each in predictions:
        pairs.setdefault((each.champion, each.shadow), {})[each.ts_event] = each
    found = [_compared(list(part.values()), alpha, calendar or xnys()) for part in pairs.values()]
    return tuple(sorted(found, key=lambda each: (-each.test.n, each.shadow)))


def _compared(part: list[LivePrediction], alpha: float, calendar: TradingCalendar) -> LiveComparison:
    part.sort(key=lambda each: each.ts_event)
    coefficients = np.array(list(_blocks(part, calendar))).reshape(-1, 2)
    # Rank correlations of noise across N symbols have a variance of 1 / (N - 1).
    spread = math.sqrt(2.0 / max(len(part[-1].symbols) - 1, 1))
    test = compare_in_sequence(coefficients[:, 1] - coefficients[:, 0], spread=spread, alpha=alpha)
    last, nan = part[-1], float("nan")
    means = (float(coefficients[:, 0].mean()), float(coefficients[:, 1].mean())) if len(coefficients) else (nan, nan)
    return LiveComparison(last.champion, last.shadow, last.alias, len(part), means, test)


def _blocks(part: Sequence[LivePrediction], calendar: TradingCalendar) -> Iterator[tuple[float, float]]:
    """Yield the rank correlations of champion and shadow, block by block."""
    first, last = (trading_day(from_micros(each.ts_event)) for each in (part[0], part[-1]))
    line = Timeline.between(calendar, first, last)
    symbols = tuple(sorted({symbol for each in part for symbol in each.symbols}))
    place = {symbol: column for column, symbol in enumerate(symbols)}
    price, champion, shadow = (np.full((len(line), len(symbols)), np.nan) for _ in range(3))
    rows = line.rows_of(np.array([each.ts_event for each in part], dtype=np.int64))
    for row, each in zip(rows, part, strict=True):
        if row >= 0:
            columns = [place[symbol] for symbol in each.symbols]
            price[row, columns], champion[row, columns] = each.price, each.champion_score
            shadow[row, columns] = each.shadow_score
    horizons = part[-1].horizons
    scores = _coefficients(champion, price, horizons[0]), _coefficients(shadow, price, horizons[1])
    step, row = max(horizons), 0
    while row + step < len(line):
        pair = float(scores[0][row]), float(scores[1][row])
        if all(map(math.isfinite, pair)):
            yield pair
            row += step
        else:
            row += 1


def _coefficients(scores: Floats, price: Floats, horizon: int) -> Floats:
    """Return the rank correlation of float64 [T, N] scores with the move over `horizon` bars, float64 [T]."""
    moved = np.full(price.shape, np.nan)
    moved[:-horizon] = price[horizon:] / price[:-horizon] - 1.0
    return rank_ic(scores, moved)


def _plain(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
