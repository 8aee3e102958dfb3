"""Start-up is recovery: from a journal, or from history and what the account holds already (design 5.7; F01 to F13)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import numpy as np

from live_daemon.history import History, load_history, warm_cached
from live_daemon.models import ReadyModel
from live_daemon.paths import LivePaths
from live_daemon.reconciler import adoption
from qts_core.adapters.code_version import code_version
from qts_core.adapters.db.journal import Journal
from qts_core.adapters.lake import Lake
from qts_core.config.settings import Settings
from qts_core.data.actions.chain import to_events
from qts_core.data.ingest import load_actions
from qts_core.data.market_source import market_instruments
from qts_core.features import Catalogue, FeatureEngine
from qts_core.market.bars import BarSlice
from qts_core.market.calendar import Session, TradingCalendar
from qts_core.market.errors import DataNotFoundError, DataValidationError
from qts_core.market.events import BarsClosed, Event
from qts_core.market.orders import OrderUpdate
from qts_core.market.panel import Floats
from qts_core.market.time import from_micros, trading_day
from qts_core.models.bundle import ModelBundle
from qts_core.ports.broker import BrokerAccount, BrokerPosition
from qts_core.ports.journal import EpochRecord
from qts_core.research.catalogues import known_catalogue
from qts_core.research.live_core import (
    core_of_epoch,
    live_engine,
    live_hashes,
    make_core,
    model_catalogue,
    renewed_core,
)
from qts_core.trading.core import TradingCore
from qts_core.trading.live_predictor import LivePredictor
from qts_core.trading.predictors import Predictor

__all__ = ["Recovery", "Start", "open_journal"]

KEPT_JOURNALS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Where the core stands before the journal's events are folded.

    Attributes
    ----------
    core : TradingCore
        Of the last epoch, or warmed from history.
    fold_from : int
        First event to handle again; 0 in a fresh journal.
    opening_cash : Decimal
        Cash that the book began with.
    adopted : tuple of OrderUpdate
        Entries for positions that the account held before this journal.
    expected_scores : float64 [R]
        Recent scores of the model on history.
    """

    core: TradingCore
    fold_from: int
    opening_cash: Decimal
    adopted: tuple[OrderUpdate, ...]
    expected_scores: Floats


def open_journal(paths: LivePaths, account: str, *, is_new_account: bool, now: datetime) -> Journal:
    """Return the journal of `account`; one of another account goes to the archive first."""
    if paths.journal.exists():
        journal = Journal(paths.journal)
        last = journal.last_epoch()
        if last is not None and not is_new_account and last.account == account:
            return journal
        journal.close()
        if last is not None:
            paths.archive.mkdir(parents=True, exist_ok=True)
            stamp = f"{now:%Y%m%dT%H%M%S}-{len(list(paths.archive.iterdir()))}"
            for suffix in ("", "-wal", "-shm"):
                source = paths.journal.with_name(paths.journal.name + suffix)
                if source.exists():
                    source.rename(paths.archive / f"journal-{stamp}.db{suffix}")
            _prune(paths)
    return Journal(paths.journal)


def _prune(paths: LivePaths) -> None:
    for old in sorted(paths.archive.glob("journal-*.db"))[:-KEPT_JOURNALS]:
        for suffix in ("", "-wal", "-shm"):
            old.with_name(old.name + suffix).unlink(missing_ok=True)


