"""vectorbt: signals, target weights at every bar, and a sweep of pairs; ``vectorbt_side.py FOLDER ENGINE PART``."""

from __future__ import annotations

import sys

import numpy as np
import vectorbt as vbt
from common import Given, Watch

given = Given()
engine, part = sys.argv[2], sys.argv[3]
vbt.settings["engine"] = engine
open_, close = given.frames("open"), given.frames("close")
size = np.broadcast_to(np.array(given.shares, dtype=float), close.shape)
costs = {"fees": given.fee, "slippage": given.slippage, "freq": "15min"}


def signals(fast: int, slow: int):  # type: ignore[no-untyped-def]
    """Run one pair and its metrics."""
    above = given.mean(fast) > given.mean(slow)
    entries = np.vstack([np.zeros((1, above.shape[1]), bool), above[:-1]])
    result = vbt.Portfolio.from_signals(
        close, entries, ~entries, price=open_, size=size, init_cash=given.cash, cash_sharing=True, group_by=True,
        **costs,
    )  # fmt: skip
    measured = (result.total_return(), result.sharpe_ratio(), result.max_drawdown(), result.total_profit())
    return result, measured


def weights(target):  # type: ignore[no-untyped-def]
    """Run target weights and their metrics."""
    result = vbt.Portfolio.from_orders(
        close, size=target, size_type="targetpercent", price=open_, init_cash=given.cash, cash_sharing=True,
        group_by=True, call_seq="auto", **costs,
    )  # fmt: skip
    measured = (result.total_return(), result.sharpe_ratio(), result.max_drawdown(), result.total_profit())
    return result, measured


def main() -> None:
    """Warm up the compiler, then measure."""
    target = np.vstack([np.full((1, close.shape[1]), np.nan), np.full((len(close) - 1, close.shape[1]), 0.5)])
    target[1:] = np.where((given.mean(given.fast) > given.mean(given.slow))[:-1], 0.5 / close.shape[1], 0.0)
    if part == "weights":
        weights(target)
        watch = Watch()
        result, _ = weights(target)
        equity = result.value().iloc[-1]
    elif part == "signals":
        signals(given.fast, given.slow)
        watch = Watch()
        result, _ = signals(given.fast, given.slow)
        equity = result.value().iloc[-1]
    else:
        pairs = [(f, s) for f in range(5, 55, 5) for s in range(60, 260, 20)][: int(sys.argv[4])]
        for window in {window for pair in pairs for window in pair}:
            given.mean(window)
        signals(*pairs[0])
        watch = Watch()
        for pair in pairs:
            result, _ = signals(*pair)
        equity = result.value().iloc[-1]
    watch.tell(vbt.__version__, equity, len(result.orders.records), pairs=len(pairs) if part == "sweep" else 1)


main()
