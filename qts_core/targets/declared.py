"""Every target that a model can learn, declared once (specification 6.5; checklist 6.5-29 to 6.5-39)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from qts_core.config.models import REGIME_BARS, TARGET_KINDS
from qts_core.market.errors import InvalidConfigError

__all__ = ["TARGETS", "Target", "TargetKind", "TargetSpec", "parse_target"]

TARGET = re.compile(r"([a-z]+(?:_[a-z]+)*)_([1-9][0-9]{0,3})bar", re.ASCII)


class TargetKind(StrEnum):
    """What is foretold."""

    RETURN = "return"
    RELATIVE_RETURN = "relative_return"
    DIRECTION = "direction"
    DIRECTION_FLAT = "direction_flat"
    LARGE_MOVE = "large_move"
    TREND_CONTINUATION = "trend_continuation"
    REVERSAL = "reversal"
    RISK_ADJUSTED_RETURN = "risk_adjusted_return"
    VOLATILITY = "volatility"
    SHARPE = "sharpe"
    POSITION_SIZE = "position_size"
    REGIME = "regime"
    EVENT = "event"
    TRIPLE_BARRIER = "triple_barrier"


@dataclass(frozen=True, slots=True)
class TargetSpec:
    """What a kind of target means.

    Attributes
    ----------
    meaning : str
        One line; h is the horizon, R the forward return, s the deviation of one bar known at t.
    unit : str
        Of the label; ``class`` for classes.
    classes : tuple of str
        Their names, label 0 first; empty for a regression.
    signs : tuple of float
        What a class says of the price: -1 falls, 0 nothing, 1 rises; empty for a regression.
    is_return : bool
        Whether a prediction speaks of the forward return, so that it can be traded.
    looks_back : bool
        Whether the label is scaled by, or conditioned on, what was known at t.
    fewest_bars : int
        Shortest horizon that has a meaning.
    low, high : float
        Bounds of the label.
    """

    meaning: str
    unit: str
    classes: tuple[str, ...] = ()
    signs: tuple[float, ...] = ()
    is_return: bool = False
    looks_back: bool = False
    fewest_bars: int = 1
    low: float = -float("inf")
    high: float = float("inf")

    def __post_init__(self) -> None:
        if len(self.classes) != len(self.signs):
            raise ValueError("every class needs a sign")


def _classes(meaning: str, *classes: tuple[str, float], is_return: bool, looks_back: bool) -> TargetSpec:
    names, signs = tuple(name for name, _ in classes), tuple(sign for _, sign in classes)
    last = float(len(names) - 1)
    return TargetSpec(
        meaning, "class", names, signs, is_return=is_return, looks_back=looks_back, low=0.0, high=last
    )  # fmt: skip


NO_YES = (("no", -1.0), ("yes", 1.0))

TARGETS: Mapping[TargetKind, TargetSpec] = MappingProxyType(
    {
        TargetKind.RETURN: TargetSpec("the forward return R", "ratio", is_return=True, low=-1.0),
        TargetKind.RELATIVE_RETURN: TargetSpec("R less the mean of all members at that bar", "ratio", is_return=True),
        TargetKind.DIRECTION: _classes(
            "whether R is above zero", ("not up", -1.0), ("up", 1.0), is_return=True, looks_back=False
        ),
        TargetKind.DIRECTION_FLAT: _classes(
            "the sign of R, flat within half an expected deviation, s sqrt(h) / 2",
            ("down", -1.0), ("flat", 0.0), ("up", 1.0), is_return=True, looks_back=True,
        ),
        TargetKind.LARGE_MOVE: _classes(
            "whether |R| is above one average true range of 14 bars, times sqrt(h)",
            *NO_YES, is_return=False, looks_back=True,
        ),
        TargetKind.TREND_CONTINUATION: _classes(
            "after a move of the last h bars beyond s sqrt(h) / 2: whether R goes as far again the same way",
            *NO_YES, is_return=False, looks_back=True,
        ),
        TargetKind.REVERSAL: _classes(
            "after a move of the last h bars beyond s sqrt(h) / 2: whether R goes as far the other way",
            *NO_YES, is_return=False, looks_back=True,
        ),
        TargetKind.RISK_ADJUSTED_RETURN: TargetSpec(
            "R over its expected deviation, s sqrt(h)", "deviations", looks_back=True
        ),
        TargetKind.VOLATILITY: TargetSpec(
            "realised volatility: root mean square of the h returns from open to open", "ratio per bar", low=0.0
        ),
        TargetKind.SHARPE: TargetSpec(
            "mean over standard deviation of the h returns from open to open", "per bar", fewest_bars=5
        ),
        TargetKind.POSITION_SIZE: TargetSpec(
            "the position that hindsight calls best: mean-variance optimum, full size for two expected deviations",
            "share of full size", looks_back=True, low=-1.0, high=1.0,
        ),
        TargetKind.REGIME: _classes(
            "turbulent where realised volatility is above 1.5 s, else falling or rising where |R| is above s sqrt(h)",
            ("falling", -1.0), ("quiet", 0.0), ("rising", 1.0), ("turbulent", 0.0), is_return=True, looks_back=True,
        ),
        TargetKind.EVENT: _classes(
            "whether one of the h returns from open to open is beyond 4 s", *NO_YES, is_return=False, looks_back=True
        ),
        TargetKind.TRIPLE_BARRIER: _classes(
            "which comes first: s sqrt(h) below the entry, the end of h bars, s sqrt(h) above",
            ("lower", -1.0), ("time", 0.0), ("upper", 1.0), is_return=True, looks_back=True,
        ),
    }
)  # fmt: skip
"""Every kind of target."""


@dataclass(frozen=True, slots=True)
class Target:
    """A target by name: a kind and a horizon, as in ``return_26bar``."""

    kind: TargetKind
    horizon_bars: int

    @property
    def name(self) -> str:
        """The name as models.yaml spells it."""
        return f"{self.kind.value}_{self.horizon_bars}bar"

    @property
    def spec(self) -> TargetSpec:
        """What it means."""
        return TARGETS[self.kind]

    @property
    def is_classification(self) -> bool:
        """Whether labels are classes (0, 1, ...)."""
        return bool(self.spec.classes)


def parse_target(name: str) -> Target:
    """Return the target of `name`: ``<kind>_<n>bar``, or ``regime``.

    Raises
    ------
    InvalidConfigError
        If there is no such kind, or the horizon is shorter than the kind has a meaning for.
    """
    if name == TargetKind.REGIME.value:
        return Target(TargetKind.REGIME, REGIME_BARS)
    match, kinds = TARGET.fullmatch(name), ", ".join(TARGET_KINDS)
    if match is None or match[1] not in TARGET_KINDS:
        raise InvalidConfigError(
            "QTS-CONF-003", "unknown target", where="models.yaml target", found=name,
            expected=f"<kind>_<n>bar with n from 1 to 9999 and one of {kinds}", fix="write for example return_26bar",
        )  # fmt: skip
    target = Target(TargetKind(match[1]), int(match[2]))
    if target.horizon_bars < target.spec.fewest_bars:
        raise InvalidConfigError(
            "QTS-CONF-003", "the horizon of the target is too short", where="models.yaml target", found=name,
            expected=f"at least {target.spec.fewest_bars} bars", fix="write a longer horizon",
        )  # fmt: skip
    return target
