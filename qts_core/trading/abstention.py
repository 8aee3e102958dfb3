"""Where a model keeps silent: intervals and sets at one bar, and the symbols of which it has no opinion (9.1).

No opinion is neither zero nor flat: the score becomes NaN, and what was decided before stands until it expires. Each
silence is a verdict with its reason in the decision's record. Everything here follows from predictions and bars, so
backtest, live session and replay say the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from qts_core.market.bars import BarSlice
from qts_core.market.light import light
from qts_core.market.panel import Floats
from qts_core.models.conformal import set_scores
from qts_core.models.online import UNBOUNDED, Asked, Issued, OnlineLevels, moved, radii
from qts_core.models.uncertainty import Doubt, UncertaintyModel
from qts_core.risk.verdict import Verdict
from qts_core.trading.ended_returns import EndedReturns

__all__ = ["ABSTAINED", "Judged", "OpinionGate"]

ABSTAINED = "abstain."
"""What the names of these verdicts begin with; then interval, set, confidence or disagreement."""


@light
@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Scores of one bar with their doubt.

    Attributes
    ----------
    score : float64 [N]
        NaN where there is no opinion.
    low, high : float64 [N], optional
        Interval of the return, ratio; NaN = unbounded, or no score. None when no intervals are asked for.
    verdicts : tuple of Verdict
        One for each symbol that is silent by a rule, with its first reason.
    issued : Issued, optional
        What was promised; None when nothing was.
    """

    score: Floats
    low: Floats | None = None
    high: Floats | None = None
    verdicts: tuple[Verdict, ...] = ()
    issued: Issued | None = None


