"""What a feature declares about itself, and an ordered set of features (specification 6)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from qts_core.features.graph import Node
from qts_core.features.operations import BUILT_IN, COUNTS, OPERATIONS, SOURCES, Scope
from qts_core.market.errors import InvalidConfigError, printable

__all__ = ["GROUPS", "Catalogue", "FeatureSpec"]

GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "technical_trend": "Distance from averages and channels, strength and direction of a trend.",
        "technical_momentum": "Oscillators and rates of change.",
        "technical_volatility": "Bands, ranges and volatility estimates.",
        "technical_volume": "Volume, and price moves weighed by it.",
        "technical_averages": "Further averages: distance, slope, order and crossings.",
        "technical_strength": "Strength and side of a trend, and the stops that follow it.",
        "technical_ichimoku": "Ichimoku's lines and cloud as they are known at the bar.",
        "technical_oscillators": "Further oscillators, and rates of change in units of range.",
        "technical_bands": "Distance from bands and channels, and how wide they are.",
        "technical_ranges": "Further windows and kinds of volatility.",
        "technical_flow": "On which side, at which prices and with which force volume was traded.",
        "technical_candles": "Candlestick patterns that the last bar has completed.",
        "technical_levels": "Distance from pivots, channels and confirmed swings.",
        "technical_patterns": "Chart patterns drawn through confirmed swings and completed by a close.",
        "technical_timeframes": "Trend, momentum and levels of hours, half days and sessions that have closed.",
        "technical_combinations": "Indicators that confirm or contradict each other.",
        "technical_regimes": "What kind of market it is: trend or range, calm or wild, and the phase.",
        "statistical_returns": "Returns over several spans and what has been made and lost.",
        "statistical_distribution": "Shape, place and dependence of recent values.",
        "statistical_performance": "Simple returns, and what was made for the risk that was taken.",
        "statistical_excess": "Returns beyond the market's.",
        "statistical_tails": "Moments, quantiles and tails of returns.",
        "statistical_dependence": "Dependence of returns on earlier ones, and memory.",
        "statistical_reversion": "Whether, how fast and how far prices return to a level.",
        "statistical_regression": "Lines and parabolas through log closes on time.",
        "statistical_breaks": "Whether the present still resembles the past.",
        "microstructure": "Bar proxies of liquidity, order flow and auctions.",
        "cross_sectional": "The symbol among all symbols at the instant.",
        "calendar": "Where the bar stands in the session and the week.",
        "higher_timeframe": "Longer bars that have closed.",
        "microstructure_spreads": "Spreads and price impact from bars; proxies, no quotes.",
        "microstructure_flow": "Volume, its pace, and who traded, from bars; proxies, no trades.",
        "microstructure_session": "Opening range, gap, busy and quiet hours, and what is usual for the time of day.",
        "calendar_events": "Month and quarter ends, expiries, holidays and the hours of the session.",
        "cross_relative": "Strength, beta and volume against the market and the own sector.",
        "cross_universe": "Rank, distance and outlyingness among all symbols, and the state of them all.",
        "cross_intermarket": "Correlation with volatility, rates, the dollar and gold.",
        "cross_factors": "Principal components of the universe's returns.",
        "cross_network": "The universe as a graph of correlations: centrality, clusters, contagion.",
        "own": "Features of your own files.",
        "alpha158": "The 158 features of qlib's Alpha158 under its names: a catalogue beside the default one.",
    }
)
"""Groups of the catalogue in the order of its columns, each with one sentence."""

NAME = re.compile(r"(tech|stat|micro|cross|time)_[a-z0-9]+_[0-9]+_[a-z0-9]+")
OWN_GROUP = re.compile(r"own_[a-z0-9_]+")
"""Groups that a file of own features may name beside those declared here."""

NAMING: Mapping[str, re.Pattern[str]] = MappingProxyType({"alpha158": re.compile(r"[A-Z]+[0-9]*")})
"""Rules of groups whose names come from elsewhere; those of all others are ``NAME``."""


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """One feature.

    Attributes
    ----------
    name : str
        ``{category}_{indicator}_{window}_{aggregation}`` with category tech, stat, micro, cross or time, unless
        ``NAMING`` has another rule for the group.
    expression : Node
    unit : str
        What one stands for: ``ratio``, ``percent``, ``bars`` ...
    bounds : tuple of float
        Closed interval that holds every value; infinite where there is none.
    doc : str
        One line.
    source : str
        Paper, book or library whose convention it follows.
    group : str
        A key of ``GROUPS``, or ``own_`` and a name of one's own.
    """

    name: str
    expression: Node
    unit: str
    bounds: tuple[float, float]
    doc: str
    source: str
    group: str

    def __post_init__(self) -> None:
        rule = NAMING.get(self.group, NAME)
        usual = "{tech|stat|micro|cross|time}_{indicator}_{window}_{aggregation} in small letters and digits"
        pattern = rule.pattern if self.group in NAMING else usual
        rules = (
            (rule.fullmatch(self.name), self.name, f"a name {pattern}"),
            (self.group in GROUPS or OWN_GROUP.fullmatch(self.group), self.group, "a known group, own or own_..."),
            (self.doc and self.source and self.unit, "nothing", "a unit, a doc and a source"),
        )
        for holds, found, expected in rules:
            if not holds:
                raise InvalidConfigError(
                    "QTS-FEAT-005", "A feature is not declared as it must be.", where=str(self.name), found=found,
                    expected=expected,
                )  # fmt: skip

    @property
    def warm_up_bars(self) -> int:
        """Existing bars before the first value."""
        return self.expression.warm_up_bars

    @property
    def waits(self) -> bool:
        """Whether the first value may come later still: it waits for a longer bar, a session or an event."""
        return any(OPERATIONS[n.operation].waits for n in self.expression.walk() if n.operation in OPERATIONS)

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles of auxiliary symbols that it reads, sorted; without such symbols it cannot be computed."""
        told = {OPERATIONS[n.operation].context for n in self.expression.walk() if n.operation in OPERATIONS}
        return tuple(sorted(told - {"", COUNTS}))

    @property
    def scope(self) -> Scope:
        """Whether other symbols enter."""
        return self.expression.scope

    @property
    def version(self) -> str:
        """Eight characters of the expression's hash."""
        return self.expression.digest[:8]

    @property
    def kernels(self) -> tuple[str, ...]:
        """Own kernels that it uses as ``name@hash of the source``, sorted."""
        named = {node.operation for node in self.expression.walk()}
        return tuple(sorted(named - {*SOURCES, *BUILT_IN}))

    @property
    def reference(self) -> str:
        """What a bundle keeps of it: the version, and its own kernels with the hashes of their sources."""
        return " ".join((self.version, *self.kernels))


