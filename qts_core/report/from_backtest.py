"""From a backtest's result to the report's input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qts_core.analytics.tca import ParentTrade
from qts_core.market.events import Alert
from qts_core.market.panel import Floats
from qts_core.market.timeline import Timeline
from qts_core.report.account import (
    Filled,
    Ledger,
    executions_of,
    firings_of,
    holdings_of,
    profit_by_ledger,
    profit_by_symbol,
)
from qts_core.report.evidence import Ambiguity, Evidence, Worked
from qts_core.report.inputs import (
    Costs,
    Curves,
    Fold,
    Gate,
    Identity,
    LimitEvent,
    LiveSession,
    ReportInput,
    Scenario,
    Trade,
    Trials,
)
from qts_core.report.uncertainty_inputs import Silence, UncertaintyRecord

__all__ = ["BacktestOutcome", "ClosedTrade", "report_input"]

Number = float | Decimal


class ClosedTrade(Protocol):
    """What the report reads of a round trip."""

    @property
    def symbol(self) -> str: ...
    @property
    def side(self) -> str: ...
    @property
    def entered(self) -> datetime: ...
    @property
    def exited(self) -> datetime: ...
    @property
    def quantity(self) -> Number: ...
    @property
    def entry_price(self) -> Number: ...
    @property
    def exit_price(self) -> Number: ...
    @property
    def pnl(self) -> Number: ...
    @property
    def cost(self) -> Number: ...
    @property
    def bars_held(self) -> int: ...
    @property
    def return_ratio(self) -> float: ...


class BacktestOutcome(Protocol):
    """What the report reads of a backtest; ``qts_core.backtest.BacktestResult`` is one."""

    @property
    def timeline(self) -> Timeline: ...
    @property
    def initial_cash(self) -> float: ...
    @property
    def equity(self) -> Floats: ...
    @property
    def equity_gross(self) -> Floats: ...
    @property
    def benchmark(self) -> Floats: ...
    @property
    def gross_exposure(self) -> Floats: ...
    @property
    def net_exposure(self) -> Floats: ...
    @property
    def position_count(self) -> NDArray[np.int32]: ...
    @property
    def turnover(self) -> Floats: ...
    @property
    def costs(self) -> Mapping[str, Floats]: ...
    @property
    def trades(self) -> Sequence[ClosedTrade]: ...
    @property
    def open_trades(self) -> int: ...
    @property
    def verdict_counts(self) -> Mapping[str, int]: ...
    @property
    def symbols(self) -> tuple[str, ...]: ...
    @property
    def quantity(self) -> Floats: ...
    @property
    def fills(self) -> Sequence[Filled]: ...
    @property
    def alerts(self) -> Sequence[Alert]: ...
    @property
    def ledgers(self) -> Mapping[str, Ledger]: ...
    @property
    def pnl_interval(self) -> tuple[float, float]: ...
    @property
    def ambiguous_bars(self) -> int: ...
    @property
    def parents(self) -> Sequence[ParentTrade]: ...


def report_input(
    result: BacktestOutcome,
    *,
    identity: Identity,
    trials: Trials,
    gates: Sequence[Gate] = (),
    folds: Sequence[Fold] = (),
    sectors: Mapping[str, str] | None = None,
    live: LiveSession | None = None,
    scenarios: Sequence[Scenario] = (),
    notes: Sequence[str] = (),
    out_of_sample_from: date | None = None,
    uncertainty: UncertaintyRecord | None = None,
    silence: Silence | None = None,
    closes: Floats | None = None,
    evidence: Evidence | None = None,
) -> ReportInput:
    """Gather a backtest's result and what was found around it.

    Parameters
    ----------
    result : BacktestOutcome
        The run the report judges, under the pessimistic cost model.
    identity, trials, gates, folds, sectors, live, scenarios, notes, uncertainty, silence
        As in :class:`~qts_core.report.inputs.ReportInput`.
    out_of_sample_from : date, optional
        First session that no model had seen; None when the whole run is out of sample.
    closes : float64 [T, N], optional
        Prices of `result.symbols` at the bars' closes, USD as traded; with them the page shows what was held and what
        each symbol earned.
    evidence : Evidence, optional
        What else there is; what the result itself tells is added to it.
    """
    curves = Curves(
        timeline=result.timeline,
        net=result.equity,
        gross=result.equity_gross,
        initial=result.initial_cash,
        gross_exposure=result.gross_exposure,
        net_exposure=result.net_exposure,
        positions=result.position_count.astype(np.float64),
        benchmark=result.benchmark,
        out_of_sample_from=out_of_sample_from,
    )
    refused = sorted(result.verdict_counts.items(), key=lambda item: (-item[1], item[0]))
    return ReportInput(
        identity=identity,
        curves=curves,
        costs=Costs(by_kind=result.costs, traded=result.turnover * result.equity),
        trials=trials,
        trades=tuple(_trade(t) for t in result.trades),
        open_trades=result.open_trades,
        gates=tuple(gates),
        folds=tuple(folds),
        sectors=dict(sectors or {}),
        limits=tuple(LimitEvent(name=name, count=count) for name, count in refused if count),
        live=live,
        scenarios=tuple(scenarios),
        notes=tuple(notes),
        uncertainty=uncertainty,
        silence=silence,
        symbol_pnl={} if closes is None else profit_by_symbol(result.symbols, result.fills, result.quantity, closes),
        evidence=_told(result, closes, evidence or Evidence()),
    )


def _told(result: BacktestOutcome, closes: Floats | None, evidence: Evidence) -> Evidence:
    """Add to `evidence` what the result itself tells."""
    executions = executions_of(result.fills)
    made = {
        name: profit for name, profit in profit_by_ledger(result.ledgers).items() if name not in evidence.attribution
    }
    return replace(
        evidence,
        holdings=evidence.holdings
        or (None if closes is None else holdings_of(result.symbols, result.quantity, closes, result.equity)),
        executions=(*((executions,) if executions is not None else ()), *evidence.executions),
        attribution={**evidence.attribution, **made},
        worked=(*((Worked(tuple(result.parents)),) if result.parents else ()), *evidence.worked),
        firings=(*evidence.firings, *firings_of(result.alerts)),
        ambiguity=evidence.ambiguity or Ambiguity(result.ambiguous_bars, *result.pnl_interval),
    )


def _trade(trade: ClosedTrade) -> Trade:
    return Trade(
        symbol=trade.symbol,
        side=trade.side,
        entered=trade.entered,
        left=trade.exited,
        quantity=float(trade.quantity),
        entry_price=float(trade.entry_price),
        exit_price=float(trade.exit_price),
        pnl=float(trade.pnl),
        costs=float(trade.cost),
        bars_held=trade.bars_held,
        return_ratio=trade.return_ratio,
    )
