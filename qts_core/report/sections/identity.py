"""What was run, on what, with what, and where each kind of figure comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from qts_core.market.time import NEW_YORK
from qts_core.report.context import Context
from qts_core.report.evidence import Lineage
from qts_core.report.inputs import Link

__all__ = ["Fact", "facts", "lineage", "safe_links"]

SHORT_HASH = 12
SAFE = re.compile(r"https?://|[\w./#-][^:]*$")


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the identity; `full` is the whole value where `text` is cut."""

    name: str
    text: str
    full: str = ""
    is_code: bool = False


def facts(context: Context) -> tuple[Fact, ...]:
    """List the identity of the run; what is unknown is said to be."""
    return tuple(_facts(context))


def lineage(context: Context) -> tuple[Lineage, ...]:
    """List where figures come from; every kind that a section names has a line, were it to say that none is recorded.

    A script in a link is dropped.
    """
    who = context.given.identity
    known = {line.key: line for line in context.given.evidence.lineage}
    wanted = (
        Lineage("backtest", "Equity, trades, costs: the backtest", digest=who.configuration_hash),
        Lineage("model", "Scores, folds, gates: the training", who.model_version),
        Lineage("features", "Features", digest=who.catalogue_hash),
        Lineage("data", "Bars", who.market, digest=who.data_hash),
        *((Lineage("ledger", "Gates and trials: the ledger"),) if _is_counted(context) else ()),
        *((Lineage("live", "Live sessions"),) if _is_live(context) else ()),
    )
    for line in wanted:
        known.setdefault(line.key, line)
    order = [*(line.key for line in wanted), *(key for key in known if key not in {w.key for w in wanted})]
    shown = (known[key] for key in order)
    return tuple(line if SAFE.match(line.href) else replace(line, href="") for line in shown)


def _is_counted(context: Context) -> bool:
    return bool(context.given.gates) or context.given.evidence.surface is not None


def _is_live(context: Context) -> bool:
    return (
        context.given.live is not None
        or context.given.evidence.live is not None
        or any(each.is_live for each in context.given.evidence.worked)
    )


def _facts(context: Context) -> Iterator[Fact]:
    who = context.given.identity
    yield Fact("Strategy", who.strategy)
    yield Fact("Market", who.market)
    if who.universe:
        yield Fact("Universe", who.universe)
    if context.dates:
        first, last = context.dates[0], context.dates[-1]
        yield Fact("Sessions", f"{first:%-d %b %Y} – {last:%-d %b %Y}")
    yield Fact("Cost model", who.cost_model or "not stated")
    yield _code("Model", who.model_version, cut=False)
    yield _code("Data", who.data_hash)
    yield _code("Feature catalogue", who.catalogue_hash)
    yield _code("Configuration", who.configuration_hash)
    yield _code("Code", who.code_commit)
    yield Fact("Seed", "not stated" if who.seed is None else str(who.seed), is_code=who.seed is not None)
    if who.created is not None:
        yield Fact("Made", f"{who.created.astimezone(NEW_YORK):%-d %b %Y %H:%M} New York")


def _code(name: str, value: str, *, cut: bool = True) -> Fact:
    if not value:
        return Fact(name, "not recorded")
    is_hash = cut and len(value) > SHORT_HASH and re.fullmatch(r"(sha256:)?[0-9a-f]+", value) is not None
    return Fact(name, value.removeprefix("sha256:")[:SHORT_HASH] if is_hash else value, value, is_code=True)


def safe_links(links: tuple[Link, ...]) -> tuple[Link, ...]:
    """Keep links that lead to http(s) or to a file beside the page; a script in a link is dropped."""
    return tuple(link for link in links if SAFE.match(link.href))
