"""Put the synthetic market together: prices to the cent, ranges, volume, corporate actions, missing bars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from qts_core.data.schemas import BAR_SCHEMA, conform
from qts_core.data.synthetic.factors import Grid, Moves, simulate_moves, u_shape
from qts_core.data.synthetic.listing import SOURCE, Listing, action_table, list_symbols, plan_payments
from qts_core.data.synthetic.settings import SyntheticMarketSettings
from qts_core.data.synthetic.streams import autoregression, stream
from qts_core.market.calendar import TradingCalendar, xnys
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Floats
from qts_core.market.timeline import Timeline

__all__ = ["SyntheticMarket", "synthetic_market"]

FULL_SESSION_MINUTES = 390

CLUE_RATIO = 0.03
"""How far the latent signal leans the wicks of a bar: visible in the close's place within the range."""


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticMarket:
    """A generated market.

    Attributes
    ----------
    bars : DataFrame
        Of ``BAR_SCHEMA``, sorted by time and symbol; raw prices.
    corporate_actions : DataFrame
        Of ``ACTION_SCHEMA``.
    instruments : tuple of Instrument
        Sorted by symbol.
    timeline : Timeline
        The T bars of the span.
    latent : float64 [T, N]
        The planted signal itself; for calibration and documentation, never for features.
    """

    bars: pl.DataFrame
    corporate_actions: pl.DataFrame
    instruments: tuple[Instrument, ...]
    timeline: Timeline
    latent: Floats

    @property
    def symbols(self) -> tuple[str, ...]:
        """The N symbols, sorted."""
        return tuple(i.symbol for i in self.instruments)


def synthetic_market(settings: SyntheticMarketSettings, *, calendar: TradingCalendar | None = None) -> SyntheticMarket:
    """Generate a market; the same settings give the same bars, bit for bit.

    Parameters
    ----------
    settings : SyntheticMarketSettings
        Size, span, seed, strength of the planted signal.
    calendar : TradingCalendar, optional
        XNYS by default.

    Raises
    ------
    ValueError
        If the span holds no session.
    """
    timeline = Timeline.between(calendar or xnys(), settings.first, settings.last, bar_minutes=settings.bar_minutes)
    if not len(timeline):
        raise ValueError(f"no session between {settings.first} and {settings.last}")
    listing = list_symbols(settings)
    sessions = [day for day, _ in timeline.session_rows()]
    index = np.cumsum(timeline.slot == 0) - 1
    bars_per_session = FULL_SESSION_MINUTES // settings.bar_minutes
    grid = Grid(timeline, index.astype(np.int64), listing.sector, listing.beta, listing.scale, bars_per_session)
    moves = simulate_moves(settings, grid)
    opens, closes, actions = _prices(settings, listing, grid, moves, sessions)
    high, low = _ranges(settings.seed, moves, opens, closes)
    volume = _volume(settings.seed, listing, grid, moves)
    present = ~_absent(settings, grid)
    fields = {"open": opens, "high": high, "low": low, "close": closes, "volume": volume}
    bars = _frame(timeline, listing, fields, present)
    return SyntheticMarket(bars, actions, listing.instruments, timeline, moves.latent)


def _prices(
    settings: SyntheticMarketSettings, listing: Listing, grid: Grid, moves: Moves, sessions: list[date]
) -> tuple[Floats, Floats, pl.DataFrame]:
    """Return raw opens and closes in whole cents, and the corporate actions that shaped them.

    A dividend lowers the open of its ex-date by its yield; a split divides every price from its ex-date on.
    """
    plan = plan_payments(settings, listing, sessions)
    first = np.flatnonzero(grid.timeline.slot == 0)
    steps = np.zeros_like(moves.body)
    steps[first] = np.log1p(-plan.dividend_yield)
    total = np.cumsum(moves.gap + moves.body + steps, axis=0)
    divisor = np.cumprod(plan.split_ratio, axis=0)[grid.session_index]
    closes = listing.price * np.exp(total) / divisor
    opens = closes * np.exp(-moves.body)
    before = np.vstack([listing.price, closes[first[1:] - 1] / plan.split_ratio[1:]])
    cash = np.round(before * plan.dividend_yield, 2)
    return _cents(opens), _cents(closes), action_table(sessions, listing, plan.split_ratio, cash)


