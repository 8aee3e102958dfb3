"""What a search found, window by window, as it is kept in the lake and proposed (specification 7.3, 11.4)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from qts_core.market.errors import ModelNotFoundError
from qts_core.market.time import from_micros
from qts_core.models.base import Parameter
from qts_core.ports.lake import LakePort, LakeReader

__all__ = ["FINAL", "SearchResult", "WindowResult", "has_search", "load_search", "proposal_text", "save_search"]

FINAL = "final"
"""Label of the window of the model that goes live."""
ONCE = ", the training rows of the first fold: search.per_fold looks at every fold's own"


@dataclass(frozen=True, slots=True)
class WindowResult:
    """One window: searched on its training rows, tested on what it never saw.

    Attributes
    ----------
    label : str
    known_until : int
        End of the last bar that the search looked at, microseconds UTC.
    hyperparameters : mapping
        What the chosen trial was fitted with, all of them, under the library's own names.
    summary : mapping
        The study in figures, `StudySummary` as plain values.
    tested : mapping of str to float
        Net figures of the chosen trial on the window's test rows; empty for the final model.
    """

    label: str
    known_until: int
    hyperparameters: Mapping[str, Parameter]
    summary: Mapping[str, object]
    tested: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A finished search.

    Attributes
    ----------
    model : str
        Key in models.yaml.
    method, objective : str
    identity : str
        Hash of the training it belongs to.
    windows : tuple of WindowResult
    overall : mapping of str to float
        Net figures over the tests of all windows together.
    """

    model: str
    method: str
    objective: str
    identity: str
    windows: tuple[WindowResult, ...]
    overall: Mapping[str, float | None]

    @property
    def is_nested(self) -> bool:
        """Whether every window of the fold plan was searched by its own training rows."""
        return self.windows[-1].label == FINAL

    @property
    def is_found(self) -> bool:
        """Whether every window has a trial that may be chosen."""
        return all(window.hyperparameters for window in self.windows)

    def to_json(self) -> str:
        """Return canonical JSON."""
        content = {
            "model": self.model,
            "method": self.method,
            "objective": self.objective,
            "identity": self.identity,
            "overall": dict(self.overall),
            "windows": [
                {
                    "label": w.label,
                    "known_until": w.known_until,
                    "hyperparameters": dict(w.hyperparameters),
                    "summary": dict(w.summary),
                    "tested": dict(w.tested),
                }
                for w in self.windows
            ],
        }
        return json.dumps(content, sort_keys=True, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> SearchResult:
        """Read what `to_json` wrote."""
        content = json.loads(text)
        windows = tuple(WindowResult(**window) for window in content.pop("windows"))
        return cls(**content, windows=windows)


def save_search(lake: LakePort, result: SearchResult) -> None:
    """Leave the result in the lake; a search of the same model before it is replaced."""
    lake.write_blob(_blob(result.model), result.to_json().encode())


def has_search(lake: LakeReader, model: str) -> bool:
    """Return whether a search of `model` was finished."""
    return lake.has_blob(_blob(model))


def load_search(lake: LakeReader, model: str) -> SearchResult:
    """Return the newest finished search of `model`.

    Raises
    ------
    ModelNotFoundError
        QTS-MODEL-047 if there is none.
    """
    if not lake.has_blob(_blob(model)):
        raise ModelNotFoundError(
            "QTS-MODEL-047", "there is no finished search of the model", where=f"models.yaml {model}",
            found="hyperparameters_from: study", fix=f"run `qts models search {model}`, or take the line out",
        )  # fmt: skip
    return SearchResult.from_json(lake.read_blob(_blob(model)).decode())


def proposal_text(result: SearchResult) -> str:
    """Return what could be written into models.yaml; nothing is ever written there by a search."""
    last = result.windows[-1]
    until = from_micros(last.known_until).date()
    lines = [
        f"# proposed by `qts models search {result.model}`: {result.method}, {result.objective}",
        f"# by bars up to {until}{'' if result.is_nested else ONCE}",
    ]
    lines += ["models:", f"  {result.model}:", "    hyperparameters:"]
    lines += [f"      {name}: {json.dumps(value)}" for name, value in sorted(last.hyperparameters.items())]
    folds = [window for window in result.windows if window.label != FINAL]
    if len(folds) > 1:
        lines.append("    window_hyperparameters:      # one line a fold, chosen by its own training rows")
        lines += [f"      - {json.dumps(dict(sorted(w.hyperparameters.items())))}" for w in folds]
    return "\n".join(lines) + "\n"


def figures(values: Mapping[str, float]) -> dict[str, float | None]:
    """Return figures with what is not finite as None."""
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def _blob(model: str) -> str:
    return f"searches/{model}.json"
