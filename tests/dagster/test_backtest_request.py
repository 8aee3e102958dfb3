"""A backtest from the launchpad: what is asked for is checked before anything runs, in one line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import dagster as dg
import numpy as np
import pytest

from qts_core.adapters.settings_files import load_settings
from qts_core.config.settings import Settings
from qts_core.report.record import ReportRecord
from qts_core.research.training_summary import FoldSummary
from qts_dagster.defs.backtests.request import BACKTEST_MODEL, BacktestRequest, checked
from qts_dagster.defs.backtests.walk_forward import window_rows


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(home=str(tmp_path_factory.mktemp("home"))).settings


def test_an_empty_request_is_the_verdict_of_the_live_model(settings: Settings) -> None:
    found = checked(BacktestRequest(), settings)
    assert found.model == settings.models.live_model
    assert found.fill_mode == settings.backtest.verdict_fill_mode
    assert found.name == f"{found.model}-{found.fill_mode}"
    assert found.settings is settings
    assert found.is_judged


def test_cash_that_is_asked_for_is_the_cash_of_the_run(settings: Settings) -> None:
    found = checked(BacktestRequest(cash_dollars=250000.5, fill_mode="realistic", name="large"), settings)
    assert found.settings.backtest.initial_cash_dollars == Decimal("250000.5")
    assert (found.fill_mode, found.name) == ("realistic", "large")
    assert not found.is_judged
    assert settings.backtest.initial_cash_dollars != Decimal("250000.5")


@pytest.mark.parametrize("asked", [{"cash_dollars": 50_000.0}, {"fill_mode": "optimistic"}])
def test_what_gates_said_of_another_run_is_not_said_of_this_one(settings: Settings, asked: dict[str, object]) -> None:
    assert not checked(BacktestRequest(**asked), settings).is_judged  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"model": "nobody"}, "model: found 'nobody', expected one of "),
        ({"fill_mode": "hopeful"}, "fill_mode: found 'hopeful', expected one of optimistic, realistic"),
        ({"cash_dollars": -1.0}, "cash_dollars: found -1.0, expected USD between 0"),
        ({"cash_dollars": float("nan")}, "cash_dollars: found nan"),
        ({"cash_dollars": 1e15}, "cash_dollars: found 1000000000000000.0"),
        ({"name": "../etc/passwd"}, "name: found '../etc/passwd', expected at most 60"),
        ({"name": "x" * 61}, "name: found"),
        ({"name": "lightgbm_return"}, "name: found 'lightgbm_return', expected another one"),
    ],
)
def test_a_wrong_value_is_one_line_and_is_not_tried_again(
    settings: Settings, wrong: dict[str, object], said: str
) -> None:
    with pytest.raises(dg.Failure) as refused:
        checked(BacktestRequest(**wrong), settings)  # type: ignore[arg-type]
    line = str(refused.value.description)
    assert line.startswith(said)
    assert "\n" not in line
    assert not refused.value.allow_retries


def test_the_launchpad_refuses_a_field_that_there_is_not() -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match="modle"):
        dg.validate_run_config(BACKTEST_MODEL, {"ops": {"backtest_of_model": {"config": {"modle": "x"}}}})


def test_every_field_of_the_launchpad_says_what_it_takes() -> None:
    said = {name: field.description for name, field in BacktestRequest.model_fields.items()}
    assert all(said.values())
    assert "optimistic, realistic, pessimistic, alpaca-paper" in str(said["fill_mode"])


def test_a_window_is_what_its_test_sessions_earned() -> None:
    days = tuple(date(2024, 1, day) for day in (2, 3, 4, 5))
    net = np.array([0.01, 0.02, -0.01, 0.03])
    record = ReportRecord("id", "m", "M", "", True, days, net, net, net, {}, {}, {})
    folds = (
        FoldSummary("one", ("2023-01-03", "2023-12-29"), ("2024-01-02", "2024-01-03"), 1, 1, {"rank_ic": 0.1}, {}),
        FoldSummary("two", ("2023-01-03", "2023-12-29"), ("2024-02-01", "2024-02-02"), 1, 1, {}, {"rank_ic": 0.05}),
    )
    rows = window_rows(record, folds)
    assert rows[0]["net_return"] == pytest.approx(1.01 * 1.02 - 1)
    assert rows[0]["sessions"] == 2
    assert rows[0]["rank_ic_fitted"] == 0.1
    assert rows[1]["sessions"] == 0
    assert np.isnan(float(str(rows[1]["net_return"])))
