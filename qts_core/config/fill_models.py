"""What simulated fills depend on beyond a fill mode (11.2): `fill_models` of config/backtest.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from qts_core.config.section import Fraction, OpenFraction, Section

__all__ = [
    "BrokerSettings",
    "FillModelSettings",
    "LatencySettings",
    "LiquiditySettings",
    "SlippageSettings",
    "SpreadSettings",
]

Bps = Annotated[float, Field(ge=0, le=1000)]
Multiple = Annotated[float, Field(gt=0, le=100)]
Delay = Annotated[float, Field(ge=0, le=600_000)]
Milliseconds = Annotated[tuple[Delay, Delay], Field(strict=False)]


class SlippageSettings(Section):
    """How far an order moves the price it pays; `fixed` is the fill mode's `slippage_bps` and reads nothing below."""

    aliases: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"permanent_factor": "coefficient", "base_slippage": "base_bps", "max_slippage": "cap_bps",
         "volume_factor": "factor"}
    )  # fmt: skip

    model: Literal["fixed", "volume", "volatility", "square_root", "almgren_chriss"] = "fixed"
    """Which formula."""
    base_bps: Bps = 5.0
    """What every order pays, basis points."""
    factor: Annotated[float, Field(ge=0, le=1000)] = 10.0
    """volume: basis points for each percent of the usual volume of a bar."""
    cap_bps: Bps = 50.0
    """volume, volatility: most that is paid, basis points."""
    coefficient: Annotated[float, Field(ge=0, le=10)] = 0.3
    """square_root: multiple of sigma times the root of order over volume (0.1 to 0.5)."""
    eta: Annotated[float, Field(ge=0, le=100)] = 0.5
    """almgren_chriss: temporary impact, multiple of sigma times order over volume."""
    gamma: Annotated[float, Field(ge=0, le=100)] = 0.1
    """almgren_chriss: permanent impact, the same; it stays for the session."""


class SpreadSettings(Section):
    """How the half spread of the fill mode varies; `constant` reads nothing below."""

    model: Literal["constant", "varying"] = "constant"
    """Whether it varies."""
    sensitivity: Annotated[float, Field(ge=0, le=4)] = 0.5
    """Exponent of current over usual volatility."""
    open_multiple: Multiple = 3.0
    """How many times wider it is at the open."""
    close_multiple: Multiple = 1.5
    """How many times wider it is at the close."""
    fade_minutes: Annotated[float, Field(gt=0, le=390)] = 15.0
    """Minutes over which that excess falls to 37 %."""
    half_spread_bps: dict[str, Bps] = Field(default_factory=dict)
    """Half spread of single symbols, basis points, measured or estimated."""


class LiquiditySettings(Section):
    """How much of a bar's volume orders may take."""

    max_participation: OpenFraction | Literal["any"] | None = None
    """Share of a bar's volume that all orders in a symbol may take together; `any` = no limit; default by fill mode."""
    on_large: Literal["partial", "probability", "reject"] = "partial"
    """What happens to a larger order: fill in parts over bars, fill whole with that probability, or be rejected."""
    queue_ahead: Fraction | None = None
    """Shares before ours at a limit, as a share of the bar's volume; unset = no queue."""
    auction_cost_bps: Bps | None = None
    """Cost in the opening and closing auction, basis points; unset = as at any other time."""


class LatencySettings(Section):
    """Milliseconds of each step, lowest and highest."""

    is_simulated: bool = False
    """Whether orders and data are late at all."""
    feed_ms: Milliseconds = (10.0, 100.0)
    """From the market to our program."""
    processing_ms: Milliseconds = (10.0, 50.0)
    """Until the data is usable."""
    signal_ms: Milliseconds = (50.0, 200.0)
    """Until the decision."""
    transmit_ms: Milliseconds = (10.0, 50.0)
    """To the venue."""
    exchange_ms: Milliseconds = (1.0, 10.0)
    """Within the venue."""
    confirm_ms: Milliseconds = (10.0, 50.0)
    """From a fill to our knowing of it."""


class BrokerSettings(Section):
    """What carrying positions costs."""

    interest_bps_per_year: Annotated[float, Field(ge=0, le=10_000)] = 0.0
    """On borrowed cash, basis points a year (Alpaca: 625); charged for every night."""
    is_borrow_nightly: bool = False
    """Whether shorts pay for every calendar night, or one day a session."""
    borrow_bps_per_year: dict[str, Annotated[float, Field(ge=0, le=1_000_000)]] = Field(default_factory=dict)
    """Borrow fee of single symbols, basis points a year."""
    hard_to_borrow: list[str] = Field(default_factory=list)
    """Symbols that cannot be sold short."""
    maintenance_ratio: dict[str, OpenFraction] = Field(default_factory=dict)
    """Maintenance margin of single symbols, such as 0.75 for a 3x fund; others 0.3."""
    is_liquidating: bool = False
    """Whether the broker closes positions at the open after a margin call, the largest first."""


class FillModelSettings(Section):
    """Every default is what the fill mode alone does."""

    slippage: SlippageSettings = SlippageSettings()
    """Slippage and impact."""
    spread: SpreadSettings = SpreadSettings()
    """Spread by volatility and time of day."""
    liquidity: LiquiditySettings = LiquiditySettings()
    """Volume, queue and auctions."""
    latency: LatencySettings = LatencySettings()
    """Lateness of data and orders."""
    intrabar_path: Literal["worst", "best"] | None = None
    """Which exit comes first in a bar that holds stop and target; default by fill mode."""
    broker: BrokerSettings = BrokerSettings()
    """Margin, borrowing, interest."""
