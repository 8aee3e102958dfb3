"""Parity of a live session: the same session through the backtest, compared decision by decision (design 1.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from qts_core.backtest import run_event_backtest
from qts_core.config.settings import Settings
from qts_core.data.building.synthesis import synthesise_minutes
from qts_core.data.ingest import load_actions, load_panel
from qts_core.data.market_source import market_instruments
from qts_core.exchange import FillMode, fills_of
from qts_core.features import FeatureBlock
from qts_core.market.calendar import Session, TradingCalendar
from qts_core.market.timeline import BAR_MINUTES
from qts_core.models.bundle import LoadedModel
from qts_core.ports.lake import LakePort
from qts_core.research.catalogues import known_catalogue
from qts_core.research.live_core import WARM_BARS, live_engine
from qts_core.trading.decision import Decision
from qts_core.trading.live_predictor import LivePredictor
from qts_core.trading.settings import core_settings

__all__ = ["SessionParity", "backtest_session", "compare_decisions"]


@dataclass(frozen=True, slots=True)
class SessionParity:
    """How a live session compares with its backtest.

    Attributes
    ----------
    compared : int
        Decisions made by both.
    differences : int
        Decisions that are not the same bits, or that only one of them made.
    first : str
        Decision id of the first difference, empty when there is none.
    """

    compared: int
    differences: int
    first: str = ""


def compare_decisions(live: Sequence[Decision], tested: Sequence[Decision]) -> SessionParity:
    """Compare two runs of one session by the digests of their decisions."""
    theirs = {decision.decision_id: decision.digest() for decision in tested}
    ours = {decision.decision_id: decision.digest() for decision in live}
    different = [key for key in sorted(ours.keys() | theirs.keys()) if ours.get(key) != theirs.get(key)]
    return SessionParity(len(ours.keys() & theirs.keys()), len(different), different[0] if different else "")


def backtest_session(
    lake: LakePort,
    settings: Settings,
    model: LoadedModel,
    live: Sequence[Decision],
    session: Session,
    *,
    calendar: TradingCalendar,
    cash: Decimal,
    last: Session | None = None,
    fill_mode: str = "alpaca-paper",
) -> tuple[Decision, ...]:
    """Trade `session` in the event backtest as the live account did, from all the history of the lake.

    Parameters
    ----------
    live : sequence of Decision
        Of the live session; account, strategy and hashes are taken from the first, nothing else.
    cash : Decimal
        What the account began with; it must have held no positions.
    last : Session, optional
        The sessions that follow, to this one, are traded as well.
    fill_mode : str
        That of the exchange it traded on.

    Returns
    -------
    tuple of Decision
        In order; empty when there are no live decisions.
    """
    if not live:
        return ()
    symbols = tuple(sorted(model.manifest.training.symbols))
    panel = load_panel(lake, calendar=calendar, last=(last or session).date, symbols=symbols)
    traded = sum(s.bars(BAR_MINUTES) for s in calendar.between(session.date, (last or session).date))
    first = max(len(panel) - traded - WARM_BARS, 0)
    instruments = market_instruments(lake, settings.universe, panel.symbols)
    engine = live_engine(model, known_catalogue(settings.features), instruments=instruments)
    if first:
        engine.push(FeatureBlock.of(panel.rows(slice(0, first))))
    told = core_settings(settings)
    # Slices fill minute by minute, on the minutes that the simulated exchange makes of these bars.
    minutes = None if told.execution is None else synthesise_minutes(panel.rows(slice(len(panel) - traded, None)))
    result = run_event_backtest(
        panel.rows(slice(first, len(panel))),
        LivePredictor(engine, model),
        told,
        instruments=instruments,
        fills=fills_of(settings.backtest, FillMode(fill_mode)),
        cash=cash,
        minutes=minutes,
        actions=load_actions(lake),
        account=live[0].account,
        strategy=live[0].strategy,
        hashes=live[0].hashes,
        first_decision=session.open - timedelta(minutes=1),
        keep_decisions=True,
    )
    return result.decisions
