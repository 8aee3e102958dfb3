"""What each gate found, and the verdict they make together."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass

__all__ = ["Gate", "GateReport", "at_least", "at_most", "not_applicable"]


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition with what was found.

    Attributes
    ----------
    name : str
        ``gate.net_sharpe`` and so on, as registry tags spell it.
    value, threshold : float
    comparison : str
        ``">="`` or ``"<="``.
    passed : bool
        False for NaN, always. True for a gate that has nothing to judge, which `applies` tells apart.
    reason : str
        One sentence for a person: what was found, what was needed, by how much it misses.
    applies : bool
        Whether there was something to judge; every reader says so where not.
    """

    name: str
    value: float
    threshold: float
    comparison: str
    passed: bool
    reason: str
    applies: bool = True

    @property
    def verdict(self) -> str:
        """``passed``, ``refused`` or ``not applicable``."""
        if not self.applies:
            return "not applicable"
        return "passed" if self.passed else "refused"


@dataclass(frozen=True, slots=True)
class GateReport:
    """Every gate's verdict."""

    gates: tuple[Gate, ...]
    fill_mode: str

    @property
    def passed(self) -> bool:
        """Whether every gate that applies passed, and there is one."""
        return any(g.applies for g in self.gates) and all(g.passed for g in self.gates)

    @property
    def refusals(self) -> tuple[str, ...]:
        """The reasons of the gates that refused."""
        return tuple(g.reason for g in self.gates if not g.passed)

    def headline(self) -> str:
        """Return the verdict in one line."""
        judged = [g for g in self.gates if g.applies]
        silent = len(self.gates) - len(judged)
        more = f" ({silent} not applicable)" if silent else ""
        if self.passed:
            return f"all {len(judged)} gates passed{more}"
        failed = [g.name.removeprefix("gate.") for g in judged if not g.passed]
        return f"{len(failed)} of {len(judged)} gates refused: {', '.join(failed)}{more}"

    def tags(self) -> dict[str, str]:
        """Return registry tags: ``gate.<name>`` with verdict and reason, and ``gate.verdict``."""
        verdicts = {g.name: f"{g.verdict}: {g.reason}" for g in self.gates}
        return {**verdicts, "gate.verdict": "passed" if self.passed else "refused", "gate.fill_mode": self.fill_mode}

    def to_json(self) -> str:
        """Return canonical JSON; NaN and infinity as null."""
        content = {
            "passed": self.passed,
            "fill_mode": self.fill_mode,
            "gates": [
                {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in asdict(g).items()}
                for g in self.gates
            ],
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def at_least(name: str, value: float, threshold: float, what: str) -> Gate:
    """Return a gate that wants `value` at or above `threshold`; `what` says what it is."""
    passed = value >= threshold
    return Gate(f"gate.{name}", value, threshold, ">=", passed, _reason(what, value, threshold, "at least", passed))


def at_most(name: str, value: float, threshold: float, what: str) -> Gate:
    """Return a gate that wants `value` at or below `threshold`; `what` says what it is."""
    passed = value <= threshold
    return Gate(f"gate.{name}", value, threshold, "<=", passed, _reason(what, value, threshold, "at most", passed))


def not_applicable(name: str, threshold: float, comparison: str, why: str) -> Gate:
    """Return a gate that has nothing to judge; `why` says what is missing."""
    return Gate(f"gate.{name}", math.nan, threshold, comparison, passed=True, reason=why, applies=False)


def _reason(what: str, value: float, threshold: float, word: str, passed: bool) -> str:
    found = f"{what}: {_number(value)}, needs {word} {_number(threshold)}"
    if passed or not math.isfinite(value - threshold):
        return found
    return f"{found}, misses by {_number(abs(value - threshold))}"


def _number(value: float) -> str:
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "infinitely many" if value > 0 else "minus infinity"
    return f"{value:,.0f}" if value == int(value) and abs(value) >= 10 else f"{value:.3g}"
