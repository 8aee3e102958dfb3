"""One run of the daemon: recover, trade, report. Wiring only; what the parts do stands in their modules (12.1)."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from live_daemon import embedded
from live_daemon.api.server import ApiServer, make_api
from live_daemon.crash_loop import CRASH_LOOP
from live_daemon.day import TradingDay
from live_daemon.desk import Desk, Outgoing
from live_daemon.embedded import EMBEDDED
from live_daemon.endpoints import connect
from live_daemon.event_log import EventLog
from live_daemon.gate import GateLimits, GateView
from live_daemon.hot import hot_values
from live_daemon.latch import Latches
from live_daemon.lockstep import ExchangeClock
from live_daemon.loop import TradingLoop
from live_daemon.model_watch import ModelWatch
from live_daemon.models import ModelSource, ReadyModel
from live_daemon.modes import Mode, ModeMachine
from live_daemon.options import RunOptions
from live_daemon.paths import LivePaths, write_json
from live_daemon.reconciler import Reconciler
from live_daemon.recovery import Recovery, Start, open_journal
from live_daemon.report import daily_report
from live_daemon.sender import Sender
from live_daemon.shadows import Shadows
from live_daemon.status import StatusBoard
from live_daemon.supervisor import Supervisor
from live_daemon.triggers import KillHost, LastingTrouble
from live_daemon.watchdog import Guard, Watchdog
from qts_core.adapters.alpaca.endpoint import Endpoint
from qts_core.adapters.alpaca.rest import AlpacaRest
from qts_core.adapters.alpaca.streams import BarStream, StreamState, TradeStream
from qts_core.adapters.db.journal import Journal
from qts_core.adapters.prometheus import Metrics
from qts_core.config.settings import Settings
from qts_core.market.calendar import Session, TradingCalendar
from qts_core.market.errors import ExitCode, InvalidConfigError, TradingSystemError
from qts_core.market.events import Alert, OrderUpdated, Severity, SubmitOrder
from qts_core.market.time import from_micros
from qts_core.ports.broker import BrokerAccount
from qts_core.ports.clock import Clock
from qts_core.research.live_core import epoch_record
from qts_core.risk.kill import KillPolicy
from qts_core.trading.event_codec import decode_command
from qts_core.trading.settings import core_settings

__all__ = ["Daemon", "Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    exit_code: ExitCode
    summary: dict[str, object]


class Daemon:
    """One run: wiring only; what the parts do stands in their modules."""

    def __init__(
        self, options: RunOptions, settings: Settings, paths: LivePaths, log: EventLog, calendar: TradingCalendar,
        source: ModelSource, ready: ReadyModel, started: float,
    ) -> None:  # fmt: skip
        self.options = options
        self.settings = settings
        self.paths = paths
        self.log = log
        self.calendar = calendar
        self.source = source
        self.ready = ready
        self.started = started
        self.metrics = Metrics()
        self.modes = ModeMachine(self._mode_changed)
        self.latches = Latches(paths)
        self.stop = asyncio.Event()
        self.reconcile_now = asyncio.Event()
        self.watchdog = Watchdog(time.monotonic)
        self.swap: ReadyModel | None = None
        self.clock: Clock
        self.desk: Desk
        self.board: StatusBoard | None = None
        self.loop: TradingLoop
        self.on_ready: Callable[[], None]
        self.expected_scores: Any = ()  # float64 [R] once recovered

    # --- the run --------------------------------------------------------------------------------------------------

    async def run(
        self, address: embedded.ExchangeAddress | None, listener: socket.socket, *, is_new_account: bool
    ) -> Outcome:  # fmt: skip
        """Recover, trade, report."""
        found = await connect(self.options.exchange, address, self.settings)
        endpoint, exchange, self.clock = found.endpoint, found.exchange, found.clock
        self.log.use(self.clock)
        broker = AlpacaRest(endpoint)
        try:
            account = await broker.account()
            self._check_account(account)
            now = self.clock.now()
            journal = open_journal(self.paths, account.account_number, is_new_account=is_new_account, now=now)
            with journal:
                return await self._trade(broker, endpoint, exchange, journal, account, listener)
        finally:
            broker.close()
            if exchange is not None:
                await exchange.__aexit__()

    def _check_account(self, account: BrokerAccount) -> None:
        """Refuse live money unless options, configuration and broker name the same account (three agreeing facts)."""
        if account.is_blocked:
            self.modes.halt("account", "the broker has blocked the account")
        wanted = {self.options.confirmed_account, self.settings.trading.live_account}
        if self.options.mode == "live" and wanted != {account.account_number}:
            raise InvalidConfigError(
                "QTS-CONF-005", "live mode needs the same account number three times",
                where="--account, trading.live_account",
                found=sorted(str(w) for w in wanted), expected=account.account_number, fix="trade on paper first",
            )  # fmt: skip

    async def _trade(
        self, broker: AlpacaRest, endpoint: Endpoint, exchange: ExchangeClock | None, journal: Journal,
        account: BrokerAccount, listener: socket.socket,
    ) -> Outcome:  # fmt: skip
        lease = journal.claim_lease(f"pid {os.getpid()} on {socket.gethostname()}", self.clock.now())
        session = self._session_at(self.clock.now())
        recovery = Recovery(self.settings, self.paths, self.calendar, self.ready, self._warn)
        self.recovery = recovery
        start = recovery.start(journal, account, await broker.positions(), session, self.clock.now())
        self.expected_scores = start.expected_scores
        sender = self._sender(broker, journal)
        self.desk = Desk(
            start.core, journal, self.clock, self.metrics, lease_epoch=lease, outbox=sender.put, on_event=self.log.tell
        )
        sender.desk = self.desk
        self._fold(start, recovery, session)
        day = TradingDay(
            self.desk, broker, self.clock, self.modes, self.metrics, self.calendar, recovery.actions, self.log.tell
        )
        self.loop = self._loop(broker, endpoint, exchange, day, sender, journal)
        self.shadows = Shadows(
            self.settings, self.paths, self.calendar, self.desk, day, self.clock, self.log.tell, name=self.source.name,
            horizon=lambda: self.ready.model.horizon_bars,
        )  # fmt: skip
        services = self._services(sender, recovery, listener)
        self.on_ready = lambda: self._ready(sender, account, lease)
        with hot_values(self.desk, self.settings, self.metrics, self.log.tell):
            await Supervisor(self.loop, sender, self.stop, services, self._stopping).run()
        await self.shadows.finish()
        return self._finish(sender, session)

    def _fold(self, start: Start, recovery: Recovery, session: Session) -> None:
        """Bring the core to where it was, then open the epoch from which this run can be replayed."""
        desk = self.desk
        if start.fold_from:
            count = desk.fold(start.fold_from)
            self.log.tell("journal.folded", {"events": count, "decisions": len(desk.journal.decisions())})
            desk.core.swap_predictor(recovery.predictor(session, desk.core))
            desk.core = recovery.renewed(desk.core)
        desk.begin_epoch(self._record(start))
        for update in start.adopted:
            desk.handle(OrderUpdated(update))
        missed = recovery.missed(desk.core, session)
        if missed:
            desk.handle(*missed)
        self.start = start
        self.modes.recovered()

    def _record(self, start: Start) -> Any:
        last, journal = self.desk.journal.last_epoch(), self.desk.journal
        return epoch_record(
            self.desk.core, self.settings, self.recovery.instruments, number=1 + (last.number if last else 0),
            lease_epoch=self.desk.lease_epoch, first_sequence=journal.next_sequence, started_at=self.clock.now(),
            model_path=str(self.ready.path), cash=start.opening_cash,
        )  # fmt: skip

    def _ready(self, sender: Sender, account: BrokerAccount, lease: int) -> None:
        """Take up what the last process left open, and say that we are ready."""
        gc.freeze()
        gc.enable()
        self.watchdog.start()
        self._recover_orders(sender)
        assert self.board is not None
        self.board.ready_seconds = time.monotonic() - self.started
        port = self.board_port
        write_json(
            self.paths.state,
            {"pid": os.getpid(), "dashboard": f"http://{self.settings.trading.dashboard_host}:{port}",
             "rest": self.rest, "account": account.account_number, "mode": self.options.mode,
             "ready_seconds": self.board.ready_seconds},
        )  # fmt: skip
        self.log.tell(
            "daemon.started",
            {"mode": self.modes.mode.value, "account": account.account_number, "lease_epoch": lease,
             "model_id": self.ready.model.model_id, "evaluator": self.ready.model.evaluator,
             "seconds": round(self.board.ready_seconds, 3),
             "dashboard": f"http://{self.settings.trading.dashboard_host}:{port}"},
        )  # fmt: skip

        latch = self.latches.halted()
        if latch is not None and latch.reason.startswith(CRASH_LOOP):
            detail = f"{latch.reason}; look into daemon.log, then `live-daemon resume`"
            self.desk.alert(Alert(Severity.CRITICAL, "halted: the daemon keeps dying", detail))

    def _recover_orders(self, sender: Sender) -> None:
        """Look up every intent whose answer was never heard: at the broker, or still to be sent (F02 to F04)."""
        intents = {str(row["client_order_id"]): row for row in self.desk.journal.rows("intents")}
        for order in self.desk.core.open_orders():
            row = intents.get(order.client_order_id)
            if order.broker_order_id or row is None or order.request is None:
                continue
            command = decode_command(str(row["body"]))
            assert isinstance(command, SubmitOrder)
            created = from_micros(int(str(row["created_at"])))
            sender.recover(Outgoing(command, created, self.clock.monotonic()), command.request)

    def _finish(self, sender: Sender, session: Session) -> Outcome:
        """Report the session if it is over, and let the embedded exchange go."""
        day = self.loop.day
        is_over = day.session is not None and self.clock.now() >= day.session.close
        summary: dict[str, object] = {
            "session": (day.session or session).date.isoformat(), "mode": self.modes.mode.value,
            "reason": self.modes.reason, "account": self.desk.core.account,
        }  # fmt: skip
        if is_over and day.session is not None:
            report = daily_report(
                self.desk, self.settings, self.paths, day.session, start_equity=day.start_equity,
                expected_scores=self.expected_scores, now=self.clock.now(),
            )  # fmt: skip
            summary |= report | {"report": report}
            fields = {k: report[k] for k in ("session", "equity", "orders", "fills")}
            self.log.tell("session.closed", fields)
            if self.options.exchange == EMBEDDED and self.options.until_close:
                embedded.stop(self.paths)
        summary |= {
            "sent": sender.sent_count, "seconds": round(time.monotonic() - self.started, 3),
            "shadows": self.shadows.to_json() or None,
            "ready_seconds": round(self.board.ready_seconds, 3) if self.board else None,
        }  # fmt: skip
        self.log.tell("daemon.stopped", {"reason": "the session is over" if is_over else "asked to stop"})
        code = {Mode.KILLED: ExitCode.KILLED, Mode.HALTED: ExitCode.RISK_HALT}.get(self.modes.mode, ExitCode.OK)
        return Outcome(code, summary)

    # --- parts ----------------------------------------------------------------------------------------------------

    def _sender(self, broker: AlpacaRest, journal: Journal) -> Sender:
        risk, orders = self.settings.risk, self.settings.trading.orders
        limits = GateLimits(
            risk.position_sizing.max_position_pct, risk.portfolio.max_gross_exposure, orders.price_collar_pct,
            orders.max_messages_per_minute, orders.is_fractional,
        )  # fmt: skip
        return Sender(
            broker, self.clock, self.modes, self.metrics, limits, view=self._gate_view, on_event=self.log.tell
        )

    def _gate_view(self, messages: int, is_posted: bool) -> GateView:
        core, now = self.desk.core, self.clock.now()
        return GateView(
            self.options.mode, self.modes.mode if self.watchdog.is_healthy else Mode.DEGRADED, self.latches.is_killed,
            self.desk.lease_epoch, self.desk.journal.lease_epoch(), now, self.calendar.at(now), core.equity,
            core.book.holdings(), core.open_orders(), core.marks, messages, is_posted,
        )  # fmt: skip

    def _loop(
        self, broker: AlpacaRest, endpoint: Endpoint, exchange: ExchangeClock | None, day: TradingDay, sender: Sender,
        journal: Journal,
    ) -> TradingLoop:  # fmt: skip
        jitter = random.SystemRandom().random
        symbols = self.desk.core.predictor.symbols
        bars = BarStream(endpoint, symbols, day.add_minutes, self, jitter)
        trades = TradeStream(endpoint, day.add_update, self, jitter)
        epochs = journal.epochs()
        timing = self.settings.trading.daemon
        self.rest = endpoint.rest
        return TradingLoop(
            day, sender, Reconciler(broker, self.desk, self.clock, epochs[0].started_at), bars, trades, self.modes,
            self.clock, self.calendar, self.stop, self.reconcile_now, exchange, timing.bar_grace_seconds,
            (timing.reconcile_open_seconds, timing.reconcile_idle_seconds), self.options.until_close,
            self._between_bars,
            lambda: self.on_ready(),
        )  # fmt: skip

    def _services(self, sender: Sender, recovery: Recovery, listener: socket.socket) -> list[Any]:
        timing, kill = self.settings.trading.daemon, self.settings.risk.kill_switch
        host = KillHost(
            KillPolicy.of(kill), self.desk, self.latches, self.clock, sender.put, self.stop.set, self.log.tell
        )
        guard = Guard(
            self.desk, sender, self.modes, self.latches, self.watchdog, self.loop.bars, self.clock, self.calendar,
            self.metrics, LastingTrouble.of(kill, host.fire), stale_seconds=timing.feed_stale_seconds,
            on_event=self.log.tell,
        )  # fmt: skip
        guard.look()
        self.board = StatusBoard(
            self.desk, self.loop, self.modes, self.watchdog, self.clock, self.metrics, self.options.mode,
            core_settings(self.settings), self.started, self.ready.told, model_refusal=self.source.refusal,
            shadows=self.shadows.to_json,
        )  # fmt: skip
        self.board_port = listener.getsockname()[1]
        self.api = ApiServer(make_api(self.board), listener)
        watch = ModelWatch(
            self.source, self.ready.version, poll_seconds=timing.model_poll_seconds, on_ready=self._model_ready,
            on_refused=self._model_refused,
        )  # fmt: skip
        return [
            ("bars", self.loop.bars.run(self.stop)), ("trades", self.loop.trades.run(self.stop)),
            ("guard", guard.run(self.stop)), ("models", watch.run(self.stop)), ("api", self.api.run_until_stopped()),
            ("shadows", self.shadows.run(self.stop)),
        ]  # fmt: skip

    # --- what the parts tell --------------------------------------------------------------------------------------

    def _stopping(self) -> None:
        self.api.should_exit = True
        self.watchdog.stop()
        asyncio.get_running_loop().create_task(self.loop.bars.reconnect())
        asyncio.get_running_loop().create_task(self.loop.trades.reconnect())

    def _between_bars(self) -> None:
        """Let shadows work, and swap the model if another is waiting: the only moment at which that may happen."""
        self.shadows.release()
        ready, self.swap = self.swap, None
        session = self.loop.day.session
        if ready is None or session is None:
            return
        before, self.ready = self.ready, ready
        self.recovery.ready = ready
        try:
            predictor = self.recovery.fresh_predictor(session, self.desk.core)
            self.loop.day.warm_today(predictor)
            self.desk.swap(predictor, lambda: self._record(self.start))
        except (ValueError, TradingSystemError) as error:
            self.ready = self.recovery.ready = before
            self._model_refused(str(error))
            return
        assert self.board is not None
        self.board.model_origin, self.board.model_refusal = ready.told, ""
        self.log.tell("model.swapped", {"model_id": ready.model.model_id, "evaluator": ready.model.evaluator})

    def _model_ready(self, ready: ReadyModel) -> None:
        self.swap = ready

    def _model_refused(self, reason: str) -> None:
        self.metrics.count("qts_model_swaps_total", result="refused")
        self.log.tell("model.refused", {"reason": reason})
        self.desk.alert(Alert(Severity.WARNING, "promoted model refused", reason))
        if self.board is not None:
            self.board.model_refusal = reason

    def _mode_changed(self, before: Mode, after: Mode, reason: str) -> None:
        self.log.tell("mode.changed", {"before": before.value, "after": after.value, "reason": reason})

    def connection_changed(self, state: StreamState) -> None:
        """Hear that a stream came or went: no entries until REST has told what was missed."""
        if self.stop.is_set():
            return
        seen = {"stream": state.name, "is_connected": state.is_connected, "detail": state.detail}
        self.log.tell("stream.changed", seen)
        if state.is_connected:
            self.metrics.count("qts_stream_connects_total", stream=state.name)
        if state.name == "trade":
            if not state.is_connected:
                self.modes.degrade("trade stream", state.detail)
            elif state.connects > 1:
                self.reconcile_now.set()
        else:
            self.modes.degrade("data stream", None if state.is_connected else state.detail)

    def unreadable(self, state: StreamState, frame: str) -> None:
        """Hear of a message that could not be read: REST has to tell."""
        self.metrics.count("qts_unreadable_messages_total", stream=state.name)
        self.log.tell("stream.unreadable", {"stream": state.name, "frame": frame})
        self.reconcile_now.set()

    def _warn(self, text: str) -> None:
        self.log.tell("alert", {"severity": "warning", "title": "cold start", "detail": text})

    def _session_at(self, now: datetime) -> Session:
        under_way = self.calendar.at(now)
        if under_way is not None:
            return under_way
        last = self.calendar.last_closed(now)
        is_just_over = self.options.until_close and (now - last.close).total_seconds() < 60.0
        return last if is_just_over else self.calendar.next_after(now)
