"""A pure simulated exchange with Alpaca's order rules (specification 9.2)."""

from qts_core.exchange.amend import Amendment
from qts_core.exchange.broker import BrokerTerms
from qts_core.exchange.capabilities import ALPACA, Capability
from qts_core.exchange.configured import fills_of
from qts_core.exchange.engine import SimulatedExchange
from qts_core.exchange.halts import Halt
from qts_core.exchange.intrabar import Ambiguity, AmbiguityKind, IntrabarPath
from qts_core.exchange.latency import Latency
from qts_core.exchange.liquidity import LargeOrders, Liquidity
from qts_core.exchange.permissions import AccountConfiguration
from qts_core.exchange.records import (
    CARRY_KINDS,
    Accepted,
    Charge,
    ExchangeEvent,
    Fill,
    Leg,
    Link,
    OrderRecord,
    Refused,
)
from qts_core.exchange.settings import FillMode, FillSettings, fill_settings
from qts_core.exchange.settlement import Settlement, settlement_cycle, settlement_day
from qts_core.exchange.slippage import (
    AlmgrenChriss,
    FixedSlippage,
    SlippageModel,
    SquareRootSlippage,
    VolatilitySlippage,
    VolumeSlippage,
)
from qts_core.exchange.spread import SpreadModel
from qts_core.exchange.views import AccountView, PositionView

__all__ = [
    "ALPACA",
    "CARRY_KINDS",
    "Accepted",
    "AccountConfiguration",
    "AccountView",
    "AlmgrenChriss",
    "Ambiguity",
    "AmbiguityKind",
    "Amendment",
    "BrokerTerms",
    "Capability",
    "Charge",
    "ExchangeEvent",
    "Fill",
    "FillMode",
    "FillSettings",
    "FixedSlippage",
    "Halt",
    "IntrabarPath",
    "LargeOrders",
    "Latency",
    "Leg",
    "Link",
    "Liquidity",
    "OrderRecord",
    "PositionView",
    "Refused",
    "Settlement",
    "SimulatedExchange",
    "SlippageModel",
    "SpreadModel",
    "SquareRootSlippage",
    "VolatilitySlippage",
    "VolumeSlippage",
    "fill_settings",
    "fills_of",
    "settlement_cycle",
    "settlement_day",
]
