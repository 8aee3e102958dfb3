"""What a walk-forward found: windows, the stitched result, stability, warnings, verdict; kept in the lake (11.4)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qts_core.market.errors import ModelNotFoundError
from qts_core.market.panel import Floats
from qts_core.models.base import Parameter
from qts_core.ports.lake import LakePort, LakeReader
from qts_core.research.gates.report import Gate, GateReport
from qts_core.research.overfit_flags import OverfitFlag

__all__ = [
    "ParameterStability",
    "WalkForwardResult",
    "WindowResult",
    "has_walk_forward",
    "load_walk_forward",
    "save_walk_forward",
]


@dataclass(frozen=True, slots=True)
class WindowResult:
    """One step.

    Attributes
    ----------
    number : int
        From 1.
    train, tune, test : pair of str
        First and last session, ISO dates; `tune` is None without a tuning window. The purge is already taken off.
    parameters : mapping
        What was chosen.
    trials : int
        Different sets of parameters that were tried.
    inside, outside : mapping of str to float
        Figures where it was chosen, and on the test: objective, sharpe, sortino, return_over_drawdown, total_return,
        max_drawdown, trades, turnover, sessions, ic.
    neighbours : mapping of str to float
        How the chosen trial stands among those next to it: chosen, median, worst, n.
    """

    number: int
    train: tuple[str, str]
    tune: tuple[str, str] | None
    test: tuple[str, str]
    parameters: Mapping[str, Parameter]
    trials: int
    inside: Mapping[str, float]
    outside: Mapping[str, float]
    neighbours: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ParameterStability:
    """How one parameter moved over the windows.

    Attributes
    ----------
    values : tuple
        Chosen in each window.
    spread : float
        Standard deviation of its place on the scale, 0 to about 0.5; of a choice, share of windows that do not have
        the commonest option. A parameter chosen by chance has 0.29.
    changes : int
        Windows in which it moved by more than a tenth of its scale.
    """

    name: str
    values: tuple[Parameter, ...]
    spread: float
    changes: int


@dataclass(frozen=True, slots=True, eq=False)
class WalkForwardResult:
    """Everything a walk-forward optimisation tells.

    Attributes
    ----------
    name : str
        Of the strategy.
    identity : str
        Hash of every choice; the ledger's row of the whole run has it.
    settings : mapping
        As they were chosen, JSON values.
    days, returns : int32 [D], float64 [D]
        Stitched out of sample: the test windows end to end, each from flat to flat.
    traded : float64 [D]
        Traded value over equity, both sides counted.
    figures : mapping of str to float
        Of the stitched result; ``efficiency`` is the mean objective out of sample over that in sample.
    warnings : tuple of OverfitFlag
    verdict : GateReport
    """

    name: str
    identity: str
    engine: str
    settings: Mapping[str, Any]
    windows: tuple[WindowResult, ...]
    days: NDArray[np.int32]
    returns: Floats
    traded: Floats
    figures: Mapping[str, float]
    stability: tuple[ParameterStability, ...]
    warnings: tuple[OverfitFlag, ...]
    verdict: GateReport

    @property
    def equity(self) -> Floats:
        """Growth of 1 at the close of each session, float64 [D]."""
        return np.asarray(np.cumprod(1.0 + self.returns), dtype=np.float64)

    def to_json(self) -> str:
        """Return canonical JSON; what is not finite becomes null."""
        content = {
            "name": self.name,
            "identity": self.identity,
            "engine": self.engine,
            "settings": dict(self.settings),
            "windows": [asdict(window) for window in self.windows],
            "days": self.days.tolist(),
            "returns": self.returns.tolist(),
            "traded": self.traded.tolist(),
            "figures": dict(self.figures),
            "stability": [asdict(line) for line in self.stability],
            "warnings": [asdict(flag) for flag in self.warnings],
            "verdict": {"fill_mode": self.verdict.fill_mode, "gates": [asdict(gate) for gate in self.verdict.gates]},
        }
        return json.dumps(_nulls(content), sort_keys=True, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> WalkForwardResult:
        """Read what `to_json` wrote."""
        content: dict[str, Any] = json.loads(text)
        verdict = content["verdict"]
        return cls(
            name=content["name"],
            identity=content["identity"],
            engine=content["engine"],
            settings=content["settings"],
            windows=tuple(_window(each) for each in content["windows"]),
            days=np.array(content["days"], dtype=np.int32),
            returns=np.array(content["returns"], dtype=np.float64),
            traded=np.array(content["traded"], dtype=np.float64),
            figures=_numbers(content["figures"]),
            stability=tuple(
                ParameterStability(s["name"], tuple(s["values"]), _number(s["spread"]), s["changes"])
                for s in content["stability"]
            ),
            warnings=tuple(OverfitFlag(**_floats(flag, "value", "threshold")) for flag in content["warnings"]),
            verdict=GateReport(
                tuple(Gate(**_floats(gate, "value", "threshold")) for gate in verdict["gates"]), verdict["fill_mode"]
            ),
        )


def save_walk_forward(lake: LakePort, result: WalkForwardResult) -> None:
    """Leave the result in the lake; that of the same strategy before it is replaced."""
    lake.write_blob(_blob(result.name), result.to_json().encode())


def has_walk_forward(lake: LakeReader, name: str) -> bool:
    """Return whether the strategy `name` was walked forward."""
    return lake.has_blob(_blob(name))


def load_walk_forward(lake: LakeReader, name: str) -> WalkForwardResult:
    """Return the newest walk-forward of the strategy `name`.

    Raises
    ------
    ModelNotFoundError
        QTS-EXEC-069 if there is none.
    """
    if not has_walk_forward(lake, name):
        raise ModelNotFoundError(
            "QTS-EXEC-069", "there is no walk-forward of that strategy", where=name,
            fix=f"run `qts walk-forward {name}`",
        )  # fmt: skip
    return WalkForwardResult.from_json(lake.read_blob(_blob(name)).decode())


def _blob(name: str) -> str:
    return f"walk_forward/{name}.json"


def _window(content: dict[str, Any]) -> WindowResult:
    pairs = {name: None if content[name] is None else tuple(content[name]) for name in ("train", "tune", "test")}
    figures = {name: _numbers(content[name]) for name in ("inside", "outside", "neighbours")}
    return WindowResult(**{**content, **pairs, **figures})


def _nulls(value: Any) -> Any:
    """Return JSON content of any shape with what is not finite as None."""
    if isinstance(value, Mapping):
        return {key: _nulls(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_nulls(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _numbers(values: Mapping[str, float | None]) -> dict[str, float]:
    return {name: _number(value) for name, value in values.items()}


def _floats(content: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {**content, **{name: _number(content[name]) for name in names}}
