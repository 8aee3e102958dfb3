"""How hyperparameters are searched: the part `search` of an entry in models.yaml (specification 7.3, 11.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from qts_core.config.section import OpenFraction, Section

__all__ = ["OBJECTIVES", "SEARCH_METHODS", "SearchDimension", "SearchSettings"]

SearchMethod = Literal["tpe", "gp_ei", "gp_ucb", "random", "grid", "hyperband", "genetic"]
SEARCH_METHODS: tuple[SearchMethod, ...] = ("tpe", "gp_ei", "gp_ucb", "random", "grid", "hyperband", "genetic")
OBJECTIVES = ("sharpe", "sortino", "return_over_drawdown", "ic")

OTHER_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "optuna": "tpe",
        "bayesian": "gp_ei",
        "bayesian_optimization": "gp_ei",
        "gaussian_process": "gp_ei",
        "random_search": "random",
        "grid_search": "grid",
        "genetic_algorithm": "genetic",
    }
)
"""Other spellings of methods, the specification's among them."""

Value = bool | int | float | str


def _named(given: object) -> object:
    return OTHER_NAMES.get(given, given) if isinstance(given, str) else given


def _objective(given: str) -> str:
    if given not in OBJECTIVES and not re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", given):
        raise ValueError(f"expected {', '.join(OBJECTIVES)}, or an own function as module:function")
    return given


class SearchDimension(Section):
    """Where one hyperparameter is searched: a range, or options."""

    low: float | None = None
    """Smallest value of a range, itself included."""
    high: float | None = None
    """Largest value of a range, itself included."""
    log: bool = False
    """Whether equal ratios count as equal distances, as for learning rates."""
    integer: bool = False
    """Whether only whole numbers are tried, as for counts of trees."""
    choices: tuple[Value, ...] = ()
    """Options instead of a range."""
    when: dict[str, tuple[Value, ...]] = Field(default_factory=dict)
    """Earlier choices and the options of them under which this one exists; always by default."""

    @model_validator(mode="after")
    def _is_one_of_two(self) -> SearchDimension:
        if bool(self.choices) == (self.low is not None or self.high is not None):
            raise ValueError("expected either low and high, or choices")
        if self.choices and (self.log or self.integer):
            raise ValueError("log and integer belong to a range, not to choices")
        if not self.choices:
            self._check_range()
        return self

    def _check_range(self) -> None:
        if self.low is None or self.high is None or self.low >= self.high:
            raise ValueError(f"low is {self.low} and high is {self.high}, expected low below high")
        if self.log and self.low <= 0:
            raise ValueError(f"low is {self.low}, but a log scale needs numbers above 0")
        if self.integer and (self.low != int(self.low) or self.high != int(self.high)):
            raise ValueError(f"low is {self.low} and high is {self.high}, expected whole numbers")


class SearchSettings(Section):
    """How hyperparameters are searched; a search proposes, it never changes this file."""

    aliases: ClassVar[Mapping[str, str]] = MappingProxyType({"n_trials": "trials", "optimization_target": "objective"})

    method: Annotated[SearchMethod, BeforeValidator(_named)] = "tpe"
    """Who proposes trials: tree-structured Parzen estimator, Gaussian process with expected improvement or upper
    confidence bound, chance, every point of a grid, chance with early stopping of the worse (Hyperband; its resource
    are inner folds), or a genetic algorithm."""
    trials: Annotated[int, Field(ge=1, le=1_000_000)] = 50
    """Trials of a study, pruned and failed ones among them; a grid ends with its last point."""
    timeout_minutes: Annotated[float, Field(gt=0, le=100_000)] | None = None
    """No new trial begins after so many minutes; default no limit."""
    objective: Annotated[str, AfterValidator(_objective)] = "sharpe"
    """What is sought, of the inner out-of-fold predictions net of costs: `sharpe`, `sortino`, `return_over_drawdown`,
    `ic`, or an own function as `module:function`."""
    space: dict[str, SearchDimension | None] = Field(default_factory=dict)
    """Hyperparameter to where it is searched, beside or instead of the ranges of its kind; null leaves one out."""
    inner_method: Literal["purged_k_fold", "walk_forward"] = "purged_k_fold"
    """How trials are judged within the training rows: each row once, or expanding windows judged by what follows."""
    inner_folds: Annotated[int, Field(ge=2, le=50)] = 5
    """Inner folds of each trial."""
    per_fold: bool = False
    """Whether every window of the fold plan is searched again, by its own training rows alone (11.4)."""
    max_drawdown: OpenFraction = 0.15
    """Largest drawdown of a trial that may be chosen, fraction."""
    complexity_penalty: Annotated[float, Field(ge=0, le=10)] = 0.02
    """Taken from the objective for each factor of ten in leaves times trees, or in features of a linear model."""
    grid_levels: Annotated[int, Field(ge=1, le=100)] = 3
    """Values of each range in a grid."""
    population: Annotated[int, Field(ge=4, le=1000)] = 20
    """Trials of one generation of the genetic algorithm."""
    start_trials: Annotated[int, Field(ge=2, le=1000)] = 10
    """Trials drawn at random before a surrogate proposes."""
    finalists: Annotated[int, Field(ge=1, le=20)] = 3
    """Best trials whose neighbourhood is tried before one is chosen."""
    neighbours: Annotated[int, Field(ge=0, le=50)] = 3
    """Further trials close to each finalist, by which a plateau is told from a spike; 0 looks at trials near by."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 7
    """Seed of the proposals; in one process the same seed gives the same trials."""