class OpinionGate:
    """Judges scores by the doubt that comes with them.

    It has a state only while levels are adaptive: they, the promises whose outcome is not known yet, and the opens by
    which outcomes are told.

    Parameters
    ----------
    symbols : sequence of str
        The N columns.
    """

    def __init__(self, symbols: Sequence[str]) -> None:
        self._symbols = tuple(symbols)
        self._levels = OnlineLevels()
        self._ended = EndedReturns()
        self._horizon = 0
        self._model: UncertaintyModel | None = None

    @property
    def levels(self) -> OnlineLevels:
        """The levels as they stand."""
        return self._levels

    def judge(self, bars: BarSlice, score: Floats, doubt: Doubt | None, members: Floats) -> Judged:
        """Take a bar with its scores and return what remains of them.

        Parameters
        ----------
        score : float64 [N]
            NaN = no score.
        doubt : Doubt or None
            None of a model that does not doubt: its scores stay as they are.
        members : float64 [N]
            1 for members of the universe.
        """
        if doubt is None and not self._horizon:
            return Judged(score)
        if doubt is not None:
            self._take_up(doubt.model)
        ended = self._ended.update(bars, self._horizon) if self._horizon else None
        return self.step(score, doubt, members, ended)

    def step(self, score: Floats, doubt: Doubt | None, members: Floats, ended: Floats | None) -> Judged:
        """Do what :meth:`judge` does, told of the forward returns that have just `ended`, float64 [N], by others.

        At a bar without a doubt, such as one whose prediction failed, the outcome that is due teaches nothing.
        """
        if doubt is not None:
            self._take_up(doubt.model)
        waiting = self._levels.waiting
        if self._horizon and len(waiting) > self._horizon:
            issued = waiting.popleft()
            if doubt is not None and ended is not None:
                self._learn(issued, ended, doubt.model)
        judged = Judged(score) if doubt is None else self._judged(score, doubt, members)
        if self._horizon:
            waiting.append(judged.issued or Issued.nothing(len(score)))
        return judged

    def snapshot(self) -> dict[str, object] | None:
        """Return the state, exact, as JSON values; None when there is none."""
        if not self._horizon:
            return None
        return {"horizon": self._horizon, "levels": self._levels.snapshot(), "opens": self._ended.snapshot()}

    def restore(self, state: object) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._levels, self._ended, self._horizon, self._model = OnlineLevels(), EndedReturns(), 0, None
        if state is None:
            return
        kept = cast(Mapping[str, object], state)
        self._horizon = int(cast(int, kept["horizon"]))
        self._levels.restore(cast(Mapping[str, object], kept["levels"]))
        self._ended.restore(kept["opens"])

    def _take_up(self, model: UncertaintyModel) -> None:
        """Go on with the levels under another model; promises of another horizon are forgotten."""
        horizon = model.horizon_bars if model.is_adaptive else 0
        if horizon != self._horizon:
            self._horizon = horizon
            self._levels.waiting.clear()
            self._ended.forget()
        if model is not self._model:
            self._model = model
            self._levels.under(model.levels_sha256)

    def _learn(self, issued: Issued, ended: Floats, model: UncertaintyModel) -> None:
        outcome = issued.outcome(ended, is_relative=model.is_relative)
        alpha, rate, levels = 1.0 - model.level, model.adaptive_rate, self._levels
        if model.tuning is not None:
            levels.learn(issued, outcome, model.tables, self._symbols, alpha=alpha, tuning=model.tuning)
            return
        if model.intervals is not None:
            groups, missed = model.intervals.groups_of(self._symbols), issued.missed_interval(outcome)
            levels.intervals = moved(levels.intervals, missed, groups, alpha=alpha, rate=rate)
        if model.sets is not None:
            groups, missed = model.sets.groups_of(self._symbols), issued.missed_set(outcome)
            levels.sets = moved(levels.sets, missed, groups, alpha=alpha, rate=rate)

    def _judged(self, score: Floats, doubt: Doubt, members: Floats) -> Judged:
        model = doubt.model
        issued = self._issue(score, doubt, members)
        low = high = None
        if model.intervals is not None:
            radius = np.where(issued.radius < UNBOUNDED, np.maximum(issued.radius, 0.0), np.nan)
            low, high = score - radius, score + radius
        verdicts: dict[int, Verdict] = {}
        for place, verdict in self._silences(score, doubt, issued):
            verdicts.setdefault(place, verdict)
        heard = score
        if verdicts:
            heard = score.copy()
            heard[list(verdicts)] = np.nan
        return Judged(heard, low, high, tuple(verdicts[place] for place in sorted(verdicts)), issued)

    def _issue(self, score: Floats, doubt: Doubt, members: Floats) -> Issued:
        model, levels = doubt.model, self._levels
        nothing = np.full(len(score), np.nan)
        radius, up, down = nothing, nothing, nothing
        if model.intervals is not None:
            bound = model.intervals.quantiles(self._symbols, levels.intervals, 1.0 - model.level)
            radius = np.where(np.isnan(score), np.nan, radii(bound, doubt.spread))
        if model.sets is not None and doubt.chances is not None:
            holds = model.holds(doubt.chances, self._symbols, levels.sets)
            signs = np.array(model.signs)
            up, down = (np.where(np.isnan(score), np.nan, holds[:, s].max(axis=1)) for s in (signs > 0.0, signs <= 0.0))
        return Issued(score, radius, up, down, members, self._asked(doubt))

    def _asked(self, doubt: Doubt) -> Asked | None:
        """Return what experts aim at, and what will tell how strange outcomes are; None unless levels are tuned."""
        model = doubt.model
        if model.tuning is None:
            return None
        up = down = np.full(len(self._symbols), np.nan)
        if model.sets is not None and doubt.chances is not None:
            scores, signs = set_scores(model.set_method, doubt.chances), np.array(model.signs)
            up, down = (scores[:, side].min(axis=1) for side in (signs > 0.0, signs <= 0.0))
        alphas = self._levels.asked(model.tables, alpha=1.0 - model.level, count=len(model.tuning.rates))
        return Asked(doubt.spread, up, down, alphas)

    def _silences(self, score: Floats, doubt: Doubt, issued: Issued) -> list[tuple[int, Verdict]]:
        """Return (place, verdict) of every rule that a symbol breaks, the rules in order."""
        rules, known = doubt.model.abstain, np.isfinite(score)
        found: list[tuple[int, Verdict]] = []
        if rules.interval:
            radius = issued.radius
            for i in _places(known & (np.abs(score) <= radius)):
                said = "without bounds" if radius[i] >= UNBOUNDED else f"[{_edges(score[i], radius[i])}]"
                reason = f"abstained: interval {said} holds zero"
                found.append((i, self._verdict("interval", i, reason, abs(float(score[i])), float(radius[i]))))
        if rules.sets:
            for i in _places(known & ~(issued.holds_up + issued.holds_down == 1.0)):
                held = float(issued.holds_up[i] + issued.holds_down[i])
                reason = f"abstained: the set holds {'both directions' if held > 1.0 else 'no class'}"
                found.append((i, self._verdict("set", i, reason, 1.0, held)))
        if rules.min_confidence is not None and doubt.chances is not None:
            likeliest, least = doubt.chances.max(axis=1), rules.min_confidence
            for i in _places(known & (likeliest < least)):
                reason = f"abstained: probability {likeliest[i]:.3f} of the likeliest class is below {least:g}"
                found.append((i, self._verdict("confidence", i, reason, least, float(likeliest[i]))))
        if rules.max_disagreement is not None and doubt.disagreement is not None:
            apart = doubt.disagreement
            for i in _places(known & (apart > rules.max_disagreement)):
                reason = f"abstained: members differ by {apart[i]:.3%}, more than {rules.max_disagreement:.3%}"
                found.append((i, self._verdict("disagreement", i, reason, rules.max_disagreement, float(apart[i]))))
        return found

    def _verdict(self, rule: str, place: int, reason: str, limit: float, value: float) -> Verdict:
        return Verdict(f"{ABSTAINED}{rule}", self._symbols[place], False, reason, limit, value)


def _places(mask: NDArray[np.bool_]) -> list[int]:
    return [int(place) for place in np.flatnonzero(mask)]


def _edges(score: float, radius: float) -> str:
    return f"{score - radius:.2%}, {score + radius:.2%}"
