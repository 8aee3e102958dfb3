"""How a model is trained and judged: the part `training` of an entry in models.yaml (specification 7.3, 15.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from qts_core.config.section import Section

__all__ = ["Count", "SampleWeights", "TrainingSettings", "ValidationMethod", "fold_contradictions"]

Count = Annotated[int, Field(ge=1, le=100_000)]
SampleWeights = Literal["equal", "uniqueness"]

OTHER_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "walk_forward_rolling": "walk_forward",
        "rolling": "walk_forward",
        "anchored": "walk_forward_anchored",
        "expanding": "walk_forward_anchored",
        "purged_kfold": "purged_k_fold",
        "combinatorial_purged_cv": "combinatorial_purged",
        "cpcv": "combinatorial_purged",
        "walk_forward_split": "split",
        "optimization": "optimisation",
        "walk_forward_optimization": "optimisation",
        "walk_forward_optimisation": "optimisation",
    }
)
"""Other spellings of methods and schemes, the specification's among them."""


def _named(given: object) -> object:
    return OTHER_NAMES.get(given, given) if isinstance(given, str) else given


ValidationMethod = Literal["walk_forward", "walk_forward_anchored", "purged_k_fold", "combinatorial_purged"]
GROUPS: Mapping[str, int] = MappingProxyType({"purged_k_fold": 5, "combinatorial_purged": 6})


