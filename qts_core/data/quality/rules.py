"""The data rules of specification 5.1: each one named, explained, and declared once.

`check_bars` judges a whole file by them before it is accepted; `clean_bars` applies the ones that concern single
bars, month by month. Rules about a single bar look only at that bar, so cutting the future off changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import polars as pl

from qts_core.data.schemas import PRICES

__all__ = ["BAR_RULES", "MAX_PRICE_RATIO", "RULES", "Policy", "Rule", "broken_rule"]

MAX_PRICE_RATIO = 3.0
"""A price this many times the last accepted one (or its inverse) needs a corporate action to be believed.

Beyond AIG on 2008-09-15 (a ratio of 0.39), well below the 5 of a common reverse split.
"""


class Policy(StrEnum):
    """What a broken rule leads to."""

    REFUSE = "refuse"
    """The import stops, nothing is written."""
    QUARANTINE = "quarantine"
    """The bar goes to the quarantine table with the rule's name."""
    FLAG = "flag"
    """The bar is kept and counted."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name in reports and in the quarantine table, what it leads to, and why."""

    name: str
    policy: Policy
    doc: str


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.name: rule
        for rule in (
            Rule("not_finite", Policy.QUARANTINE, "A price or the volume is missing, NaN or infinite."),
            Rule("price_not_positive", Policy.QUARANTINE, "A price is zero or negative."),
            Rule("ohlc_order", Policy.QUARANTINE, "low <= open, close <= high does not hold."),
            Rule("volume_negative", Policy.QUARANTINE, "The volume is negative."),
            Rule("trade_count_negative", Policy.QUARANTINE, "The number of trades is negative."),
            Rule("known_before_end", Policy.QUARANTINE, "The bar claims to be known before it started."),
            Rule("out_of_session", Policy.QUARANTINE, "The bar starts outside the regular session."),
            Rule("off_grid", Policy.QUARANTINE, "The bar does not start on the session's grid."),
            Rule("duplicate_conflicting", Policy.QUARANTINE, "Two bars of one symbol and time disagree."),
            Rule("price_jump", Policy.QUARANTINE, "A price is out of all proportion to the last accepted one."),
            Rule("duplicate_identical", Policy.FLAG, "The same bar is given twice; one is kept."),
            Rule("vwap_outside", Policy.FLAG, "vwap lies outside low and high; it is set missing."),
            Rule("outlier", Policy.FLAG, "A move beyond the usual by a causal robust sigma; kept, never clipped."),
            Rule("suspected_split", Policy.FLAG, "An overnight move close to a split ratio without such a split."),
            Rule("ohlc_order_share", Policy.REFUSE, "Too many bars break low <= open, close <= high."),
            Rule("off_grid_share", Policy.REFUSE, "Bars do not start on the grid of their length."),
            Rule("future", Policy.REFUSE, "Bars lie in the future."),
            Rule("wrong_zone", Policy.REFUSE, "A constant shift would move the bars into the session."),
            Rule("duplicates", Policy.REFUSE, "Bars of one symbol and time disagree."),
            Rule("price_jumps", Policy.REFUSE, "A price step that no corporate action explains."),
            Rule("gap", Policy.REFUSE, "More bars in a row are missing than is tolerated."),
            Rule("coverage", Policy.REFUSE, "Too few of the session's bars are there."),
        )
    }
)
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
