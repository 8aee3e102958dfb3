"""Volatility and returns of the synthetic market: regimes, clustering, factors, tails, and the planted drift."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qts_core.data.synthetic.settings import Dynamics, SyntheticMarketSettings
from qts_core.data.synthetic.streams import autoregression, stream
from qts_core.market.panel import Floats
from qts_core.market.timeline import Timeline

__all__ = ["SIGNAL_HALF_LIFE_SESSIONS", "Grid", "Moves", "simulate_moves", "u_shape"]

SIGNAL_HALF_LIFE_SESSIONS = 1.0
SIGNAL_DRIFT_RATIO = 0.078
"""Drift of one bar at latent = 1 and strength 1, in units of the symbol's typical idiosyncratic volatility a bar."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Where each bar stands: T bars, S sessions, N symbols in K sectors.

    Attributes
    ----------
    timeline : Timeline
        The T bars.
    session_index : int64 [T]
        Number of each bar's session, from 0.
    sector : int64 [N]
        Sector of each symbol.
    beta, scale : float64 [N]
        Exposure to the market, and idiosyncratic volatility relative to the average.
    bars_per_session : int
        Bars of a full session.
    """

    timeline: Timeline
    session_index: np.ndarray[tuple[int], np.dtype[np.int64]]
    sector: np.ndarray[tuple[int], np.dtype[np.int64]]
    beta: Floats
    scale: Floats
    bars_per_session: int


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Log returns of each bar, float64 [T, N].

    Attributes
    ----------
    gap : float64 [T, N]
        Return from the close before to this open; zero but at the first bar of a session.
    body : float64 [T, N]
        Return from open to close.
    volatility : float64 [T, N]
        Volatility of the body, for ranges and volume.
    latent : float64 [T, N]
        The planted signal, known to no one: unit variance, mean zero across symbols at every bar.
    """

    gap: Floats
    body: Floats
    volatility: Floats
    latent: Floats


def u_shape(slot: Floats, slots: Floats) -> Floats:
    """Return the intraday profile of volatility: high at the open, low at midday, rising to the close; mean near 1.

    Depends on the distance to the open and to the close, so half-days have one too.
    """
    width = 26.0
    after, before = slot / width, (slots - 1.0 - slot) / width
    shape: Floats = 0.72 + 1.35 * np.exp(-after / 0.055) + 0.55 * np.exp(-before / 0.075) + 0.20 * np.exp(-after / 0.25)
    return shape


def simulate_moves(settings: SyntheticMarketSettings, grid: Grid) -> Moves:
    """Draw every return of the market.

    Market, sector and idiosyncratic returns share the intraday profile and the regime; each symbol has its own
    volatility by session and by bar. The latent signal moves only the body of the bars, at `signal_strength`.
    """
    dynamics, seed = settings.dynamics, settings.seed
    bars, symbols = len(grid.timeline), len(grid.sector)
    profile = u_shape(grid.timeline.slot.astype(float), grid.timeline.slots.astype(float))[:, None]
    climate = _climate(dynamics, seed, grid)
    session_share = np.sqrt((1.0 - dynamics.overnight_share) / grid.bars_per_session)
    bar_scale = session_share * profile * climate[grid.session_index, None]

    common = _factor_returns(dynamics, seed, grid) * bar_scale
    own = _own_volatility(dynamics, seed, grid)
    volatility = bar_scale * own * grid.scale * dynamics.idiosyncratic_volatility
    tails = stream(seed, "idiosyncratic returns").standard_t(dynamics.tail_degrees, (bars, symbols))
    tails *= np.sqrt((dynamics.tail_degrees - 2.0) / dynamics.tail_degrees)
    jumps = _jumps(dynamics, seed, grid)
    latent = _latent(seed, grid)
    typical = session_share * grid.scale * dynamics.idiosyncratic_volatility
    # The drift of a bar comes from the latent of the bar before, and is no larger in wild hours than in calm ones.
    drift = settings.signal_strength * SIGNAL_DRIFT_RATIO * typical * np.vstack([np.zeros((1, symbols)), latent[:-1]])
    body = common + volatility * tails + jumps + drift
    spread = np.sqrt(volatility**2 + (grid.beta * dynamics.market_volatility * bar_scale) ** 2)
    return Moves(_gaps(dynamics, seed, grid, climate), body, spread, latent)