class Recovery:
    """Builds the core that a start needs.

    Parameters
    ----------
    tell : callable
        Hears of what is missing.
    """

    def __init__(
        self, settings: Settings, paths: LivePaths, calendar: TradingCalendar, ready: ReadyModel,
        warn: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._settings = settings
        self._paths = paths
        self._calendar = calendar
        self.ready = ready
        self._warn = warn
        self.lake = Lake(settings.lake_dir)
        self.actions = load_actions(self.lake)
        self.symbols = tuple(sorted(ready.model.manifest.training.symbols))
        self.instruments = market_instruments(self.lake, settings.universe, self.symbols)

    def history(self, session: Session) -> History | None:
        """Return the bars before `session`, or None with a warning."""
        try:
            return load_history(self.lake, self._calendar, self.symbols, session.date, session.open, self._warn)
        except DataNotFoundError as error:
            self._warn(f"features start cold and need sessions to warm up: {error.line()}")
            return None

    def start(
        self, journal: Journal, account: BrokerAccount, positions: tuple[BrokerPosition, ...], session: Session,
        now: datetime,
    ) -> Start:  # fmt: skip
        """Return the state of the last epoch, or a fresh one warmed from history."""
        last = journal.last_epoch()
        if last is not None:
            return self._resume(last)
        history = self.history(session)
        data = history.data_hash if history is not None else ""
        hashes = live_hashes(self._settings, self.ready.model, code=code_version(), data=data)
        cash, adopted = adoption(account, positions, now)
        engine = live_engine(self.ready.model, self.known, instruments=self.instruments)
        core = make_core(
            self._settings, self.instruments, LivePredictor(engine, self.ready.model),
            account=account.account_number, hashes=hashes, cash=cash,
        )  # fmt: skip
        scores: Floats = np.empty(0)
        if history is not None:
            scores = self._from_history(core, engine, history)
        return Start(core, 0, cash, tuple(adopted), scores)

    @property
    def known(self) -> Catalogue:
        """Every feature that there is now; an own file that changed meanwhile is read again."""
        return known_catalogue(self._settings.features)

    def _from_history(self, core: TradingCore, engine: FeatureEngine, history: History) -> Floats:
        catalogue = model_catalogue(self.ready.model, self.known)
        return warm_cached(core, engine, self.ready.model, catalogue, history, self._paths.warm)

    def _resume(self, last: EpochRecord) -> Start:
        model = ModelBundle.load(last.model_path).open()
        core = core_of_epoch(last, model, self.known)
        return Start(core, last.first_sequence, Decimal(last.cash), (), np.empty(0))

    def fresh_predictor(self, session: Session, core: TradingCore) -> Predictor:
        """Return the predictor of the model in hand, warmed to the core's last bar, for a swap."""
        engine = live_engine(self.ready.model, self.known, instruments=self.instruments)
        history = self.history(session)
        shadow = make_core(
            self._settings, self.instruments, LivePredictor(engine, self.ready.model), account=core.account,
            hashes=replace(core.hashes, model=self.ready.model.model_id), cash=Decimal(1),
        )  # fmt: skip
        if history is not None:
            self._from_history(shadow, engine, history)
        return shadow.predictor

    def predictor(self, session: Session, core: TradingCore) -> Predictor:
        """Return what predicts from now on: the core's own features with the members of this start.

        Warmed anew where the model is another one, or where somebody has joined or left in the past that they have
        seen; what universe.yaml says of days to come changes nothing of what they remember.
        """
        if core.predictor.model_id == self.ready.model.model_id:
            engine = live_engine(self.ready.model, self.known, instruments=self.instruments)
            predictor = LivePredictor(engine, self.ready.model)
            try:
                predictor.restore(core.predictor.snapshot())
            except DataValidationError as error:
                self._warn(f"features are warmed anew: {error.line()}")
            else:
                return predictor
        return self.fresh_predictor(session, core)

    def renewed(self, core: TradingCore) -> TradingCore:
        """Return `core` under the settings, universe, model and code of this start; its book and memory stay."""
        hashes = live_hashes(self._settings, self.ready.model, code=code_version(), data=core.hashes.data)
        return renewed_core(core, self._settings, self.instruments, hashes=hashes)

    def missed(self, core: TradingCore, session: Session) -> list[Event]:
        """Return the bars and corporate actions of whole sessions that passed since the core's last bar."""
        last = core.last_ts_event
        if last is None or trading_day(last) >= self._calendar.shift(session.date, -1):
            return []
        history = self.history(session)
        if history is None:
            return []
        events: list[Event] = []
        panel = history.read(None)
        for day, rows in panel.timeline.session_rows():
            if day <= trading_day(last):
                continue
            action = to_events(self.actions, day)
            if action.splits or action.dividends:
                events.append(action)
            for row in range(rows.start, rows.stop):
                if from_micros(int(panel.timeline.ts_event[row])) > last:
                    events.append(BarsClosed(BarSlice.of(panel, row), is_catch_up=True))
        return events