class TrainingSettings(Section):
    """How a model is trained and judged; all spans are trading sessions, months or bars."""

    aliases: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "train_window_days": "train_sessions",
            "validation_window_days": "test_sessions",
            "purge_gap": "gap_bars",
            "n_splits": "groups",
        }
    )

    validation_method: Annotated[ValidationMethod, BeforeValidator(_named)] = "walk_forward"
    """How folds are made: training windows that roll on, that begin with the first bar (anchored), k folds of which
    each is judged once, or every choice of `test_groups` of the `groups`."""
    windows: Annotated[Literal["sessions", "split", "optimisation"], BeforeValidator(_named)] = "sessions"
    """Windows of a walk-forward: `sessions` (the three lengths below), or months by the specification's schemes:
    `split` (7.3: 12 to train, 2 to validate, 1 to test, step 1), `optimisation` (11.4: 12, 3 to test, step 3)."""
    train_sessions: Count = 252
    """Sessions in each training window."""
    test_sessions: Count = 63
    """Sessions in each test window, out of sample."""
    step_sessions: Count = 63
    """Sessions between two folds."""
    train_months: Annotated[int, Field(ge=1, le=600)] | None = None
    """Months in each training window of `split` (6 to 12) or `optimisation`; default 12."""
    validation_months: Annotated[int, Field(ge=1, le=12)] | None = None
    """Months of validation between training and test of `split`; default 2."""
    groups: Annotated[int, Field(ge=2, le=100)] | None = None
    """Groups of sessions of `purged_k_fold` (default 5) and `combinatorial_purged` (default 6)."""
    test_groups: Annotated[int, Field(ge=2, le=50)] = 2
    """Groups judged at a time by `combinatorial_purged`."""
    gap_bars: Annotated[int, Field(ge=0, le=100_000)] = 5
    """Fewest bars between a training row and a test row, where labels end sooner."""
    embargo_bars: Annotated[int, Field(ge=0, le=100_000)] = 26
    """Bars left out after the purge, which itself goes by label end time: before a test in a walk-forward, after the
    last label of a test in `purged_k_fold` and `combinatorial_purged`."""
    holdout_sessions: Annotated[int, Field(ge=0, le=100_000)] = 1
    """Last sessions that never enter training."""
    validation_share: Annotated[float, Field(gt=0, lt=1)] = 0.15
    """Share of the training rows, the last ones, on which early stopping judges; purged from the rest."""
    row_stride: Count = 1
    """Train on every k-th bar; 1 uses all."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 7
    """Seed; the same seed gives the same bytes."""
    sample_weights: SampleWeights = "equal"
    """Weight of each training sample: all the same, or by how much of its label no other label of the symbol shares."""
    early_stopping_rounds: Count | None = None
    """Rounds without gain on the validation tail after which trees stop growing; default never."""
    evaluation_metric: Literal["loss", "sharpe"] = "loss"
    """What early stopping watches: the loss, or the Sharpe ratio of positions held by the scores of the tail."""
    recency_half_life_sessions: Count | None = None
    """Sessions after which a training sample weighs half as much as the newest; default all weigh the same."""
    monotone_constraints: dict[str, Literal[-1, 1]] = Field(default_factory=dict)
    """Feature or pattern to 1 (predictions may only rise with it) or -1 (only fall); the first that fits counts."""
    interaction_constraints: tuple[tuple[str, ...], ...] = ()
    """Groups of features or patterns: only features of one group share a branch, those in no group stand alone."""
    categorical_features: tuple[str, ...] = ()
    """Features or patterns whose values 0, 1, 2 ... are names, not sizes."""
    regularisation_schedule: dict[str, tuple[float, float]] = Field(default_factory=dict)
    """Hyperparameter to its values in the first and the last round; in between it moves in a straight line."""
    device: Literal["cpu", "auto", "gpu"] = "cpu"
    """Where trees grow; `auto` takes a GPU when there is one. Only `cpu` gives the same bytes on every machine."""
    continue_from: Count | None = None
    """Registered version of the same model whose trees are kept and grown on; default begin anew."""
    retrain_frequency: Literal["daily", "weekly", "monthly", "never"] = "weekly"
    """How often the schedule retrains."""

    @property
    def group_count(self) -> int:
        """Groups of the method that has groups."""
        return self.groups or GROUPS.get(self.validation_method, 0)


def fold_contradictions(chosen: TrainingSettings, where: str) -> Iterator[str]:
    """Yield one sentence for each setting of folds that contradicts the method, or that the method would not read."""
    method, fields = chosen.validation_method, TrainingSettings.model_fields
    is_walk = method.startswith("walk_forward")
    unread: dict[str, str] = {}
    if not is_walk:
        names = ("windows", "train_sessions", "test_sessions", "step_sessions", "train_months", "validation_months")
        unread |= dict.fromkeys(names, f"validation_method {method}")
    elif chosen.windows == "sessions":
        unread |= dict.fromkeys(("train_months", "validation_months"), "windows sessions")
    else:
        unread |= dict.fromkeys(("train_sessions", "test_sessions", "step_sessions"), f"windows {chosen.windows}")
        if chosen.windows == "optimisation":
            unread["validation_months"] = "windows optimisation"
    if is_walk:
        unread["groups"] = f"validation_method {method}"
    if method != "combinatorial_purged":
        unread["test_groups"] = f"validation_method {method}"
    for name in (n for n in unread if getattr(chosen, n) != fields[n].default):
        yield f"{where}.{name} is {getattr(chosen, name)}, which {unread[name]} does not read; take it out"
    if is_walk and chosen.windows == "sessions" and chosen.step_sessions < chosen.test_sessions:
        yield (
            f"{where}.step_sessions is {chosen.step_sessions} but test_sessions is {chosen.test_sessions}; "
            "a bar would be judged twice"
        )
    if is_walk and chosen.windows == "split" and chosen.train_months is not None and not 6 <= chosen.train_months <= 12:
        yield f"{where}.train_months is {chosen.train_months} but windows split trains on 6 to 12"
    if is_walk and chosen.windows == "split" and (chosen.validation_months or 1) > 2:
        yield f"{where}.validation_months is {chosen.validation_months} but windows split validates on 1 or 2"
    if method == "combinatorial_purged" and chosen.test_groups >= chosen.group_count:
        yield f"{where}.test_groups is {chosen.test_groups} but groups is {chosen.group_count}, which must be more"
