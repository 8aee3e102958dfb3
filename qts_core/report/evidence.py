"""What stands beside a backtest in its report: lineage, holdings, executions, live, walk-forward, kill firings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from qts_core.analytics.capacity import Capacity
from qts_core.analytics.tca import ParentTrade
from qts_core.market.panel import Floats

__all__ = [
    "Ambiguity",
    "Evidence",
    "Executions",
    "Firing",
    "Holdings",
    "Lineage",
    "LiveCurve",
    "Surface",
    "WalkForward",
    "WalkWindow",
    "Worked",
]


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where figures come from.

    Attributes
    ----------
    key : str
        Anchor on the page: ``backtest``, ``model``, ``features``, ``data``, ``ledger``, ``live`` or another word.
    what : str
        In words.
    label, href : str
        The place to look: an asset materialisation, an MLflow run, a file beside the page; empty = none was recorded.
    digest : str
        Hash of it; empty = none was recorded.
    """

    key: str
    what: str
    label: str = ""
    href: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Holdings:
    """What was held at each bar: `weights` float64 [T, N], signed ratios of equity, for `symbols` [N]."""

    symbols: tuple[str, ...]
    weights: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Executions:
    """What orders cost against the price they were decided at.

    Attributes
    ----------
    hours : float64 [n]
        Hour of the day in New York, 9.5 = 09:30.
    notional : float64 [n]
        USD, positive.
    shortfall : float64 [n]
        USD, positive = worse than the reference: (price - reference) x quantity x side, commission included.
    participation : float64 [n] or None
        Of the bar's volume, ratio; None where volumes were not kept.
    basis : str
        What the reference is, in words.
    is_live : bool
        Whether these were real orders.
    """

    hours: Floats
    notional: Floats
    shortfall: Floats
    participation: Floats | None = None
    basis: str = "the open of the bar that filled it"
    is_live: bool = False


@dataclass(frozen=True, slots=True)
class Worked:
    """Orders from their decisions to their ends, held against the market.

    Attributes
    ----------
    trades : tuple of ParentTrade
    is_live : bool
        Whether these were real orders.
    arrival : str
        What the arrival price is, in words.
    """

    trades: tuple[ParentTrade, ...]
    is_live: bool = False
    arrival: str = "the price when its first part left"


@dataclass(frozen=True, slots=True, eq=False)
class LiveCurve:
    """Equity of the account that traded live: `equity` float64 [n] USD at the close of each of `days` [n].

    `initial` is the equity before the first of them.
    """

    days: tuple[date, ...]
    equity: Floats
    initial: float
    mode: str = "paper"


@dataclass(frozen=True, slots=True)
class WalkWindow:
    """One window of a walk-forward optimisation: spans are (first, last), measures by name."""

    number: int
    train: tuple[date, date]
    test: tuple[date, date]
    parameters: Mapping[str, str]
    trials: int
    inside: Mapping[str, float]
    outside: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class WalkForward:
    """A walk-forward optimisation: its windows, and the stitched returns out of sample.

    Attributes
    ----------
    days, returns : tuple of date [D], float64 [D]
    stability : mapping of str to float
        How far each parameter wandered over its range, 0 to 1.
    """

    windows: tuple[WalkWindow, ...]
    days: tuple[date, ...]
    returns: Floats
    stability: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Firing:
    """The kill switch: what set it off, when, and what it did."""

    trigger: str
    action: str
    reason: str
    ts: datetime | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """What a search or a sweep found over two parameters.

    Attributes
    ----------
    x, y : str
        Names of the parameters.
    columns, rows : tuple of str
        Their values, or spans of them, from small to large.
    values, counts : float64 [R, C]
        Mean objective of the trials in each cell, NaN where nobody looked, and how many there are.
    chosen : pair of int or None
        Row and column of the best trial.
    objective, source : str
        What was measured, and where it was searched.
    """

    x: str
    y: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    values: Floats
    counts: Floats
    chosen: tuple[int, int] | None
    objective: str
    source: str


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """Bars that touched both a stop and its target: USD to add to the final equity, read worst (<= 0) and best."""

    bars: int
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Everything that is there; what is not is left out of the page, or said to be missing where that matters.

    Attributes
    ----------
    attribution : mapping of str to (mapping of str to float)
        Net profit in USD by what made it: ``alpha``, ``model`` or ``strategy`` to name to profit.
    benchmarks : mapping of str to float64 [D]
        Returns of what else could have been held, on each of the D sessions out of sample.
    """

    lineage: tuple[Lineage, ...] = ()
    holdings: Holdings | None = None
    executions: tuple[Executions, ...] = ()
    attribution: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    live: LiveCurve | None = None
    walk_forward: WalkForward | None = None
    firings: tuple[Firing, ...] = ()
    ambiguity: Ambiguity | None = None
    capacity: Capacity | None = None
    worked: tuple[Worked, ...] = ()
    surface: Surface | None = None
    benchmarks: Mapping[str, Floats] = field(default_factory=dict)
