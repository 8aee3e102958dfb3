"""The strategies of config/trading.yaml on history: one account, a ledger each (specification 11.1; checklist X-39)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import ROUND_DOWN, Decimal

from qts_core.backtest import BacktestResult, Part, part_of, run_shared_backtest
from qts_core.config.settings import Settings
from qts_core.config.strategies import StrategyEntry
from qts_core.data.ingest import load_actions, load_panel
from qts_core.data.market_source import market_instruments
from qts_core.exchange import fills_of
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import InvalidConfigError
from qts_core.market.money import CENT, exact
from qts_core.market.panel import Panel
from qts_core.ports.lake import LakePort
from qts_core.research.walk_forward.strategies import strategy_class
from qts_core.trading.decision import Hashes
from qts_core.trading.settings import core_settings
from qts_core.trading.strategy import Strategy

__all__ = ["backtest_strategies", "configured_parts"]

WHERE = "trading.yaml strategies"


def configured_parts(settings: Settings, panel: Panel) -> tuple[Part, ...]:
    """Return the parts of the account that the configuration names.

    Raises
    ------
    InvalidConfigError
        QTS-EXEC-090 if there is none, QTS-EXEC-091 if one cannot be made or two have one name.
    """
    entries = settings.trading.strategies
    if not entries:
        raise InvalidConfigError(
            "QTS-EXEC-090", "no strategy is configured", where=WHERE, found="none",
            expected="{strategy: module:Class, share: 0.5}", fix="name one's class and its share of the cash",
        )  # fmt: skip
    told, cash = core_settings(settings), Decimal(settings.backtest.initial_cash_dollars)
    hashes = Hashes(configuration=settings.configuration_hash)
    parts = []
    for entry in entries:
        money = (cash * exact(entry.share)).quantize(CENT, ROUND_DOWN)
        part = part_of(_made(entry), panel, told, money, max_positions=entry.max_positions)
        parts.append(replace(part, hashes=hashes))
    names = [part.strategy for part in parts]
    if len(set(names)) < len(names):
        raise _refused("two strategies have one name", ", ".join(names), "a `name` of its own for each")
    return tuple(parts)


def backtest_strategies(
    lake: LakePort, settings: Settings, *, calendar: TradingCalendar, first: date | None = None,
    last: date | None = None, fill_mode: str = "",
) -> BacktestResult:  # fmt: skip
    """Run the configured strategies over the lake's clean bars.

    Parameters
    ----------
    first, last : date, optional
        Sessions; all that there are by default.
    fill_mode : str
        Costs; those of config/backtest.yaml by default.

    Returns
    -------
    BacktestResult
        Of the account; `ledgers` has each strategy's part.
    """
    panel = load_panel(lake, calendar=calendar, first=first, last=last)
    return run_shared_backtest(
        panel,
        configured_parts(settings, panel),
        instruments=market_instruments(lake, settings.universe, panel.symbols),
        fills=fills_of(settings.backtest, fill_mode or None),
        cash=Decimal(settings.backtest.initial_cash_dollars),
        actions=load_actions(lake),
    )


def _made(entry: StrategyEntry) -> Strategy:
    kind = strategy_class(entry.strategy)
    try:
        made = kind(**entry.parameters)
    except (TypeError, ValueError) as error:
        raise _refused("a strategy cannot be made", entry.strategy, str(error)[:160]) from error
    if entry.name is not None:
        made.name = entry.name
    return made


def _refused(what: str, found: str, expected: str) -> InvalidConfigError:
    return InvalidConfigError("QTS-EXEC-091", what, where=WHERE, found=found, expected=expected)
