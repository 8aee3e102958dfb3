"""The data rules of specification 5.1: each one named, explained, and declared once.

`check_bars` judges a whole file by them before it is accepted; `clean_bars` applies the ones that concern single
bars, month by month. Rules about a single bar look only at that bar, so cutting the future off changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from qts_core.data.quality.policies import Family, Policy, Rule, Severity
from qts_core.data.quality.rule_table import RULE_TABLE
from qts_core.data.schemas import PRICES

__all__ = ["BAR_RULES", "MAX_PRICE_RATIO", "RULES", "Family", "Policy", "Rule", "Severity", "broken_rule"]

MAX_PRICE_RATIO = 3.0
"""A price this many times the last accepted one (or its inverse) needs a corporate action to be believed.

Beyond AIG on 2008-09-15 (a ratio of 0.39), well below the 5 of a common reverse split.
"""

RULES: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in RULE_TABLE})
"""Every rule by name."""

FINITE = ("open", "high", "low", "close", "volume")

# Finite comes first: NaN passes `low <= open` in polars, so no comparison is asked before it.
BAR_RULES: Mapping[str, pl.Expr] = MappingProxyType(
    {
        "not_finite": pl.any_horizontal(~pl.col(name).is_finite().fill_null(value=False) for name in FINITE),
        "price_not_positive": pl.min_horizontal(PRICES) <= 0,
        "ohlc_order": (pl.col("low") > pl.min_horizontal("open", "close"))
        | (pl.col("high") < pl.max_horizontal("open", "close")),
        "volume_negative": pl.col("volume") < 0,
        "trade_count_negative": pl.col("trade_count").fill_null(0) < 0,
        "known_before_end": pl.col("ts_known") <= pl.col("ts_event"),
    }
)
"""Rules that look at one bar alone, in the order they are asked; an expression is true where the rule is broken."""


def broken_rule() -> pl.Expr:
    """Return the name of the first rule that a bar breaks by itself, null where it breaks none."""
    found = pl.lit(None, pl.String)
    for name, is_broken in reversed(list(BAR_RULES.items())):
        found = pl.when(is_broken).then(pl.lit(name)).otherwise(found)
    return found.alias("rule")
