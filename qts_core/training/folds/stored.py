"""A fold plan as JSON and back, with its hash (specification 7.3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from qts_core.market.errors import TrainingError
from qts_core.market.ids import digest
from qts_core.training.folds.ranges import Fold, RowRange

if TYPE_CHECKING:
    from qts_core.training.folds.plan import FoldPlan

__all__ = ["content_of", "fields_of", "stored_text"]

UNSAID: Mapping[str, object] = {"final_validation": None, "embargo_sides": "both", "gap_bars": 0, "guards": ()}
"""Attributes left out while they say nothing, so that a plan's hash does not change when plans learn a new word."""


def content_of(plan: FoldPlan) -> dict[str, Any]:
    """Return what a plan says, by name (JSON is of any shape); the hash is over this."""
    content = {name: value for name, value in asdict(plan).items() if name not in UNSAID or value != UNSAID[name]}
    content["folds"] = [{k: v for k, v in fold.items() if k != "validation" or v} for fold in content["folds"]]
    return content


def stored_text(plan: FoldPlan) -> str:
    """Return the plan as JSON, with its hash."""
    return json.dumps({**content_of(plan), "hash": plan.hash}, sort_keys=True)


def fields_of(text: str) -> dict[str, Any]:
    """Return the attributes of the plan that :func:`stored_text` wrote.

    Raises
    ------
    TrainingError
        QTS-MODEL-022 if it is no plan, or its hash is of another one.
    """
    try:
        content = json.loads(text)
        written = content.pop("hash")
        fields = {**content, **{name: _range(content[name]) for name in ("final", "holdout")}}
        fields["folds"] = tuple(
            Fold(f["index"], *(_ranges(f.get(role, [])) for role in ("train", "test", "validation")))
            for f in content["folds"]
        )
        fields["guards"] = _ranges(content.get("guards", []))
        if "final_validation" in content:
            fields["final_validation"] = _range(content["final_validation"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(f"{type(error).__name__}: {error}", "the JSON of a fold plan") from error
    if digest(content) != written:
        raise _unreadable(digest(content)[:12], f"hash {str(written)[:12]}")
    return fields


def _unreadable(found: str, expected: str) -> TrainingError:
    return TrainingError(
        "QTS-MODEL-022", "this is no fold plan, or it was changed", found=found, expected=expected,
        fix="make the plan again by its settings",
    )  # fmt: skip


def _range(content: Mapping[str, int]) -> RowRange:
    return RowRange(int(content["start"]), int(content["stop"]))


def _ranges(content: list[Mapping[str, int]]) -> tuple[RowRange, ...]:
    return tuple(_range(r) for r in content)