def _climate(dynamics: Dynamics, seed: int, grid: Grid) -> Floats:
    """Return the volatility multiplier of each session from a three-state Markov chain, float64 [S]."""
    draws = stream(seed, "regime").random((int(grid.session_index[-1]) + 1, 2))
    state, states = 0, []
    for stay, move in draws:
        if stay >= dynamics.regime_stay[state]:
            state = 1 if state != 1 else (2 if move < 0.4 else 0)
        states.append(state)
    regime = np.asarray(dynamics.regime_volatility)[states]
    wave = autoregression(stream(seed, "market volatility").standard_normal(len(states)), dynamics.volatility_memory)
    climate: Floats = regime * np.exp(0.5 * dynamics.volatility_of_volatility * wave)
    return climate


def _factor_returns(dynamics: Dynamics, seed: int, grid: Grid) -> Floats:
    """Return market times beta plus sector returns for bars of unit scale, float64 [T, N]."""
    bars, sectors = len(grid.timeline), int(grid.sector.max()) + 1
    market = stream(seed, "market returns").standard_normal(bars) * dynamics.market_volatility
    sector = stream(seed, "sector returns").standard_normal((bars, sectors)) * dynamics.sector_volatility
    returns: Floats = market[:, None] * grid.beta + sector[:, grid.sector]
    return returns


def _own_volatility(dynamics: Dynamics, seed: int, grid: Grid) -> Floats:
    """Return each symbol's volatility multiplier, float64 [T, N], mean square near 1."""
    sessions, symbols = int(grid.session_index[-1]) + 1, len(grid.sector)
    slow = stream(seed, "volatility by session").standard_normal((sessions, symbols))
    fast = stream(seed, "volatility by bar").standard_normal((len(grid.timeline), symbols))
    daily, intraday = dynamics.volatility_of_volatility, dynamics.intraday_volatility_of_volatility
    log = daily * autoregression(slow, dynamics.volatility_memory)[grid.session_index]
    log += intraday * autoregression(fast, dynamics.intraday_memory)
    own: Floats = np.exp(log - daily**2 - intraday**2)
    return own


def _jumps(dynamics: Dynamics, seed: int, grid: Grid) -> Floats:
    """Return rare news jumps, float64 [T, N]."""
    rng = stream(seed, "jumps")
    shape = (len(grid.timeline), len(grid.sector), 2)
    draws = rng.random(shape)
    happens = draws[..., 0] < dynamics.jumps_per_session / grid.bars_per_session
    jumps: Floats = np.where(happens, dynamics.jump_volatility * 2.0 * (draws[..., 1] - 0.5) * np.sqrt(3.0), 0.0)
    return jumps


def _latent(seed: int, grid: Grid) -> Floats:
    """Return the planted signal, float64 [T, N]: AR(1), unit variance, mean zero across symbols."""
    bars, symbols = len(grid.timeline), len(grid.sector)
    memory = 0.5 ** (1.0 / (SIGNAL_HALF_LIFE_SESSIONS * grid.bars_per_session))
    latent = autoregression(stream(seed, "latent signal").standard_normal((bars, symbols)), memory)
    if symbols > 1:
        latent -= latent.mean(axis=1, keepdims=True)
        latent /= np.sqrt(1.0 - 1.0 / symbols)
    return latent


def _gaps(dynamics: Dynamics, seed: int, grid: Grid, climate: Floats) -> Floats:
    """Return overnight returns at the first bar of each session, float64 [T, N]."""
    sessions, sectors, symbols = len(climate), int(grid.sector.max()) + 1, len(grid.sector)
    rng = stream(seed, "overnight")
    draws = rng.standard_normal((sessions, 1 + sectors + symbols))
    market = draws[:, :1] * dynamics.market_volatility * grid.beta
    sector = draws[:, 1 : 1 + sectors][:, grid.sector] * dynamics.sector_volatility
    own = draws[:, 1 + sectors :] * dynamics.idiosyncratic_volatility * grid.scale
    night = np.sqrt(dynamics.overnight_share) * climate[:, None] * (market + sector + own) + dynamics.market_drift
    gap = np.zeros((len(grid.timeline), symbols))
    opens = np.flatnonzero(grid.timeline.slot == 0)
    gap[opens] = night
    gap[0] = 0.0
    return gap
