"""How often a calibration's markets passed, with the interval that so few markets allow."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass

import numpy as np
from scipy.stats import beta

from qts_core.research.calibration.markets import CalibrationSettings, MarketOutcome

__all__ = ["Calibration", "pass_rate_interval"]

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Calibration:
    """All markets of a calibration.

    Attributes
    ----------
    settings : CalibrationSettings
    nominal : float
        Share of markets without a signal that may pass by the gates' own confidence.
    outcomes : tuple of MarketOutcome
        In the order of their numbers.
    """

    settings: CalibrationSettings
    nominal: float
    outcomes: tuple[MarketOutcome, ...]

    @property
    def passed(self) -> int:
        """Markets on which every gate was passed."""
        return sum(outcome.passed for outcome in self.outcomes)

    @property
    def interval(self) -> tuple[float, float]:
        """Clopper-Pearson interval of the pass rate, 95 %."""
        return pass_rate_interval(self.passed, len(self.outcomes))

    def refusals(self) -> dict[str, int]:
        """Return how many markets each gate refused, most first."""
        return dict(Counter(name for outcome in self.outcomes for name in outcome.refused_by).most_common())

    def verdict(self) -> str:
        """Return what the figures say, in one sentence."""
        low, high = self.interval
        found = f"{self.passed} of {len(self.outcomes)} markets passed ({low:.1%} to {high:.1%} at 95 % confidence)"
        if self.settings.signal > 0:
            return f"power: {found}, signal of strength {self.settings.signal:g}"
        if low > self.nominal:
            return f"{found}: MORE than the nominal {self.nominal:.0%} of markets without a signal pass"
        return f"{found}, nominal at most {self.nominal:.0%} of markets without a signal"

    def as_dict(self) -> dict[str, object]:
        """Return everything as JSON values; a Sharpe ratio that is not defined is null."""
        low, high = self.interval
        sharpes = np.array([outcome.net_sharpe for outcome in self.outcomes])
        known = sharpes[np.isfinite(sharpes)]
        return {
            "markets": len(self.outcomes),
            "passed": self.passed,
            "pass_rate": self.passed / len(self.outcomes),
            "pass_rate_low": low,
            "pass_rate_high": high,
            "nominal_false_pass_rate": round(self.nominal, 12),
            **asdict(self.settings),
            "median_net_sharpe": float(np.median(known)) if len(known) else None,
            "refused_by": self.refusals(),
            "verdict": self.verdict(),
            "outcomes": [outcome.as_dict() for outcome in self.outcomes],
        }


def pass_rate_interval(passed: int, markets: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the exact interval of a binomial rate.

    References
    ----------
    Clopper and Pearson (1934), "The use of confidence or fiducial limits illustrated in the case of the binomial",
    Biometrika 26(4), 404-413.
    """
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if passed == 0 else float(beta.ppf(tail, passed, markets - passed + 1))
    high = 1.0 if passed == markets else float(beta.ppf(1.0 - tail, passed + 1, markets - passed))
    return low, high
