"""One thing tried, as the ledger keeps it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from qts_core.research.ledger.returns import ReturnSeries

__all__ = ["Trial", "TrialKind"]


class TrialKind(StrEnum):
    """What was tried."""

    TRAINING = "training"
    BACKTEST = "backtest"
    SEARCH = "search"
    """One trial of a parameter search."""
    SELECTION = "selection"
    """A choice between features, thresholds or calibrations."""
    ENSEMBLE = "ensemble"
    """A choice of members or weights."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One thing tried.

    Attributes
    ----------
    kind : TrialKind
    model : str
        Key in models.yaml.
    identity : str
        Hash of every choice made: configuration, data, folds. Equal identities are one trial.
    parent : str
        Identity of the training that a backtest judges; empty for a training.
    failure : str
        Why it gave no result; empty when it did.
    daily_sharpe : float or None
        Net Sharpe ratio per session, not annualised; None when there is none.
    sessions : int
        Observations behind it.
    detail : mapping of str to str
        Anything a reader may want: parameters, fill mode, metrics.
    study : str
        Name of the search that it belongs to; empty outside one.
    alternatives : int
        How many candidates this row stands for, at least 1: a choice between five weightings in one row is five.
    returns : ReturnSeries or None
        Net return of each session. Without it the trial counts as unlike every other one.

    Raises
    ------
    ValueError
        If `alternatives` is below 1.
    """

    kind: TrialKind
    model: str
    identity: str
    parent: str = ""
    failure: str = ""
    daily_sharpe: float | None = None
    sessions: int = 0
    detail: Mapping[str, str] = field(default_factory=dict)
    study: str = ""
    alternatives: int = 1
    returns: ReturnSeries | None = None

    def __post_init__(self) -> None:
        if self.alternatives < 1:
            raise ValueError(f"a trial stands for at least one candidate, not {self.alternatives}")

    def to_json(self) -> str:
        """Return canonical JSON."""
        sharpe = self.daily_sharpe if self.daily_sharpe is not None and math.isfinite(self.daily_sharpe) else None
        content: dict[str, object] = {
            "kind": self.kind.value,
            "model": self.model,
            "identity": self.identity,
            "parent": self.parent,
            "failure": self.failure,
            "daily_sharpe": sharpe,
            "sessions": self.sessions,
            "detail": dict(self.detail),
        }
        if self.study:
            content["study"] = self.study
        if self.alternatives != 1:
            content["alternatives"] = self.alternatives
        if self.returns is not None:
            content["returns"] = self.returns.to_json()
        return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Trial:
        """Read what `to_json` wrote."""
        content = json.loads(text)
        returns = content.pop("returns", None)
        series = None if returns is None else ReturnSeries.from_json(returns)
        return cls(**{**content, "kind": TrialKind(content["kind"]), "returns": series})
