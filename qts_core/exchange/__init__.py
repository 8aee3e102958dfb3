"""A pure simulated exchange with Alpaca's order rules (specification 9.2)."""

from qts_core.exchange.amend import Amendment
from qts_core.exchange.engine import SimulatedExchange
from qts_core.exchange.permissions import AccountConfiguration
from qts_core.exchange.records import Accepted, Charge, ExchangeEvent, Fill, OrderRecord, Refused
from qts_core.exchange.settings import FillMode, FillSettings, fill_settings
from qts_core.exchange.views import AccountView, PositionView

__all__ = [
    "Accepted",
    "AccountConfiguration",
    "AccountView",
    "Amendment",
    "Charge",
    "ExchangeEvent",
    "Fill",
    "FillMode",
    "FillSettings",
    "OrderRecord",
    "PositionView",
    "Refused",
    "SimulatedExchange",
    "fill_settings",
]
