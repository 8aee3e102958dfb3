"""How strategies are tested and what a model must show before it may be promoted (specification 11)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from qts_core.config.fill_models import FillModelSettings
from qts_core.config.section import Dollars, OpenFraction, Section

__all__ = ["BacktestSettings", "FillMode", "FillModelSettings", "GateSettings"]

FillMode = Literal["optimistic", "realistic", "pessimistic", "alpaca-paper"]
Bps = Annotated[float, Field(ge=0, le=1000)]


class GateSettings(Section):
    """Every gate must pass, net of costs and out of sample, under `verdict_fill_mode`."""

    min_deflated_sharpe_probability: OpenFraction = 0.95
    """Probability that the Sharpe ratio is above what the number of trials explains."""
    min_net_sharpe: Annotated[float, Field(ge=-10, le=10)] = 0.5
    """Annualised Sharpe ratio."""
    max_overfitting_probability: Annotated[float, Field(gt=0, le=0.5)] = 0.5
    """Probability (PBO) that the best of a model's trials is below their median out of sample; 0.5 is a coin toss."""
    max_overfitting_loss_probability: Annotated[float, Field(gt=0, le=0.5)] = 0.25
    """Probability that it is below their median and loses out of sample."""
    min_overfitting_trials: Annotated[int, Field(ge=2, le=100_000)] = 10
    """Trials of one model, with returns on the same sessions, from which these probabilities are judged at all."""
    max_reality_check_p: OpenFraction = 0.05
    """p-value of the test that no trial beats cash, for this one among all in the ledger."""
    max_permutation_p: OpenFraction = 0.05
    """p-value of the test that the predictions know nothing of the returns they speak of."""
    max_drawdown: OpenFraction = 0.15
    """Largest drawdown, fraction."""
    max_turnover_per_session: Annotated[float, Field(gt=0, le=100)] = 2.0
    """Average traded value per session over equity (both sides counted)."""
    min_sessions: Annotated[int, Field(ge=2, le=100_000)] = 60
    """Smallest number of sessions out of sample."""
    min_trades: Annotated[int, Field(ge=1, le=10_000_000)] = 100
    """Smallest number of completed trades."""


class BacktestSettings(Section):
    """config/backtest.yaml."""

    initial_cash_dollars: Annotated[Dollars, Field(gt=0, le=10**12)] = Decimal(100000)
    """Cash at the start, USD."""
    fill_mode: FillMode = "realistic"
    """Fill model of reports; it sets spread, slippage and fees unless they are given below."""
    verdict_fill_mode: FillMode = "pessimistic"
    """Fill model under which gates judge."""
    half_spread_bps: Bps | None = None
    """Half the bid-ask spread, basis points of price; default by fill model."""
    slippage_bps: Bps | None = None
    """Further slippage of each market order, basis points; default by fill model."""
    commission_bps: Bps | None = None
    """Commission, basis points of traded value; default by fill model."""
    short_borrow_bps_per_year: Annotated[float, Field(ge=0, le=100_000)] | None = None
    """Borrow fee on short positions, basis points a year; default by fill model."""
    fill_models: FillModelSettings = FillModelSettings()
    """Beyond the fill mode: slippage and spread models, volume, latency, paths inside a bar, margin and interest."""
    gates: GateSettings = GateSettings()
    """What a model must show."""
