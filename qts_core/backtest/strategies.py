"""Backtests of several strategies in one account, and of user strategies (specification 11.1; checklist X-39)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

import polars as pl

from qts_core.backtest.event import drive
from qts_core.backtest.results import BacktestResult
from qts_core.exchange import FillSettings
from qts_core.market.instruments import Instrument
from qts_core.market.panel import Floats, Panel
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Hashes
from qts_core.trading.predictors import Predictor
from qts_core.trading.settings import Construction, CoreSettings
from qts_core.trading.shared_account import SharedAccount
from qts_core.trading.strategy import Strategy
from qts_core.trading.strategy_predictor import StrategyPredictor

__all__ = ["Part", "part_of", "run_shared_backtest"]


@dataclass(frozen=True, slots=True)
class Part:
    """One strategy and what of the account is its own.

    Attributes
    ----------
    strategy : str
        Enters its decisions and orders; no two are the same.
    predictor : Predictor
    settings : CoreSettings
        Its own decision path and limits, ratios of its own equity.
    cash : Decimal
        USD of the account that it starts with.
    hashes : Hashes
        Enter its decisions.
    """

    strategy: str
    predictor: Predictor
    settings: CoreSettings
    cash: Decimal
    hashes: Hashes = field(default_factory=Hashes)


def part_of(
    strategy: Strategy, panel: Panel, settings: CoreSettings, cash: Decimal, *, max_positions: int | None = None
) -> Part:
    """Return a user strategy as a part: its weights and orders pass the limits of `settings`, and nothing else.

    Parameters
    ----------
    max_positions : int, optional
        Its own, where it is fewer than in `settings`; counts of parts add up, so that the account's count is at most
        their sum.
    """
    limits = settings.limits
    if max_positions is not None:
        limits = replace(limits, max_positions=min(max_positions, limits.max_positions))
    direct = replace(settings, construction=Construction.WEIGHTS, limits=limits)
    return Part(strategy.name, StrategyPredictor(strategy, panel.symbols), direct, cash)


def run_shared_backtest(
    panel: Panel,
    parts: Sequence[Part],
    *,
    instruments: Sequence[Instrument],
    fills: FillSettings,
    cash: Decimal | None = None,
    account: str = "backtest",
    actions: pl.DataFrame | None = None,
    minutes: Panel | None = None,
    first_decision: datetime | None = None,
    keep_decisions: bool = False,
    benchmark: Floats | None = None,
) -> BacktestResult:
    """Run several strategies on one account over history.

    Parameters
    ----------
    panel : Panel
        Bars of the symbols of every part's predictor, in its order.
    parts : sequence of Part
    cash : Decimal, optional
        USD of the account, at least that of the parts; their sum by default.
    instruments, fills, account, actions, minutes, first_decision, keep_decisions, benchmark
        As of :func:`run_event_backtest`.

    Returns
    -------
    BacktestResult
        Of the account; `ledgers` has each strategy's part.

    Raises
    ------
    ExecutionError
        If the parts do not fit together.
    """
    # Orders of several are netted, so each goes out whole.
    told = [part.settings if len(parts) == 1 else replace(part.settings, execution=None) for part in parts]
    cores = [
        TradingCore(
            settings, instruments, part.predictor, account=account, strategy=part.strategy, hashes=part.hashes,
            cash=part.cash,
        )
        for part, settings in zip(parts, told, strict=True)
    ]  # fmt: skip
    whole = sum((part.cash for part in parts), Decimal(0)) if cash is None else cash
    # One that works its orders over time and has all of the cash needs nobody to net them.
    is_alone = len(cores) == 1 and cores[0].desk is not None and parts[0].cash == whole
    traded = cores[0] if is_alone else SharedAccount(cores, cash=whole)
    return drive(
        panel, traded, cores, instruments=instruments, fills=fills, actions=actions,
        minutes=minutes, first_decision=first_decision, keep_decisions=keep_decisions, benchmark=benchmark,
    )  # fmt: skip
