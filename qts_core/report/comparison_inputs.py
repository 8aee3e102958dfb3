"""What the page of all models is made of: frozen plain values (specification 7.3, 11.4)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date

from qts_core.analytics.significance import Interval
from qts_core.market.panel import Floats

__all__ = ["ComparedFold", "ComparedModel", "ComparedTogether", "Costs", "Data", "Measure", "ModelComparison", "plain"]

NOTHING = float("nan")


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with its interval."""

    value: float
    interval: Interval

    @property
    def text(self) -> str:
        """Return ``"0.0312 [0.0101, 0.0523]"``."""
        if math.isnan(self.value):
            return "none"
        return f"{self.value:.4f} [{self.interval.low:.4f}, {self.interval.high:.4f}]"


@dataclass(frozen=True, slots=True)
class ComparedFold:
    """One fold of one model: what its test sessions earned net of costs, and how well it ranked."""

    name: str
    first: date
    last: date
    net_return: float
    sharpe: float
    rank_ic: float


@dataclass(frozen=True, slots=True)
class ComparedModel:
    """The newest version of one model.

    Attributes
    ----------
    key, version, semantic, kind, target : str
    sessions, idle : int
        Out of sample, and those of them in which nothing was held.
    first, last : date
    sharpe : Measure
        Net of costs, annualised.
    deflated : float
        Probability that its Sharpe ratio is more than the luck of everything in the ledger.
    net_return, gross_return, costs, turnover, max_drawdown : float
        After and before costs, a ratio of the initial equity; USD; traded value per session over equity; a ratio.
    trades : float
        Round trips.
    rank_ic : Measure
        Mean rank correlation with the outcome over bars, by session.
    permutation_p : float
        That the predictions know nothing; NaN where no gate asked.
    behind : Measure
        Mean net return a year of the best model less this one's, on the sessions that all share.
    refused : tuple of str
        Gates that refused.
    is_passed : bool or None
        None where no gate judged it.
    seconds : float
        Training, all folds and the live model.
    folds : tuple of ComparedFold
    """

    key: str
    version: str
    semantic: str
    kind: str
    target: str
    sessions: int
    idle: int
    first: date
    last: date
    sharpe: Measure
    deflated: float
    net_return: float
    gross_return: float
    costs: float
    turnover: float
    max_drawdown: float
    trades: float
    rank_ic: Measure
    permutation_p: float
    behind: Measure
    refused: tuple[str, ...]
    is_passed: bool | None
    seconds: float
    folds: tuple[ComparedFold, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ComparedTogether:
    """What only all of them together say, on the sessions that they share.

    Attributes
    ----------
    days : tuple of date [D]
    returns : float64 [D, M]
        Net return of each model in each session, in the order of the models.
    market : float64 [D]
        Mean return of the symbols.
    overfitting, losing : float
        PBO: how often the best of one half of the sessions is not above the median in the other; and loses there too.
    best_p : float
        That the best is not better than cash, given all that it was chosen from (Hansen's test).
    """

    days: tuple[date, ...]
    returns: Floats
    market: Floats
    overfitting: float = NOTHING
    losing: float = NOTHING
    best_p: float = NOTHING


@dataclass(frozen=True, slots=True)
class Costs:
    """The fill mode of the backtests with its numbers, basis points of the price or of the value a year."""

    fill_mode: str
    half_spread_bps: float
    slippage_bps: float
    commission_bps: float
    borrow_bps_per_year: float

    @property
    def words(self) -> str:
        """The costs in one sentence."""
        return (
            f"{self.fill_mode}: half spread {self.half_spread_bps:g} bp, slippage {self.slippage_bps:g} bp and "
            f"commission {self.commission_bps:g} bp of everything traded, borrowing {self.borrow_bps_per_year:g} bp "
            "a year, and the fees on sales"
        )


@dataclass(frozen=True, slots=True)
class Data:
    """The bars behind it.

    Attributes
    ----------
    symbols : int
    first, last : date
        Sessions of the lake.
    unjudged : int
        Sessions after the last test, which no fold judges.
    thin : int
        Last sessions in which symbols are missing that have bars before.
    ended : mapping of str to date
        Last session of each symbol that ends before the data does.
    hash : str
    is_synthetic : bool
    """

    symbols: int
    first: date
    last: date
    unjudged: int
    thin: int
    ended: Mapping[str, date]
    hash: str
    is_synthetic: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ModelComparison:
    """Every trained model, the best Sharpe ratio first.

    Attributes
    ----------
    models : tuple of ComparedModel
    trials : int
        In the ledger, also those that failed or were thrown away.
    independent : float
        To how many independent ones they come.
    luck : float
        Annualised Sharpe ratio that the best of as many worthless trials shows on average.
    together : ComparedTogether or None
        None below two models with common sessions.
    left_out : mapping of str to str
        Models that are not compared, with the reason.
    """

    models: tuple[ComparedModel, ...]
    trials: int
    independent: float
    luck: float
    together: ComparedTogether | None
    costs: Costs
    data: Data
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def best(self) -> ComparedModel:
        """The model with the highest net Sharpe ratio."""
        return self.models[0]

    @property
    def passed(self) -> tuple[ComparedModel, ...]:
        """Those that every gate lets through."""
        return tuple(model for model in self.models if model.is_passed)

    def to_json(self) -> dict[str, object]:
        """Return plain values; NaN as null, the returns by session left out."""
        together = self.together
        found: dict[str, object] = {
            "models": [asdict(model) for model in self.models],
            "trials": self.trials,
            "independent_trials": self.independent,
            "luck": self.luck,
            "together": None if together is None else {
                "first": together.days[0], "last": together.days[-1], "sessions": len(together.days),
                "overfitting": together.overfitting, "losing": together.losing, "best_p": together.best_p,
            },
            "costs": asdict(self.costs),
            "data": asdict(self.data),
            "left_out": dict(self.left_out),
        }  # fmt: skip
        content: dict[str, object] = json.loads(json.dumps(plain(found), allow_nan=False))
        return content


def plain(value: object) -> object:
    """Return what JSON can hold: NaN and infinity as null, dates as text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value
