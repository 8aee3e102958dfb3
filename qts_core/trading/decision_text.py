"""The bytes that a decision's digest is made of: every bit of its arrays, and its other values as exact text.

Journals hold digests, so these bytes never change for a record that could be written before. The text is that of the
values' own ``repr`` as of the first journals, spelled out here: it is much cheaper than asking dataclasses and enums
for it at every bar of a backtest, and a field that is added to one of them later does not change an old digest.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.orders import OrderRequest
from qts_core.market.panel import Floats
from qts_core.risk.verdict import Verdict

__all__ = [
    "Remembered", "RememberedBytes", "RememberedItems", "bits", "moment_text", "request_text", "tuple_text",
    "verdict_text",
]  # fmt: skip


def bits(arrays: tuple[Floats, ...]) -> Floats:
    """Return K arrays of N values one after the other, float64 [K * N]; all NaN are one."""
    together = np.concatenate(arrays)
    _one_nan(together)
    return together


@kernel
def _one_nan(values: Floats) -> None:
    for i in range(len(values)):
        if np.isnan(values[i]):
            values[i] = np.nan


class Remembered:
    """The text of a value, kept while the very same object comes again: equal Decimals may read differently."""

    def __init__(self) -> None:
        self._last: tuple[object, str] = (None, "None")

    def __call__(self, value: object) -> str:
        known, text = self._last
        if value is not known:
            text = repr(value)
            self._last = (value, text)
        return text


class RememberedBytes:
    """The encoded text of a value, kept while the very same object comes again."""

    def __init__(self) -> None:
        self._last: tuple[object, bytes] = (None, b"None")

    def __call__(self, value: object) -> bytes:
        if value is not self._last[0]:
            self._last = (value, repr(value).encode())
        return self._last[1]


class RememberedItems:
    """The text of a tuple of (name, value) pairs of which most are the very same objects as the time before."""

    def __init__(self) -> None:
        self._last: tuple[object, str] = ((), "()")
        self._known: dict[str, tuple[object, str]] = {}

    def __call__(self, items: tuple[tuple[str, object], ...]) -> str:
        if items is not self._last[0]:
            self._last = (items, tuple_text([self._of(item) for item in items]) if items else "()")
        return self._last[1]

    def _of(self, item: tuple[str, object]) -> str:
        known = self._known.get(item[0])
        if known is None or known[0] is not item:
            known = self._known[item[0]] = (item, repr(item))
        return known[1]


def moment_text(moment: datetime) -> str:
    """Return ``repr(moment)``."""
    t = moment
    if t.tzinfo is UTC and not (t.second or t.microsecond or t.fold):
        return f"datetime.datetime({t.year}, {t.month}, {t.day}, {t.hour}, {t.minute}, tzinfo=datetime.timezone.utc)"
    return repr(moment)


def tuple_text(items: Iterable[str]) -> str:
    """Return the texts of a tuple's items as the tuple's own ``repr``."""
    told = tuple(items)
    return f"({told[0]},)" if len(told) == 1 else f"({', '.join(told)})"


def verdict_text(v: Verdict) -> str:
    """Return ``repr(v)``."""
    return (
        f"Verdict(name={v.name!r}, symbol={v.symbol!r}, is_allowed={v.is_allowed!r}, reason={v.reason!r}, "
        f"limit={v.limit!r}, value={v.value!r})"
    )


def request_text(r: OrderRequest) -> str:
    """Return ``repr(r)``."""
    return (
        f"OrderRequest(client_order_id={r.client_order_id!r}, symbol={r.symbol!r}, side={_word(r.side)}, "
        f"type={_word(r.type)}, time_in_force={_word(r.time_in_force)}, quantity={r.quantity!r}, "
        f"notional={r.notional!r}, limit_price={r.limit_price!r}, stop_price={r.stop_price!r}, "
        f"trail_price={r.trail_price!r}, trail_percent={r.trail_percent!r}, extended_hours={r.extended_hours!r}, "
        f"order_class={_word(r.order_class)}, take_profit_limit_price={r.take_profit_limit_price!r}, "
        f"stop_loss_stop_price={r.stop_loss_stop_price!r}, stop_loss_limit_price={r.stop_loss_limit_price!r})"
    )


WORDS: dict[tuple[type, Enum], str] = {}


def _word(value: Enum) -> str:
    key = (type(value), value)
    text = WORDS.get(key)
    if text is None:
        text = WORDS[key] = repr(value)
    return text
