"""Latency of the daemon: one live step by stage, start to ready, kill -9 to trading (ARCHITECTURE 10).

``python -m benchmarks.live [--symbols 50] [--bars 1000] [--no-processes]`` prints milliseconds and seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np

from live_daemon.desk import Desk, Outgoing
from live_daemon.gate import GateLimits, GateView, check_wire
from live_daemon.history import warm
from live_daemon.modes import Mode
from qts_core.adapters.clock import LockstepClock
from qts_core.adapters.db.journal import Journal
from qts_core.adapters.lake import Lake
from qts_core.adapters.prometheus import Metrics
from qts_core.adapters.settings_files import load_settings
from qts_core.data.ingest import load_panel
from qts_core.features import FeatureBlock, FeatureEngine
from qts_core.market.bars import BarSlice
from qts_core.market.calendar import xnys
from qts_core.market.events import BarsClosed, OrderUpdated, SubmitOrder
from qts_core.market.money import exact
from qts_core.market.orders import Execution, OrderStatus, OrderUpdate
from qts_core.models.bundle import LoadedModel, ModelBundle
from qts_core.research.live_core import epoch_record, live_engine, live_hashes, make_core
from qts_core.trading.live_predictor import LivePredictor
from qts_core.trading.predictors import Prediction
from tests.support.live_home import LiveHome, make_live_home
from tests.support.processes import daemon_home, start_daemon, start_exchange


@dataclass(slots=True)
class Stages:
    """Seconds by stage, one entry a bar."""

    taken: dict[str, list[float]] = field(default_factory=dict)

    def add(self, stage: str, seconds: float) -> None:
        """Note one measurement."""
        self.taken.setdefault(stage, []).append(seconds)

    def show(self) -> None:
        """Print p50, p99 and the largest of each stage in milliseconds."""
        print(f"{'stage':<34}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}{'n':>7}")
        for stage, seconds in self.taken.items():
            p50, p99 = np.quantile(seconds, [0.5, 0.99]) * 1e3
            print(f"{stage:<34}{p50:>9.3f}{p99:>9.3f}{max(seconds) * 1e3:>9.3f}{len(seconds):>7}")


class TimedPredictor(LivePredictor):
    """A live predictor that notes what features and scores cost."""

    def __init__(self, engine: FeatureEngine, model: LoadedModel, stages: Stages) -> None:
        super().__init__(engine, model)
        self._stages = stages

    def predict(self, bars: BarSlice) -> Prediction:
        """Do what the live predictor does, in two timed steps."""
        started = time.perf_counter()
        values = self._engine.push(FeatureBlock.of_slice(bars))
        pushed = time.perf_counter()
        features = np.ascontiguousarray(values[self._columns, 0, :].T)
        score = np.where(bars.present(), self._model.score(features), np.nan)
        self._stages.add("features", pushed - started)
        self._stages.add("prediction", time.perf_counter() - pushed)
        return Prediction(score, self._uncertainty, features)


def fill(outgoing: Outgoing, price: float) -> OrderUpdated:
    """Return the whole fill of an order at the last close, as a broker would tell of it."""
    assert isinstance(outgoing.command, SubmitOrder)
    request = outgoing.command.request
    assert request.quantity is not None
    name, now = request.client_order_id, outgoing.created_at
    execution = Execution(f"x-{name}", name, request.symbol, request.side, request.quantity, exact(price), now)
    return OrderUpdated(
        OrderUpdate(name, request.symbol, OrderStatus.FILLED, request.quantity, now, f"b-{name}", execution)
    )


def step_by_stage(live: LiveHome, bars: int, folder: Path) -> Stages:
    """Feed `bars` bars through features, model, decision and journal; orders fill at once."""
    stages, calendar = Stages(), xnys()
    settings = load_settings(environment={"QTS_HOME": str(folder)}).settings
    model = ModelBundle.load(live.model).open()
    panel = load_panel(Lake(live.home / "lake"), calendar=calendar)
    start = len(panel) - bars
    instruments = settings.universe.instruments(panel.symbols)
    engine = live_engine(model, instruments=instruments)
    predictor = TimedPredictor(engine, model, stages)
    hashes = live_hashes(settings, model, code="benchmark", data="")
    core = make_core(settings, instruments, predictor, account="B", hashes=hashes, cash=Decimal(1_000_000))
    warm(core, engine, model, panel.rows(slice(0, start)))
    core.swap_predictor(predictor)
    leaving: list[Outgoing] = []
    clock, metrics = LockstepClock(BarSlice.of(panel, start).ts_known), Metrics()
    with Journal(folder / "journal.db") as journal:
        lease = journal.claim_lease("benchmark", clock.now())
        desk = Desk(core, journal, clock, metrics, lease_epoch=lease, outbox=leaving.append, on_event=_silent)
        desk.begin_epoch(
            epoch_record(core, settings, instruments, number=1, lease_epoch=lease, first_sequence=1,
                         started_at=clock.now(), model_path=str(live.model), cash=Decimal(1_000_000))
        )  # fmt: skip
        append, journal_seconds = journal.append, [0.0]

        def timed(*arguments: object, **named: object) -> None:
            began = time.perf_counter()
            append(*arguments, **named)  # type: ignore[arg-type]
            journal_seconds[0] = time.perf_counter() - began

        journal.append = timed  # type: ignore[method-assign]
        for row in range(start, len(panel)):
            bar = BarSlice.of(panel, row)
            clock.set(bar.ts_known)
            began = time.perf_counter()
            desk.handle(BarsClosed(bar))
            seconds = time.perf_counter() - began
            inner = stages.taken["features"][-1] + stages.taken["prediction"][-1] + journal_seconds[0]
            stages.add("decision and encoding", seconds - inner)
            stages.add("journal (SQLite, full sync)", journal_seconds[0])
            stages.add("bar to durable intent, in all", seconds)
            _send(desk, leaving, stages, clock)
    return stages


def _send(desk: Desk, leaving: list[Outgoing], stages: Stages, clock: LockstepClock) -> None:
    limits, core = GateLimits(0.1, 1.0, 0.05, 10_000), desk.core
    session = xnys().at(clock.now())
    for outgoing in leaving:
        if not isinstance(outgoing.command, SubmitOrder):
            continue
        began = time.perf_counter()
        view = GateView(
            "paper", Mode.TRADING, False, 1, desk.journal.lease_epoch(), clock.now(), session, core.equity,
            core.book.holdings(), core.open_orders(), core.marks, 0, False,
        )  # fmt: skip
        check_wire(outgoing.command.request, view, limits)
        stages.add("wire gate, per order", time.perf_counter() - began)
    updates = [fill(o, core.marks[o.command.request.symbol]) for o in leaving if isinstance(o.command, SubmitOrder)]
    leaving.clear()
    if updates:
        desk.handle(*updates)


def _silent(_event: str, _fields: dict[str, object]) -> None:
    return None


def processes(live: LiveHome, folder: Path) -> None:
    """Time real processes: start to ready, and kill -9 to trading again."""
    home = daemon_home(live.home, folder / "home")
    exchange = start_exchange(home, "--session", live.session.isoformat())
    state = home / "live" / "daemon.json"

    def start(why: str) -> Callable[[], None]:
        state.unlink(missing_ok=True)
        began = time.perf_counter()
        daemon = start_daemon(home, "--exchange", exchange.rest, "--until-close")
        daemon.wait_until(state.exists)
        ready = json.loads(state.read_text(encoding="utf-8"))["ready_seconds"]
        print(f"{why:<34}{time.perf_counter() - began:>9.2f} s   (the daemon itself says {ready:.2f} s)")
        return daemon.kill

    try:
        start("first start to ready")()
        for _ in range(3):
            start("kill -9 to trading")()
    finally:
        exchange.stop()


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=50)
    parser.add_argument("--bars", type=int, default=1000)
    parser.add_argument("--no-processes", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        live = make_live_home(folder / "made", symbols=given.symbols, first=date(2024, 6, 3), features=80)
        names = len(ModelBundle.load(live.model).manifest.features)
        print(f"{given.symbols} symbols, {names} features, {given.bars} bars, Python {sys.version.split()[0]}")
        step_by_stage(live, given.bars, folder).show()
        if not given.no_processes:
            processes(live, folder)


if __name__ == "__main__":
    main()
