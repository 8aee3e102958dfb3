"""Hands each bar's features and predictions to Redis when that is switched on; trading does not know (5.3-05)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec

from live_daemon.desk import Desk
from qts_core.adapters.prometheus import Metrics
from qts_core.config.settings import Settings
from qts_core.market.errors import InvalidConfigError, MissingConfigError
from qts_core.trading.decision import Decision
from qts_core.trading.live_predictor import LivePredictor

__all__ = ["check_hot_values", "hot_values"]


def check_hot_values(settings: Settings) -> None:
    """Refuse to start when values shall be published and it is not said where, or the client is not installed.

    Raises
    ------
    InvalidConfigError, MissingConfigError
        What is missing; whether the server answers is not asked.
    """
    if not settings.monitoring.hot_values.is_published:
        return
    if settings.database.redis_address is None:
        raise InvalidConfigError(
            "QTS-CONF-005", "values are to be published and there is no address of Redis",
            where="monitoring.hot_values.is_published", expected="REDIS_URL or REDIS_HOST in the environment",
            fix="set one of them, or switch it off",
        )  # fmt: skip
    if find_spec("redis") is None:
        raise MissingConfigError(
            "QTS-CLI-002", "values are to be published and the client of Redis is not installed",
            where="monitoring.hot_values.is_published", fix="install qts[redis], or switch it off",
        )  # fmt: skip


@contextmanager
def hot_values(
    desk: Desk, settings: Settings, metrics: Metrics, tell: Callable[[str, dict[str, object]], None]
) -> Iterator[None]:
    """Publish what `desk` decides on while the context lasts; do nothing when it is off.

    Must be entered on the event loop's thread; `tell` is called there.
    """
    address = settings.database.redis_address
    if not settings.monitoring.hot_values.is_published or address is None:
        yield
        return
    from qts_core.adapters.hot_values import HotBar, HotValues

    loop = asyncio.get_running_loop()

    def report(kind: str, content: dict[str, object]) -> None:
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(tell, kind, content)

    def count(result: str) -> None:
        metrics.count("qts_hot_bars_total", result=result)

    publisher = HotValues(address, settings.monitoring.hot_values, count=count, tell=report)

    def offer(decision: Decision) -> None:
        predictor = desk.core.predictor
        if isinstance(predictor, LivePredictor) and predictor.latest is not None:
            names, latest = predictor.feature_names, predictor.latest
            bar = HotBar(decision.ts_event, decision.ts_known, decision.model_id, predictor.symbols, names, latest)
            publisher.offer(bar)

    desk.on_decided = offer
    try:
        yield
    finally:
        desk.on_decided = None
        publisher.close()
