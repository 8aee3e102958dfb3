"""Strategies of trading.yaml in one account: what is run, what is refused, and that ledgers add up."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from qts_core.adapters.lake import Lake
from qts_core.cli.backtest import app
from qts_core.config.settings import Settings
from qts_core.config.strategies import StrategyEntry
from qts_core.config.trading import TradingSettings
from qts_core.data.ingest import clean_all, register_synthetic
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.market.calendar import xnys
from qts_core.market.errors import InvalidConfigError
from qts_core.research.configured_strategies import backtest_strategies, configured_parts
from tests.support.decision_market import panel

SLOW = StrategyEntry(strategy="crossover", name="slow", share=0.5, parameters={"fast": 10, "slow": 40})
QUICK = StrategyEntry(
    strategy="crossover", name="quick", share=0.25, parameters={"fast": 3, "slow": 9}, max_positions=2
)


def told(*entries: StrategyEntry, home: Path | None = None) -> Settings:
    place = {} if home is None else {"home": home}
    return Settings(trading=TradingSettings(strategies=entries), **place)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(tmp_path_factory.mktemp("strategies"))
    market = synthetic_market(
        SyntheticMarketSettings(symbols=4, first=date(2024, 3, 4), last=date(2024, 3, 22), seed=3)
    )
    lake = Lake(folder / "lake")
    register_synthetic(lake, market, calendar=xnys())
    clean_all(lake, calendar=xnys())
    return folder


def test_two_strategies_share_the_account_and_their_ledgers_add_up_to_it(home: Path) -> None:
    result = backtest_strategies(Lake(home / "lake"), told(SLOW, QUICK), calendar=xnys())
    assert list(result.ledgers) == ["slow", "quick"]
    assert [ledger.initial_cash for ledger in result.ledgers.values()] == [50_000, 25_000]
    left = 100_000 - 75_000
    assert sum(ledger.cash for ledger in result.ledgers.values()) + left == result.final_cash
    assert sum(float(ledger.equity[-1]) for ledger in result.ledgers.values()) + left == pytest.approx(
        float(result.equity[-1]), abs=0.01
    )
    assert len(result.fills) > 10
    assert len(result.ledgers["quick"].positions) <= 2


def test_a_span_and_costs_may_be_chosen(home: Path) -> None:
    lake = Lake(home / "lake")
    first, last = date(2024, 3, 11), date(2024, 3, 15)
    result = backtest_strategies(lake, told(QUICK), calendar=xnys(), first=first, last=last, fill_mode="optimistic")
    assert result.sessions == 5
    assert result.meta["fill_mode"] == "optimistic"


def test_none_configured_two_of_one_name_and_wrong_parameters_are_refused() -> None:
    bars = panel(breadth=2)
    with pytest.raises(InvalidConfigError, match="QTS-EXEC-090"):
        configured_parts(told(), bars)
    twin = SLOW.model_copy(update={"share": 0.1})
    with pytest.raises(InvalidConfigError, match="QTS-EXEC-091"):
        configured_parts(told(SLOW, twin), bars)
    wrong = SLOW.model_copy(update={"parameters": {"speed": 3}})
    with pytest.raises(InvalidConfigError, match="QTS-EXEC-091"):
        configured_parts(told(wrong), bars)
    with pytest.raises(InvalidConfigError, match="QTS-EXEC-065"):
        configured_parts(told(StrategyEntry(strategy="nowhere:Nothing")), bars)


def test_more_than_the_whole_is_refused() -> None:
    with pytest.raises(ValidationError, match="more than 1"):
        TradingSettings(strategies=(SLOW, SLOW.model_copy(update={"share": 0.6})))


def test_the_command_prints_account_and_ledgers(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "trading.yaml").write_text(
        "strategies:\n  - {strategy: crossover, name: slow, share: 0.5, parameters: {fast: 10, slow: 40}}\n"
    )
    monkeypatch.setenv("QTS_HOME", str(home))
    monkeypatch.setenv("QTS_CONFIG_DIR", str(tmp_path))
    answer = CliRunner().invoke(app, ["--json"])
    assert answer.exit_code == 0, answer.output
    content = json.loads(answer.stdout)
    assert [line["strategy"] for line in content["ledgers"]] == ["slow"]
    assert content["account"]["sessions"] == 15.0
