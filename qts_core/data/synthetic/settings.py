"""Every parameter of the synthetic market, with its unit and where the figure comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

__all__ = ["Dynamics", "SyntheticMarketSettings"]


@dataclass(frozen=True, slots=True)
class Dynamics:
    """How the market moves. Volatilities are per session (open to close plus overnight), as ratios.

    The defaults give what is usual for large US stocks: an index near 16 % a year, single stocks near 30 %, a third
    of the variance overnight, kurtosis of 15-minute returns well above 10, and daily pairwise correlation near 0.3.
    """

    market_volatility: float = 0.0095
    sector_volatility: float = 0.0055
    idiosyncratic_volatility: float = 0.0140
    market_drift: float = 0.0003
    """Mean return of the market a session (about 8 % a year)."""
    overnight_share: float = 0.30
    """Share of a session's variance that happens between close and open."""
    regime_volatility: tuple[float, float, float] = (0.70, 1.0, 1.9)
    """Volatility multipliers of the calm, normal and stressed regime."""
    regime_stay: tuple[float, float, float] = (0.985, 0.98, 0.95)
    """Probability that a regime lasts another session."""
    volatility_memory: float = 0.94
    """Autocorrelation from session to session of each symbol's log volatility."""
    volatility_of_volatility: float = 0.30
    """Standard deviation of that log volatility."""
    intraday_memory: float = 0.93
    """Autocorrelation from bar to bar of the log volatility within the day."""
    intraday_volatility_of_volatility: float = 0.30
    tail_degrees: float = 4.0
    """Degrees of freedom of the idiosyncratic Student t returns."""
    jumps_per_session: float = 0.01
    """News jumps a symbol a session; mostly overnight in life, anywhere here."""
    jump_volatility: float = 0.03


@dataclass(frozen=True, slots=True)
class SyntheticMarketSettings:
    """What to generate.

    Attributes
    ----------
    symbols : int
        Number of symbols, 1 to 676.
    first, last : date
        Span, both included; only XNYS sessions are generated. A later `last` adds bars and changes none before it.
    seed : int
        The same settings give the same market, bit for bit.
    signal_strength : float
        Scale of the planted drift: 1 gives a rank IC of about 0.07 to simple features (see docs), 0 gives none.
    bar_minutes : int
        Length of a bar.
    splits_per_year, missing_bars_ratio, halts_per_session : float
        Rate of splits a symbol; share of bars missing singly; halts of two to five bars a symbol.
    dynamics : Dynamics
        How the market moves.
    """

    symbols: int = 50
    first: date = date(2023, 1, 1)
    last: date = date(2024, 12, 31)
    seed: int = 7
    signal_strength: float = 1.0
    bar_minutes: int = 15
    splits_per_year: float = 0.06
    missing_bars_ratio: float = 0.001
    halts_per_session: float = 0.005
    dynamics: Dynamics = field(default_factory=Dynamics)

    def __post_init__(self) -> None:
        if not 1 <= self.symbols <= 676:
            raise ValueError(f"symbols is {self.symbols}, expected 1 to 676")
        if self.last < self.first:
            raise ValueError(f"last {self.last} lies before first {self.first}")
        if self.bar_minutes < 1 or 390 % self.bar_minutes or 210 % self.bar_minutes:
            raise ValueError(f"bar_minutes is {self.bar_minutes}, expected a divisor of 390 and 210")
        if not self.signal_strength >= 0:
            raise ValueError(f"signal_strength is {self.signal_strength}, expected 0 or more")
