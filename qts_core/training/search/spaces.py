"""Where each kind of model is searched: the ranges that it declares, and models.yaml's own (7.2, 7.3)."""

from __future__ import annotations

from collections.abc import Mapping

from qts_core.config.hyperparameters.declared import Dimension as Declared
from qts_core.config.search import SearchDimension
from qts_core.models.base import ModelType, Parameter
from qts_core.models.factory import model_class
from qts_core.training.search.space import Choice, Dimension, Number, Space

__all__ = ["default_space", "searched_space"]

LEVELS = 5
"""Values of a range that stands beside special values, such as -1 for "no limit": together they are options."""

SAMPLING = "data_sample_strategy"


def default_space(kind: str, model_type: ModelType) -> Space:
    """Return the space of `kind`; empty for one that declares no ranges, so that models.yaml must say where to look."""
    declared = [_dimension(one) for one in model_class(kind, model_type).search_space()]
    varied = [one for one in declared if not (isinstance(one, Choice) and len(one.options) == 1)]
    return Space(tuple(_with_strategies(varied) if kind == "lightgbm" else varied))


def searched_space(
    kind: str, model_type: ModelType, overrides: Mapping[str, SearchDimension | None], *, is_alone: bool = False
) -> Space:
    """Return the space of `kind` with `overrides`: None leaves a hyperparameter out, a new name is searched too.

    Parameters
    ----------
    overrides : mapping
        Under any of the library's names.
    is_alone : bool
        Whether only `overrides` are searched.

    Raises
    ------
    ValueError
        If a condition names no earlier choice.
    """
    table = model_class(kind, model_type).table
    own = {table_name: given for name, given in overrides.items() for table_name in table.canonical({name: 0})}
    start = () if is_alone else default_space(kind, model_type).dimensions
    kept = [_replaced(one, own) for one in start if own.get(one.name, one) is not None]
    there = {one.name for one in kept}
    added = [_configured(name, given) for name, given in own.items() if given is not None and name not in there]
    # choices first: a range may exist only under one of them
    dimensions = sorted((*kept, *added), key=lambda one: isinstance(one, Number))
    names = {one.name for one in dimensions}
    return Space(tuple(_unconditional(one, names) for one in dimensions))


def _replaced(one: Dimension, own: Mapping[str, SearchDimension | None]) -> Dimension:
    given = own.get(one.name)
    return one if given is None else _configured(one.name, given)


def _unconditional(one: Dimension, names: set[str]) -> Dimension:
    """Return `one` without conditions on choices that are not searched any more."""
    when = tuple((name, options) for name, options in one.when if name in names)
    if isinstance(one, Choice):
        return Choice(one.name, one.options, when)
    return Number(one.name, one.low, one.high, one.is_log, one.is_integer, when)


def _configured(name: str, given: SearchDimension) -> Dimension:
    when = tuple((on, tuple(options)) for on, options in given.when.items())
    if given.choices:
        return Choice(name, given.choices, when)
    assert given.low is not None, "settings have both ends"
    assert given.high is not None, "settings have both ends"
    return Number(name, given.low, given.high, given.log, given.integer, when)


def _dimension(one: Declared) -> Dimension:
    if not one.has_range:
        return Choice(one.name, one.choices)
    range_alone = Number(one.name, one.low, one.high, one.is_log, one.is_integer)
    if not one.choices:
        return range_alone
    options: tuple[Parameter, ...] = (*one.choices, *range_alone.levels(LEVELS))
    return Choice(one.name, options)


def _with_strategies(varied: list[Dimension]) -> list[Dimension]:
    """Return LightGBM's ranges with what a flat list cannot say: bags, or samples by gradient, never both (X-21)."""
    bagged = ((SAMPLING, ("bagging",)),)
    found: list[Dimension] = [Choice(SAMPLING, ("bagging", "goss"))]
    found.append(Number("num_iterations", 50, 1000, is_log=True, is_integer=True))
    for one in varied:
        if isinstance(one, Number) and one.name == "bagging_fraction":
            one = Number(one.name, one.low, one.high, when=bagged)
        found.append(one)
    return found
