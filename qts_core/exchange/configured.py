"""From config/backtest.yaml to fill settings: a fill mode with everything that was set beside it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

from qts_core.config.backtest import BacktestSettings
from qts_core.config.fill_models import BrokerSettings, LatencySettings, LiquiditySettings, SlippageSettings
from qts_core.config.fill_models import SpreadSettings as VaryingSpread
from qts_core.exchange.broker import BrokerTerms
from qts_core.exchange.intrabar import IntrabarPath
from qts_core.exchange.latency import Latency
from qts_core.exchange.liquidity import LargeOrders, Liquidity
from qts_core.exchange.settings import FillMode, FillSettings, fill_settings
from qts_core.exchange.slippage import (
    AlmgrenChriss,
    SlippageModel,
    SquareRootSlippage,
    VolatilitySlippage,
    VolumeSlippage,
)
from qts_core.exchange.spread import SpreadModel

__all__ = ["fills_of"]


def fills_of(settings: BacktestSettings, mode: FillMode | str | None = None) -> FillSettings:
    """Return the fill settings of a configuration.

    Parameters
    ----------
    settings : BacktestSettings
        config/backtest.yaml.
    mode : FillMode or str, optional
        In the place of its `fill_mode`, such as its `verdict_fill_mode`.
    """
    chosen, models = settings, settings.fill_models
    base = fill_settings(
        mode or chosen.fill_mode,
        half_spread_bps=chosen.half_spread_bps,
        slippage_bps=chosen.slippage_bps,
        commission_bps=chosen.commission_bps,
        short_borrow_bps_per_year=chosen.short_borrow_bps_per_year,
    )
    return replace(
        base,
        slippage_model=_slippage(models.slippage),
        spread_model=_spread(models.spread),
        liquidity=_liquidity(models.liquidity, base.liquidity),
        latency=_latency(models.latency),
        path=base.path if models.intrabar_path is None else IntrabarPath(models.intrabar_path),
        broker=_broker(models.broker),
    )


def _slippage(chosen: SlippageSettings) -> SlippageModel | None:
    made: dict[str, SlippageModel] = {
        "volume": VolumeSlippage(chosen.base_bps, chosen.factor, chosen.cap_bps),
        "volatility": VolatilitySlippage(chosen.base_bps, chosen.cap_bps),
        "square_root": SquareRootSlippage(chosen.coefficient, chosen.base_bps),
        "almgren_chriss": AlmgrenChriss(chosen.eta, chosen.gamma, chosen.base_bps),
    }
    return made.get(chosen.model)


def _spread(chosen: VaryingSpread) -> SpreadModel | None:
    if chosen.model == "constant" and not chosen.half_spread_bps:
        return None
    table = MappingProxyType(dict(chosen.half_spread_bps))
    if chosen.model == "constant":
        return SpreadModel(0.0, 1.0, 1.0, chosen.fade_minutes, by_symbol=table)
    return SpreadModel(
        chosen.sensitivity, chosen.open_multiple, chosen.close_multiple, chosen.fade_minutes, by_symbol=table
    )


def _liquidity(chosen: LiquiditySettings, base: Liquidity) -> Liquidity:
    given = chosen.max_participation
    share = base.max_participation
    if given is not None:
        share = None if isinstance(given, str) else _exact(given)
    return Liquidity(
        share, LargeOrders(chosen.on_large), _optional(chosen.queue_ahead), _optional(chosen.auction_cost_bps)
    )


def _latency(chosen: LatencySettings) -> Latency | None:
    if not chosen.is_simulated:
        return None
    return Latency(
        feed=chosen.feed_ms,
        processing=chosen.processing_ms,
        signal=chosen.signal_ms,
        transmit=chosen.transmit_ms,
        exchange=chosen.exchange_ms,
        confirm=chosen.confirm_ms,
    )


def _broker(chosen: BrokerSettings) -> BrokerTerms:
    return BrokerTerms(
        interest_bps_per_year=_exact(chosen.interest_bps_per_year),
        borrow_bps=MappingProxyType({s: _exact(v) for s, v in chosen.borrow_bps_per_year.items()}),
        is_borrow_nightly=chosen.is_borrow_nightly,
        hard_to_borrow=frozenset(chosen.hard_to_borrow),
        margin_rates=MappingProxyType({s: _exact(v) for s, v in chosen.maintenance_ratio.items()}),
        is_liquidating=chosen.is_liquidating,
    )


def _exact(value: float) -> Decimal:
    return Decimal(str(value))


def _optional(value: float | None) -> Decimal | None:
    return None if value is None else _exact(value)
