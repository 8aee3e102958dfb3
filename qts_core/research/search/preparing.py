"""What a search of a configured model is made of: windows, space, objective, market; and the name of each study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from qts_core.config.models import ModelSettings
from qts_core.config.search import SearchSettings
from qts_core.config.settings import Settings
from qts_core.exchange import fills_of
from qts_core.market.errors import InvalidConfigError
from qts_core.market.ids import digest
from qts_core.research.preparation import PreparedTraining
from qts_core.research.search.result import FINAL
from qts_core.trading.settings import core_settings
from qts_core.training.folds import Fold, FoldPlan
from qts_core.training.search.evaluation import Bench
from qts_core.training.search.objective import OBJECTIVES, Objective, ObjectiveFunction
from qts_core.training.search.space import Space
from qts_core.training.search.spaces import searched_space
from qts_core.training.search.trading import TradingTape

__all__ = ["SearchPlan", "Window", "plan_search"]

UNNAMED = ("trials", "timeout_minutes", "finalists", "neighbours")
"""Settings that say how long to search, not what: they may change when a study goes on."""


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """One outer fold whose training rows are searched.

    Attributes
    ----------
    label : str
        Such as ``fold 3``, or ``final`` for the model that goes live.
    fold : Fold
    study : str
        Name of its study, which says everything that a trial's value depends on.
    bench : Bench
    """

    label: str
    fold: Fold
    study: str
    bench: Bench


@dataclass(frozen=True, slots=True, eq=False)
class SearchPlan:
    """A search laid out.

    Attributes
    ----------
    model : str
        Key in models.yaml.
    settings : SearchSettings
    windows : tuple of Window
        One, or every fold and the final model.
    objective : Objective
    space : Space
    plan : FoldPlan
        The outer plan.
    """

    model: str
    settings: SearchSettings
    windows: tuple[Window, ...]
    objective: Objective
    space: Space
    plan: FoldPlan

    @property
    def wanted(self) -> int:
        """Trials of each window."""
        if self.settings.method != "grid":
            return self.settings.trials
        return min(self.settings.trials, len(self.space.grid(self.settings.grid_levels)))


def plan_search(settings: Settings, prepared: PreparedTraining, chosen: SearchSettings) -> SearchPlan:
    """Lay out the search of a model on the samples that it is trained on.

    Raises
    ------
    InvalidConfigError
        QTS-MODEL-045 if the space is empty or contradicts itself, the objective cannot be found, or the target cannot
        be traded; QTS-MODEL-046 if a search of one window would see what other folds are judged on.
    """
    entry, key = prepared.entry, prepared.entry.key
    space = _space(settings.models.models[key], chosen, prepared)
    if not entry.target.spec.is_return:
        raise _refused(
            f"models.yaml {key}", "the target says nothing of the return, so its trials cannot be judged by trading",
            entry.target.name, "a target of the return or its direction",
        )  # fmt: skip
    objective = Objective(
        chosen.objective, _objective(chosen.objective), chosen.max_drawdown, chosen.complexity_penalty
    )
    core = core_settings(settings)
    fills = fills_of(settings.backtest, settings.backtest.verdict_fill_mode)
    tape = TradingTape.of(prepared.panel, core.alpha, core.portfolio, fills)
    windows = []
    for label, fold in _folds(prepared.plan, chosen, key):
        inner = prepared.plan.inner(fold, groups=chosen.inner_folds, method=chosen.inner_method)
        bench = Bench(entry, prepared.samples, inner, tape, space)
        name = _study_name(prepared, chosen, inner, tape, space)
        windows.append(Window(label, fold, name, bench))
    return SearchPlan(key, chosen, tuple(windows), objective, space, prepared.plan)


def _folds(plan: FoldPlan, chosen: SearchSettings, key: str) -> Sequence[tuple[str, Fold]]:
    if chosen.per_fold:
        return [*((f"fold {fold.index + 1}", fold) for fold in plan.folds), (FINAL, plan.final_fold)]
    if not plan.is_history:
        raise InvalidConfigError(
            "QTS-MODEL-046", "one search would learn from what other folds are judged on", where=f"models.yaml {key}",
            found=f"search.per_fold false with folds of {plan.scheme}", expected="a search in every fold",
            fix="set search.per_fold to true, or validate by walk_forward",
        )  # fmt: skip
    return [("fold 1", plan.folds[0])]


def _space(model: ModelSettings, chosen: SearchSettings, prepared: PreparedTraining) -> Space:
    where = f"models.yaml {prepared.entry.key} search.space"
    try:
        space = searched_space(prepared.entry.kind, prepared.entry.model_type, chosen.space)
    except ValueError as error:
        raise _refused(where, "the search space contradicts itself", str(error), "ranges and choices") from error
    if not len(space):
        raise _refused(where, "nothing is searched", f"no ranges for {model.type}", "at least one hyperparameter")
    return space


def _objective(name: str) -> ObjectiveFunction:
    if name in OBJECTIVES:
        return OBJECTIVES[name]
    module, _, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise _refused("models.yaml search.objective", "the objective cannot be found", name, str(error)) from error
    if not callable(found):
        raise _refused("models.yaml search.objective", "the objective is no function", name, "module:function")
    function: ObjectiveFunction = found
    return function


def _study_name(
    prepared: PreparedTraining, chosen: SearchSettings, inner: FoldPlan, tape: TradingTape, space: Space
) -> str:
    """Return a name that differs wherever a trial's value, or what is proposed, may differ."""
    identity = {
        "entry": prepared.entry.as_dict(),
        "samples": [prepared.samples.data_hash, prepared.samples.catalogue_hash],
        "folds": inner.hash,
        "search": chosen.model_dump(mode="json", exclude=set(UNNAMED)),
        "space": space.as_dict(),
        "trading": [repr(tape.alpha), repr(tape.portfolio), tape.cost_ratio, tape.sale_ratio, tape.borrow_ratio],
    }
    return f"{prepared.entry.key}-{digest(identity)[:12]}"


def _refused(where: str, what: str, found: str, expected: str) -> InvalidConfigError:
    return InvalidConfigError(
        "QTS-MODEL-045", what, where=where, found=found, expected=expected, fix="see docs/concepts/search.md"
    )
