"""The whole analysis in one call: orders, groups and the cost model's record, as values and as JSON (12.3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import cast

from qts_core.analytics.tca.groups import CostGroup, group
from qts_core.analytics.tca.measure import OrderCost, measure
from qts_core.analytics.tca.model_fit import ModelFit, model_fit
from qts_core.analytics.tca.trade import ParentTrade

__all__ = ["Tca", "analyse"]


@dataclass(frozen=True, slots=True)
class Tca:
    """Costs of orders, one by one and together.

    Attributes
    ----------
    orders : tuple of OrderCost
        In the order given.
    total : CostGroup
    by_symbol, by_algorithm : mapping of str to CostGroup
        Sorted by name.
    model : ModelFit, optional
        Expected against realised; None without expectations.
    """

    orders: tuple[OrderCost, ...]
    total: CostGroup
    by_symbol: Mapping[str, CostGroup]
    by_algorithm: Mapping[str, CostGroup]
    model: ModelFit | None

    def to_json(self) -> dict[str, object]:
        """Return all of it as JSON values: money as text, NaN as null."""
        return cast(dict[str, object], _plain(self))


def analyse(trades: Sequence[ParentTrade]) -> Tca:
    """Return what `trades` cost; no trades give empty groups."""
    orders = tuple(measure(t) for t in trades)
    return Tca(
        orders,
        group(orders),
        _grouped(orders, lambda o: o.symbol),
        _grouped(orders, lambda o: o.algorithm),
        model_fit(orders),
    )


def _grouped(orders: Sequence[OrderCost], key: Callable[[OrderCost], str]) -> Mapping[str, CostGroup]:
    names = sorted({key(o) for o in orders})
    return MappingProxyType({name: group([o for o in orders if key(o) == name]) for name in names})


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal | StrEnum):
        return str(value)
    return value
