"""How optimistic the simulated fills are: spread, slippage, fees and presets (specification 9.2, checklist X-20)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from qts_core.exchange.broker import BrokerTerms
from qts_core.exchange.intrabar import IntrabarPath
from qts_core.exchange.latency import Latency
from qts_core.exchange.liquidity import Liquidity
from qts_core.exchange.slippage import SlippageModel
from qts_core.exchange.spread import SpreadModel
from qts_core.market.money import ZERO

__all__ = ["FillMode", "FillSettings", "fill_settings"]

BPS = Decimal(10_000)
NUMBERS = (
    "half_spread_bps", "slippage_bps", "commission_bps", "sec_fee_per_million", "taf_per_share", "cat_per_share",
    "short_borrow_bps_per_year",
)  # fmt: skip


class FillMode(StrEnum):
    """Named presets, from flattering to harsh; `alpaca-paper` behaves like Alpaca's paper environment."""

    OPTIMISTIC = "optimistic"
    REALISTIC = "realistic"
    PESSIMISTIC = "pessimistic"
    ALPACA_PAPER = "alpaca-paper"


@dataclass(frozen=True, slots=True)
class FillSettings:
    """Costs and strictness of fills.

    Attributes
    ----------
    mode : FillMode
        The preset these numbers started from.
    half_spread_bps : Decimal
        Half of the quoted spread; buys pay the ask, sells get the bid.
    slippage_bps : Decimal
        Further adverse move of an order that takes liquidity.
    commission_bps : Decimal
        Broker's commission on the traded value (Alpaca: 0).
    sec_fee_per_million : Decimal
        USD per million USD sold, rounded up to a cent; 0 switches it off.
    taf_per_share, taf_cap : Decimal
        FINRA trading activity fee, USD per share sold and its cap per trade.
    cat_per_share : Decimal
        Fee of the consolidated audit trail, USD per share, both sides.
    short_borrow_bps_per_year : Decimal
        Charged each session's end on short market value, per 360 days and one day a session.
    is_touch_enough : bool
        Whether a resting limit order fills when the far side touches its price; otherwise it must trade through.
    is_dividend_paid : bool
        Whether dividends move cash (Alpaca's own paper environment documents that it does not do it).
    slippage_model : SlippageModel, optional
        Slippage and impact by size, volume and volatility, in the place of `slippage_bps`.
    spread_model : SpreadModel, optional
        What the half spread is multiplied with.
    liquidity : Liquidity
        How much of a bar's volume orders may take; queue and auctions.
    latency : Latency, optional
        How late data and orders are.
    path : IntrabarPath
        Which exit comes first in a bar that holds both.
    broker : BrokerTerms
        Margin, borrowing and interest.
    half_spread, slippage : Decimal
        Basis points as ratios of the price; derived.
    is_fixed : bool
        Whether nothing but the two fixed ratios prices a fill; derived.
    """

    mode: FillMode = FillMode.REALISTIC
    half_spread_bps: Decimal = Decimal(1)
    slippage_bps: Decimal = Decimal("1.5")
    commission_bps: Decimal = ZERO
    sec_fee_per_million: Decimal = Decimal("20.60")
    taf_per_share: Decimal = Decimal("0.000195")
    taf_cap: Decimal = Decimal("9.79")
    short_borrow_bps_per_year: Decimal = ZERO
    is_touch_enough: bool = False
    is_dividend_paid: bool = True
    cat_per_share: Decimal = ZERO
    slippage_model: SlippageModel | None = None
    spread_model: SpreadModel | None = None
    liquidity: Liquidity = field(default_factory=Liquidity)
    latency: Latency | None = None
    path: IntrabarPath = IntrabarPath.WORST
    broker: BrokerTerms = field(default_factory=BrokerTerms)
    half_spread: Decimal = field(init=False, repr=False, compare=False)
    slippage: Decimal = field(init=False, repr=False, compare=False)
    is_fixed: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in NUMBERS:
            value: Decimal = getattr(self, name)
            if not value.is_finite() or value < 0:
                raise ValueError(f"{name} is {value}, expected a finite number of at least 0")
        object.__setattr__(self, "half_spread", self.half_spread_bps / BPS)
        object.__setattr__(self, "slippage", self.slippage_bps / BPS)
        models = (self.slippage_model, self.spread_model, self.latency)
        object.__setattr__(self, "is_fixed", all(model is None for model in models))


PRESETS = {
    FillMode.OPTIMISTIC: FillSettings(
        FillMode.OPTIMISTIC,
        half_spread_bps=Decimal("0.5"),
        slippage_bps=ZERO,
        is_touch_enough=True,
        path=IntrabarPath.BEST,
    ),
    FillMode.REALISTIC: FillSettings(),
    FillMode.PESSIMISTIC: FillSettings(
        FillMode.PESSIMISTIC,
        half_spread_bps=Decimal("2.5"),
        slippage_bps=Decimal("3.75"),
        short_borrow_bps_per_year=Decimal(50),
    ),
    FillMode.ALPACA_PAPER: FillSettings(
        FillMode.ALPACA_PAPER,
        slippage_bps=ZERO,
        sec_fee_per_million=ZERO,
        taf_per_share=ZERO,
        is_touch_enough=True,
    ),
}


def fill_settings(
    mode: FillMode | str,
    *,
    half_spread_bps: float | Decimal | None = None,
    slippage_bps: float | Decimal | None = None,
    commission_bps: float | Decimal | None = None,
    short_borrow_bps_per_year: float | Decimal | None = None,
) -> FillSettings:
    """Return the preset of `mode` with single numbers replaced.

    Parameters
    ----------
    mode : FillMode or str
        ``optimistic``, ``realistic``, ``pessimistic`` or ``alpaca-paper``.
    half_spread_bps, slippage_bps, commission_bps : number, optional
        Basis points of the price; None keeps the preset's.
    short_borrow_bps_per_year : number, optional
        Basis points a year; None keeps the preset's.

    Raises
    ------
    ValueError
        If `mode` is unknown or a number is negative.
    """
    preset = PRESETS[FillMode(mode)]

    def chosen(given: float | Decimal | None, otherwise: Decimal) -> Decimal:
        return otherwise if given is None else Decimal(str(given))

    return replace(
        preset,
        half_spread_bps=chosen(half_spread_bps, preset.half_spread_bps),
        slippage_bps=chosen(slippage_bps, preset.slippage_bps),
        commission_bps=chosen(commission_bps, preset.commission_bps),
        short_borrow_bps_per_year=chosen(short_borrow_bps_per_year, preset.short_borrow_bps_per_year),
    )
