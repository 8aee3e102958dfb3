"""Pictures of example fold plans for docs/concepts/folds.md, drawn by the code that lays plans out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from qts_core.config.training import TrainingSettings
from qts_core.market.calendar import xnys
from qts_core.market.timeline import Timeline
from qts_core.report.figures import standalone
from qts_core.report.fold_figures import fold_chart, path_chart
from qts_core.training.folds import plan_folds

__all__ = ["fold_pictures"]

WIDTH = 720.0
HORIZON_BARS = 26
COMBINATORIAL = "combinatorial-purged"
EXAMPLES: Mapping[str, Mapping[str, object]] = {
    "walk-forward": {"train_sessions": 252, "test_sessions": 63, "holdout_sessions": 20},
    "walk-forward-split": {"windows": "split", "holdout_sessions": 20},
    "walk-forward-anchored": {
        "validation_method": "walk_forward_anchored", "windows": "optimisation", "holdout_sessions": 20,
    },
    "purged-k-fold": {"validation_method": "purged_k_fold", "holdout_sessions": 20},
    COMBINATORIAL: {"validation_method": "combinatorial_purged", "holdout_sessions": 20},
}  # fmt: skip


def fold_pictures() -> dict[str, str]:
    """Return the SVG of each example by its file name, of three years of 15-minute bars with labels of one session."""
    line = Timeline.between(xnys(), date(2020, 1, 1), date(2022, 12, 31))
    found = {}
    for name, chosen in EXAMPLES.items():
        plan = plan_folds(TrainingSettings.model_validate(chosen), line, horizon_bars=HORIZON_BARS)
        found[f"folds-{name}.svg"] = standalone(fold_chart(plan, line, width=WIDTH))
        if name == COMBINATORIAL:
            found["folds-paths.svg"] = standalone(path_chart(plan, line, width=WIDTH))
    return found
