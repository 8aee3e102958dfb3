"""Every data rule of specification 5.1 and beyond; docs/concepts/quality.md tells their story."""

from __future__ import annotations

from qts_core.data.quality.policies import Policy, Rule, Severity

__all__ = ["RULE_TABLE"]

REFUSE, QUARANTINE, FLAG = Policy.REFUSE, Policy.QUARANTINE, Policy.FLAG
ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

SET_ASIDE = "Nothing to do: cleaning sets these bars aside with the rule's name. Many of them: ask the vendor again."
DROP = "Or leave the symbols out: qts data import {path} --refused drop"

RULE_TABLE: tuple[Rule, ...] = (
    # Single bars
    Rule("Q101", "not_finite", QUARANTINE, WARNING, "A price or the volume is missing, NaN or infinite.", SET_ASIDE),
    Rule("Q102", "price_not_positive", QUARANTINE, WARNING, "A price is zero or negative.", SET_ASIDE),
    Rule("Q103", "ohlc_order", QUARANTINE, WARNING, "low <= open, close <= high does not hold.", SET_ASIDE),
    Rule("Q104", "volume_negative", QUARANTINE, WARNING, "The volume is negative.", SET_ASIDE),
    Rule("Q105", "trade_count_negative", QUARANTINE, WARNING, "The number of trades is negative.", SET_ASIDE),
    Rule("Q106", "vwap_outside", FLAG, INFO, "vwap lies outside low and high; it is set missing.",
         "Nothing to do: the bar stays, its vwap is left out."),
    Rule("Q107", "ohlc_order_share", REFUSE, ERROR, "Too many bars break low <= open, close <= high.",
         "Check that the columns are named rightly in {path}; swapped ones are read as they are named."),
    Rule("Q108", "duplicate_identical", FLAG, INFO, "The same bar is given twice; one is kept.",
         "Nothing to do: one of them is kept."),
    Rule("Q109", "duplicates", REFUSE, ERROR, "Bars of one symbol and time disagree.",
         "Keep one version of each bar in {path}; a correction needs a later ts_known."),
    Rule("Q110", "duplicate_conflicting", QUARANTINE, WARNING, "Two bars of one symbol and time disagree.", SET_ASIDE),
    # Times
    Rule("Q201", "known_before_end", QUARANTINE, WARNING, "The bar claims to be known before it started.", SET_ASIDE),
    Rule("Q202", "out_of_session", QUARANTINE, INFO, "The bar starts outside the regular session.",
         "Nothing to do for extended hours: cleaning sets them aside."),
    Rule("Q203", "off_grid", QUARANTINE, WARNING, "The bar does not start on the session's grid.", SET_ASIDE),
    Rule("Q204", "off_grid_share", REFUSE, ERROR, "Bars do not start on the grid of their length.",
         "A bar's time is its start. Times that mark the end: qts data import {path} --label end"),
    Rule("Q205", "wrong_zone", REFUSE, ERROR, "A constant shift would move the bars into the session.",
         "Write the times without a zone and name it: qts data import {path} --tz America/New_York"),
    Rule("Q206", "future", REFUSE, ERROR, "Bars lie in the future.",
         "Cut {path} off at the present, or set this machine's clock."),
    Rule("Q207", "unsorted", FLAG, INFO, "Rows are not in order of time; they are sorted first.",
         "Nothing to do. When the vendor promises order, ask whether files were joined wrongly."),
    Rule("Q208", "closed_day", QUARANTINE, WARNING, "Bars on a day on which the exchange was closed.",
         "Ask where these bars come from; a wrong zone or a wrong date is likely. Cleaning sets them aside."),
    # Completeness
    Rule("Q301", "gap", REFUSE, ERROR, "More bars in a row are missing than is tolerated.",
         "Get the missing bars, or accept holes: qts data import {path} --max-gap-bars N. " + DROP),
    Rule("Q302", "coverage", REFUSE, ERROR, "Too few of the session's bars are there.",
         "Get the missing bars. " + DROP),
    Rule("Q303", "missing_sessions", FLAG, WARNING, "Whole sessions are missing between a symbol's first and last bar.",
         "Get these days from the vendor; nothing is made up for them."),
    Rule("Q304", "market_hole", FLAG, WARNING, "No symbol has a bar where the exchange was open.",
         "Get these days from the vendor: the hole is in the file, not in the symbols."),
    Rule("Q305", "missing_alone", FLAG, WARNING, "A symbol lacks sessions that all others have.",
         "Ask whether the symbol was halted, renamed, or forgotten."),
    # Prices
    Rule("Q401", "price_jumps", REFUSE, ERROR, "A price step that no corporate action explains.",
         "Add the split: qts data actions import FILE; then import again. " + DROP),
    Rule("Q402", "price_jump", QUARANTINE, WARNING, "A price is out of all proportion to the last accepted one.",
         SET_ASIDE),
    Rule("Q403", "suspected_split", FLAG, WARNING,
         "An overnight step close to a split ratio, on a day that traded like any other.",
         "Look the date up; if it was a split: qts data actions import FILE"),
    Rule("Q404", "ticker_reuse", REFUSE, ERROR, "Another security goes on under the same symbol.",
         "Cut the symbol at that date and give the earlier part its own name. " + DROP),
    Rule("Q405", "mixed_adjustment", REFUSE, ERROR, "Some of a symbol's splits are in its prices and some are not.",
         "Get the whole series in one form, raw or adjusted: qts data import {path} --adjustment raw"),
    Rule("Q406", "stale", FLAG, WARNING, "The same bar is repeated while the market trades.",
         "Ask whether the feed hung; features read these bars as a price that stood still."),
    Rule("Q407", "outlier", FLAG, INFO, "A move beyond the usual by a causal robust sigma; kept, never clipped.",
         "Nothing to do: real markets do this."),
    # Volume
    Rule("Q501", "zero_volume", FLAG, INFO, "A bar without a traded share.",
         "Nothing to do for thin symbols. All bars: the source carries no volume, leave volume features out."),
    Rule("Q502", "feed_switch", FLAG, WARNING,
         "The level of volume shifts overnight and stays: another feed, such as one exchange instead of all.",
         "Take all days from one feed; volume features before and after do not compare."),
    # Symbols and sources
    Rule("Q601", "cross_source", QUARANTINE, WARNING, "Two sources disagree about a symbol's day.",
         "See which source is right; leave the other out of {path}."),
    Rule("Q602", "source_difference", FLAG, INFO, "Two sources give a bar with values that agree within the tolerance.",
         "Nothing to do, or keep one source."),
    Rule("Q603", "identical_series", REFUSE, ERROR, "Two symbols have the same bars.",
         "One of them was given the other's bars: get both again. " + DROP),
    Rule("Q604", "shifted", REFUSE, ERROR, "A symbol runs ahead of or behind all others.",
         "Its times are wrong by the shift named: correct them in {path}. " + DROP),
    # Corporate actions
    Rule("Q701", "booked_twice", FLAG, WARNING,
         "A dividend and a split on one day, where the price moved by one of them only.",
         "Keep the booking that explains the price and delete the other: qts data actions import FILE"),
    Rule("Q702", "huge_dividend", FLAG, WARNING,
         "A cash dividend out of all proportion: a spin-off or a split booked as cash.",
         "Book it as what it was: qts data actions import FILE"),
    Rule("Q703", "split_not_in_price", FLAG, WARNING, "The price did not move by the split that is booked.",
         "Check the date and the ratio; adjusted prices need no splits: qts data import {path} --adjustment splits"),
    Rule("Q704", "adjustment_inconsistent", FLAG, WARNING,
         "The adjusted close does not follow from the close, the dividend and the split.",
         "Take raw prices and the table of actions; leave the adjusted column out."),
)  # fmt: skip
"""In order of code; :data:`qts_core.data.quality.rules.RULES` finds them by name."""
