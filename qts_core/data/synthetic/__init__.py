"""A deterministic synthetic market to develop and calibrate on (docs/concepts/synthetic-market.md)."""

from qts_core.data.synthetic.market import SyntheticMarket, synthetic_market
from qts_core.data.synthetic.settings import SyntheticMarketSettings

__all__ = ["SyntheticMarket", "SyntheticMarketSettings", "synthetic_market"]
