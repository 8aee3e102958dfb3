"""What one trial gave, as it is kept with the study and in the ledger (specification 7.3; C-33)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from qts_core.analytics.significance import SharpeEstimate
from qts_core.market.ids import digest
from qts_core.models.base import Parameter
from qts_core.ports.studies import TrialState
from qts_core.research.ledger import ReturnSeries, Trial, TrialKind
from qts_core.training.search.objective import Evidence, Judgement

__all__ = ["TrialOutcome", "identity_of", "lost_trial"]

NOT_FINISHED = "the process ended before the trial did"


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """A trial that has ended.

    Attributes
    ----------
    number : int
    parameters : mapping
        What was searched.
    state : TrialState
        Finished, pruned or failed.
    failure : str
        Why it was pruned or failed; empty when it finished.
    judgement : Judgement or None
        None where nothing was judged.
    days, returns : tuple of int, tuple of float
        Net return out of fold of each session, days since 1970-01-01.
    seconds : float
    role : str
        ``"search"``, or ``"neighbour of 12"``.
    """

    number: int
    parameters: Mapping[str, Parameter]
    state: TrialState
    failure: str = ""
    judgement: Judgement | None = None
    days: tuple[int, ...] = ()
    returns: tuple[float, ...] = ()
    seconds: float = 0.0
    role: str = "search"

    @classmethod
    def of(
        cls, number: int, parameters: Mapping[str, Parameter], state: TrialState, *, failure: str, seconds: float,
        role: str, evidence: Evidence | None, judgement: Judgement | None,
    ) -> TrialOutcome:  # fmt: skip
        """Return what `evidence` amounts to."""
        outside = None if evidence is None else evidence.outside
        days = () if outside is None else tuple(int(day) for day in outside.days)
        returns = () if outside is None else tuple(float(value) for value in outside.values)
        return cls(number, dict(parameters), state, failure, judgement, days, returns, seconds, role)

    @property
    def value(self) -> float | None:
        """What the sampler is told."""
        return None if self.judgement is None else self.judgement.value

    @property
    def series(self) -> ReturnSeries | None:
        """Net return of each session; None without."""
        return ReturnSeries.of(np.array(self.days, dtype=np.int32), np.array(self.returns)) if self.days else None

    def to_note(self) -> dict[str, object]:
        """Return JSON values; what is not finite becomes null."""
        plain = {**asdict(self), "state": self.state.value, "parameters": dict(self.parameters)}
        return {name: _plain(value) for name, value in plain.items()}

    @classmethod
    def from_note(cls, note: object) -> TrialOutcome:
        """Read what `to_note` wrote."""
        content = dict(note) if isinstance(note, Mapping) else {}
        judged = content.pop("judgement", None)
        judgement = None if judged is None else _judgement(judged)
        return cls(
            **{
                **content,
                "state": TrialState(content["state"]),
                "days": tuple(content["days"]),
                "returns": tuple(content["returns"]),
                "judgement": judgement,
            }
        )

    def ledger_row(self, model: str, study: str) -> Trial:
        """Return the row that the ledger keeps."""
        estimate = SharpeEstimate.of(np.array(self.returns)) if len(self.returns) > 1 else None
        detail = {"number": str(self.number), "role": self.role, "parameters": _text(self.parameters)}
        if self.judgement is not None:
            detail |= {name: repr(value) for name, value in asdict(self.judgement).items()}
        return Trial(
            TrialKind.SEARCH,
            model,
            identity_of(study, self.parameters),
            failure=self.failure,
            daily_sharpe=None if estimate is None or not math.isfinite(estimate.sharpe) else estimate.sharpe,
            sessions=len(self.returns),
            detail=detail,
            study=study,
            returns=self.series,
        )


def identity_of(study: str, parameters: Mapping[str, Parameter]) -> str:
    """Return what makes a trial itself: its study, which names data, folds and objective, and its parameters."""
    return digest({"study": study, "parameters": _text(parameters)})


def lost_trial(number: int, parameters: Mapping[str, Parameter], role: str) -> TrialOutcome:
    """Return the outcome of a trial whose process ended."""
    return TrialOutcome(number, dict(parameters), TrialState.FAILED, NOT_FINISHED, role=role)


@dataclass(frozen=True, slots=True)
class Progress:
    """How a study stands, told after each trial.

    Attributes
    ----------
    done, wanted : int
    outcome : TrialOutcome
        Of the trial that ended.
    best : float
        Best value so far; NaN without one.
    """

    done: int
    wanted: int
    outcome: TrialOutcome
    best: float
    study: str = ""


def _text(parameters: Mapping[str, Parameter]) -> str:
    return json.dumps(dict(parameters), sort_keys=True)


def _plain(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return value


def _judgement(content: Mapping[str, object]) -> Judgement:
    # what `to_note` wrote of a Judgement; its types come from there
    values: dict[str, Any] = {name: _number(value) for name, value in content.items()}
    return Judgement(**values)


def _number(value: object) -> object:
    if isinstance(value, list):
        return tuple(math.nan if part is None else part for part in value)
    return math.nan if value is None else value
