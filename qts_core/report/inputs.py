"""What a report is made of: frozen plain values, so that the page depends on no engine (specification 11.3)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from qts_core.market.panel import Floats
from qts_core.market.timeline import Timeline
from qts_core.report.evidence import Evidence
from qts_core.report.uncertainty_inputs import Silence, UncertaintyRecord

__all__ = [
    "Costs",
    "Curves",
    "Fold",
    "Gate",
    "Identity",
    "LimitEvent",
    "Link",
    "LiveSession",
    "ReportInput",
    "Scenario",
    "Trade",
    "Trials",
]


@dataclass(frozen=True, slots=True)
class Link:
    """A place to go on: an asset materialisation, an MLflow run, a page. Only http(s) and relative links are kept."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What was run, on what, with what; everything needed to run it again.

    Attributes
    ----------
    title, strategy, market, universe : str
        In words; `market` says where the bars come from.
    is_synthetic : bool
        Whether the market is made up; the page then says so in big words.
    configuration_hash, data_hash, catalogue_hash, model_version, code_commit : str
        Empty = unknown, which the page says.
    cost_model : str
        Fill mode and its basis points.
    seed : int or None
    created : datetime or None
        When the page was made, aware; None leaves it out, so that equal inputs give equal pages.
    links : tuple of Link
    """

    title: str
    strategy: str
    market: str
    is_synthetic: bool
    universe: str = ""
    configuration_hash: str = ""
    data_hash: str = ""
    catalogue_hash: str = ""
    model_version: str = ""
    code_commit: str = ""
    cost_model: str = ""
    seed: int | None = None
    created: datetime | None = None
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """The account over T bars.

    Attributes
    ----------
    timeline : Timeline
    net, gross : float64 [T]
        Equity after costs, and with all costs so far added back, USD.
    initial : float
        Equity before the first bar, USD.
    gross_exposure, net_exposure : float64 [T]
        Sum of absolute and of signed position values over equity, ratio.
    positions : float64 [T]
        Number of positions held.
    benchmark : float64 [T] or None
        From the same initial equity, USD.
    benchmark_name : str
    out_of_sample_from : date or None
        First session that no model had seen; figures are measured from there. None = all of them.
    """

    timeline: Timeline
    net: Floats
    gross: Floats
    initial: float
    gross_exposure: Floats
    net_exposure: Floats
    positions: Floats
    benchmark: Floats | None = None
    benchmark_name: str = "Equal weight, buy and hold"
    out_of_sample_from: date | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """Costs by kind, float64 [T] USD per bar, positive = paid; `traded` is the notional traded per bar, USD [T]."""

    by_kind: Mapping[str, Floats]
    traded: Floats


@dataclass(frozen=True, slots=True)
class Trade:
    """One round trip; `pnl` is net of its `costs`, USD; `return_ratio` is pnl over the entry's notional."""

    symbol: str
    side: str
    entered: datetime
    left: datetime
    quantity: float
    entry_price: float
    exit_price: float
    pnl: float
    costs: float
    bars_held: int
    return_ratio: float


@dataclass(frozen=True, slots=True)
class Trials:
    """How many trials stand in the ledger, to how many independent ones they come, and how their Sharpe ratios vary.

    `independent` is `count` where it is not known; the variance is per session, None where it is not known.
    """

    count: int
    variance: float | None = None
    independent: float | None = None

    @property
    def deflating(self) -> int:
        """Number of independent trials to deflate by, rounded up."""
        return max(1, self.count if self.independent is None else min(self.count, math.ceil(self.independent)))


@dataclass(frozen=True, slots=True)
class Gate:
    """One promotion gate; `comparison` is the sign between value and threshold, `applies` whether it judged at all."""

    name: str
    is_passed: bool
    value: float
    threshold: float
    comparison: str
    reason: str
    applies: bool = True


@dataclass(frozen=True, slots=True)
class Fold:
    """One fold; `measures` maps a name to (in-sample, out-of-sample) values."""

    name: str
    train_first: date
    train_last: date
    test_first: date
    test_last: date
    train_samples: int
    test_samples: int
    measures: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class LimitEvent:
    """A limit that refused or cut something, `count` times since `ts`; `ts` None = somewhere in the run."""

    name: str
    count: int
    ts: datetime | None = None
    symbol: str = ""
    reason: str = ""
    value: float = float("nan")
    limit: float = float("nan")


@dataclass(frozen=True, slots=True)
class LiveSession:
    """One session traded live, and how many of its decisions were compared with the backtest and differed."""

    session: date
    mode: str
    decisions: int
    orders: int
    fills: int
    compared: int
    differences: int
    pnl: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """The same decisions under another cost model; ratios, and costs in USD."""

    name: str
    total_return: float
    sharpe: float
    max_drawdown: float
    costs: float


@dataclass(frozen=True, slots=True, eq=False)
class ReportInput:
    """Everything on the page; whatever is empty is left out, or said to be missing where its absence matters.

    Attributes
    ----------
    open_trades : int
        Positions still open at the end; they are in the equity, not in the trades.
    symbol_pnl : mapping of str to float
        Profit by symbol, USD; empty = the sum over closed trades.
    sectors : mapping of str to str
        Sector of each symbol.
    notes : tuple of str
        Sentences shown under the verdict.
    uncertainty : UncertaintyRecord or None
        What the model promised and what came; None of one that promises nothing.
    silence : Silence or None
        What abstaining changed; None of a model that never abstains.
    evidence : Evidence
        Lineage, holdings, executions, live equity and what else stands beside the backtest.
    """

    identity: Identity
    curves: Curves
    costs: Costs
    trials: Trials
    trades: tuple[Trade, ...] = ()
    gates: tuple[Gate, ...] = ()
    folds: tuple[Fold, ...] = ()
    symbol_pnl: Mapping[str, float] = field(default_factory=dict)
    sectors: Mapping[str, str] = field(default_factory=dict)
    limits: tuple[LimitEvent, ...] = ()
    live: LiveSession | None = None
    scenarios: tuple[Scenario, ...] = ()
    notes: tuple[str, ...] = ()
    open_trades: int = 0
    uncertainty: UncertaintyRecord | None = None
    silence: Silence | None = None
    evidence: Evidence = field(default_factory=Evidence)
