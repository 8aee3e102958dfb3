"""Return features against their definitions in plain numpy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from qts_core.features import default_catalogue


def change(bars: int) -> Callable[[Any], Any]:
    return lambda b: b.before(b.close, lambda old, new: np.log(new / old), bars)


def falls(b: Any) -> Any:
    return np.where(np.isnan(b.log_return), np.nan, np.minimum(b.log_return, 0.0))


def rises(b: Any) -> Any:
    return b.before(b.close, lambda old, new: (new > old).astype(float))


REFEREES: dict[str, Callable[[Any], Any]] = {
    "stat_logreturn_1_close": change(1),
    "stat_logreturn_4_close": change(4),
    "stat_logreturn_13_close": change(13),
    "stat_logreturn_52_close": change(52),
    "stat_logreturn_130_close": change(130),
    "stat_body_1_return": lambda b: np.log(b.close) - np.log(b.open),
    "stat_lagreturn_1_close": lambda b: b.before(b.log_return, lambda old, _: old),
    "stat_sharpe_26_close": lambda b: b.mean(change(1)(b), 26) / b.std(change(1)(b), 26),
    "stat_upbars_20_fraction": lambda b: b.mean(rises(b), 20),
    "stat_downside_60_std": lambda b: np.sqrt(b.mean(falls(b) ** 2, 60)),
    "stat_drawdown_130_close": lambda b: b.close / b.max(b.close, 130) - 1.0,
    "stat_runup_130_close": lambda b: b.close / b.min(b.close, 130) - 1.0,
}


@pytest.mark.parametrize("name", default_catalogue().groups["statistical_returns"])
def test_feature_equals_its_referee(name: str, agree: Callable[..., None]) -> None:
    agree(name, REFEREES[name])