def _ranges(seed: int, moves: Moves, opens: Floats, closes: Floats) -> tuple[Floats, Floats]:
    """Return highs and lows: extremes of a Brownian bridge from open to close, leaning with the latent signal.

    References
    ----------
    Karatzas and Shreve (1991), Brownian Motion and Stochastic Calculus, section 4.3: the maximum of a bridge that
    ends at r with variance s² is ``(r + sqrt(r² - 2 s² ln U)) / 2``.
    """
    draws = stream(seed, "ranges").random((*opens.shape, 2))
    lean = np.clip(CLUE_RATIO * moves.latent, -0.6, 0.6)
    spread = 2.0 * moves.volatility**2
    body = np.log(closes / opens)
    up = 0.5 * (body + np.sqrt(body**2 - spread * (1.0 - lean) ** 2 * np.log1p(-draws[..., 0])))
    down = 0.5 * (body - np.sqrt(body**2 - spread * (1.0 + lean) ** 2 * np.log1p(-draws[..., 1])))
    high = np.maximum(_cents(opens * np.exp(up)), np.maximum(opens, closes))
    low = np.minimum(_cents(opens * np.exp(down)), np.minimum(opens, closes))
    return high, low


def _volume(seed: int, listing: Listing, grid: Grid, moves: Moves) -> Floats:
    """Return whole shares: intraday U-shape, slow waves by symbol, and more of it in bars that move."""
    sessions = int(grid.session_index[-1]) + 1
    waves = stream(seed, "volume by session").standard_normal((sessions, len(listing.shares)))
    noise = stream(seed, "volume by bar").standard_normal(moves.body.shape)
    profile = u_shape(grid.timeline.slot.astype(float), grid.timeline.slots.astype(float))[:, None]
    surprise = np.minimum(np.abs(moves.body) / moves.volatility, 6.0)
    level = listing.shares * profile * np.exp(0.35 * autoregression(waves, 0.8))[grid.session_index]
    volume: Floats = np.maximum(np.round(level * np.exp(0.45 * noise + 0.18 * (surprise - 0.8))), 100.0)
    return volume


def _absent(settings: SyntheticMarketSettings, grid: Grid) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Return which bars did not trade: single ones, and halts of two to five bars, bool [T, N]."""
    shape = (len(grid.timeline), len(grid.sector))
    draws = stream(settings.seed, "missing bars").random(shape)
    absent = draws < settings.missing_bars_ratio
    halts = stream(settings.seed, "halts").random((*shape, 2))
    starts = halts[..., 0] < settings.halts_per_session / grid.bars_per_session
    # A halt neither follows another within a session's reach nor meets a single gap: no gap exceeds five bars.
    for row, column in np.argwhere(starts):
        if not absent[max(row - 6, 0) : row, column].any():
            length = 2 + int(halts[row, column, 1] * 4)
            absent[row : row + 11, column] = False
            absent[row : row + length, column] = True
    absent[0] = False
    return absent


def _frame(
    timeline: Timeline,
    listing: Listing,
    fields: dict[str, Floats],
    present: np.ndarray[tuple[int, int], np.dtype[np.bool_]],
) -> pl.DataFrame:
    """Return the bars as a frame, sorted by time and symbol."""
    rows, columns = np.nonzero(present)
    names = pl.Series("symbol", [i.symbol for i in listing.instruments])
    flat = present.ravel()
    frame = pl.DataFrame(
        {
            "symbol": names.gather(columns),
            "ts_event": timeline.ts_event[rows],
            "ts_known": timeline.ts_known[rows],
            **{name: values.ravel()[flat] for name, values in fields.items()},
        }
    ).with_columns(
        pl.col("ts_event", "ts_known").cast(pl.Datetime("us", "UTC")),
        vwap=pl.lit(None, pl.Float64),
        trade_count=pl.lit(None, pl.Int64),
        source=pl.lit(SOURCE),
    )
    return conform(frame, BAR_SCHEMA)


def _cents(prices: Floats) -> Floats:
    rounded: Floats = np.maximum(np.round(prices, 2), 0.01)
    return rounded