class Catalogue:
    """An ordered, immutable set of features with one hash.

    Parameters
    ----------
    specs : sequence of FeatureSpec
        In the order of the columns.

    Raises
    ------
    InvalidConfigError
        QTS-FEAT-005 if two have the same name.
    """

    def __init__(self, specs: Sequence[FeatureSpec]) -> None:
        self._specs = {spec.name: spec for spec in specs}
        if len(self._specs) != len(specs):
            names = [spec.name for spec in specs]
            twice = sorted({name for name in names if names.count(name) > 1})
            raise InvalidConfigError("QTS-FEAT-005", "Two features have the same name.", found=", ".join(twice))
        text = "\n".join(f"{spec.name} {spec.expression.digest}" for spec in specs)
        self._hash = hashlib.sha256(text.encode()).hexdigest()

    def __len__(self) -> int:
        return len(self._specs)

    def __iter__(self) -> Iterator[FeatureSpec]:
        return iter(self._specs.values())

    def __contains__(self, name: object) -> bool:
        return name in self._specs

    def __getitem__(self, name: str) -> FeatureSpec:
        try:
            return self._specs[name]
        except KeyError:
            raise unknown("feature", name, self._specs) from None

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the order of the columns."""
        return tuple(self._specs)

    @property
    def hash(self) -> str:
        """Sha256 of names and expressions in order."""
        return self._hash

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Names by group, groups in their declared order and own ones last, empty ones left out."""
        own = (s.group for s in self if s.group not in GROUPS)
        found = {group: tuple(s.name for s in self if s.group == group) for group in dict.fromkeys((*GROUPS, *own))}
        return MappingProxyType({group: names for group, names in found.items() if names})

    def readable(self, roles: Collection[str]) -> Catalogue:
        """Return the features that read no other roles than `roles`, in this order."""
        return Catalogue([spec for spec in self if set(spec.roles) <= set(roles)])

    def subset(
        self, *, groups: Sequence[str] = (), names: Sequence[str] = (), exclude: Sequence[str] = ()
    ) -> Catalogue:
        """Return the features of `groups` and `names` (all, if neither is given) less `exclude`, in this order.

        Raises
        ------
        InvalidConfigError
            QTS-FEAT-001 if a group or name is unknown.
        """
        for group in groups:
            if group not in GROUPS and group not in self.groups:
                raise unknown("feature group", group, {**GROUPS, **self.groups})
        for name in (*names, *exclude):
            self[name]
        is_all = not groups and not names
        kept = [s for s in self if (is_all or s.group in groups or s.name in names) and s.name not in exclude]
        return Catalogue(kept)


def unknown(kind: str, name: str, known: Mapping[str, object]) -> InvalidConfigError:
    """Return the error of a name that is not there, with the nearest ones that are."""
    from difflib import get_close_matches

    near = get_close_matches(printable(name), list(known), n=3)
    return InvalidConfigError(
        "QTS-FEAT-001",
        f"An unknown {kind} was asked for.",
        found=name,
        expected=f"such as {', '.join(near)}" if near else "a name of `qts features list`",
        fix="run `qts features list`",
    )
