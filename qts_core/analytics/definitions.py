"""Every metric declared once: title, unit, formula, source, referee; pages and hovers are derived (11.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from qts_core.analytics.referees import referee

__all__ = ["METRICS", "Family", "MetricDefinition", "Unit"]


class Unit(Enum):
    """How a value is written."""

    PERCENT = "ratio, written in %"
    RATIO = "number"
    DOLLARS = "USD"
    BPS = "basis points"
    SESSIONS = "sessions"
    BARS = "bars of 15 minutes"
    COUNT = "count"
    PROBABILITY = "probability"


class Family(Enum):
    """The groups of the metrics page, in its order."""

    RETURN = "Return"
    RISK_ADJUSTED = "Return per risk"
    SIGNIFICANCE = "Can it be believed?"
    DRAWDOWN = "Drawdown"
    DISTRIBUTION = "Distribution"
    TRADES = "Trades"
    BENCHMARK = "Against the benchmark"
    COSTS = "Costs and exposure"


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """One metric: what it is called, what it is measured in, exactly how, by whose definition, and who checks it."""

    name: str
    title: str
    family: Family
    unit: Unit
    formula: str
    source: str
    referee: str


_Row = tuple[str, str, Unit, str]

_ROWS: Final[Mapping[Family, tuple[_Row, ...]]] = {
    Family.RETURN: (
        ("total_return", "Total return", Unit.PERCENT, "Π(1 + r) − 1"),
        ("annualised_return", "Annualised return", Unit.PERCENT, "(1 + total return)^(252 / n) − 1"),
        ("annualised_volatility", "Annualised volatility", Unit.PERCENT, "s(r) × √252, sample deviation"),
        ("best_session", "Best session", Unit.PERCENT, "max r"),
        ("worst_session", "Worst session", Unit.PERCENT, "min r"),
        ("positive_sessions", "Sessions with a gain", Unit.PERCENT, "share of r > 0"),
    ),
    Family.RISK_ADJUSTED: (
        ("sharpe_ratio", "Sharpe ratio", Unit.RATIO, "mean(r) / s(r) × √252, risk-free rate 0"),
        (
            "gross_sharpe_ratio",
            "Sharpe ratio before costs",
            Unit.RATIO,
            "the same on gross returns: net equity plus all costs so far",
        ),
        ("sortino_ratio", "Sortino ratio", Unit.RATIO, "mean(r) / √mean(min(r, 0)²) × √252"),
        ("calmar_ratio", "Calmar ratio", Unit.RATIO, "annualised return / maximum drawdown at session closes"),
        ("omega_ratio", "Omega ratio", Unit.RATIO, "Σ max(r, 0) / Σ max(−r, 0)"),
        ("burke_ratio", "Burke ratio", Unit.RATIO, "annualised return / √Σ depth² over all drawdowns"),
        (
            "sterling_ratio",
            "Sterling ratio",
            Unit.RATIO,
            "annualised return / mean depth of the five deepest drawdowns",
        ),
        ("martin_ratio", "Martin ratio", Unit.RATIO, "annualised return / Ulcer index"),
        ("pain_ratio", "Pain ratio", Unit.RATIO, "annualised return / Pain index"),
    ),
    Family.SIGNIFICANCE: (
        (
            "sharpe_low",
            "Sharpe ratio, 95 % interval, low",
            Unit.RATIO,
            "SR − 1.96 × √((1 − γ₃ SR + (γ₄ − 1)/4 SR²) / (n − 1)), per session, then × √252",
        ),
        ("sharpe_high", "Sharpe ratio, 95 % interval, high", Unit.RATIO, "SR + 1.96 × the same standard error"),
        (
            "sharpe_robust_low",
            "Sharpe ratio, 95 % interval for dependent returns, low",
            Unit.RATIO,
            "SR − 1.96 × √(∇ᵀΨ∇ / n) × √252; Ψ: Newey-West covariance of r and (r − mean)², "
            "⌊4 (n / 100)^(2/9)⌋ lags; ∇ = (1/s, −mean/(2 s³)), population s",
        ),
        (
            "sharpe_robust_high",
            "Sharpe ratio, 95 % interval for dependent returns, high",
            Unit.RATIO,
            "SR + 1.96 × the same standard error",
        ),
        (
            "probabilistic_sharpe",
            "Probabilistic Sharpe ratio",
            Unit.PROBABILITY,
            "Φ(SR √(n − 1) / √(1 − γ₃ SR + (γ₄ − 1)/4 SR²)): probability that the true SR is above 0",
        ),
        (
            "deflated_sharpe",
            "Deflated Sharpe ratio",
            Unit.PROBABILITY,
            "probabilistic Sharpe ratio against the maximum expected of as many worthless trials as the ledger holds",
        ),
        (
            "minimum_track_record",
            "Minimum track record",
            Unit.SESSIONS,
            "1 + (1 − γ₃ SR + (γ₄ − 1)/4 SR²) (1.645 / SR)²: sessions needed to say SR > 0 with 95 %",
        ),
        ("t_statistic", "t statistic of the mean return", Unit.RATIO, "mean(r) / (s(r) / √n)"),
        ("p_value", "p-value, two-sided", Unit.PROBABILITY, "2 P(T > |t|), n − 1 degrees of freedom"),
        (
            "sign_test_p",
            "p-value of random signs, one-sided",
            Unit.PROBABILITY,
            "share of 2,000 seeded draws of signs under which the mean return is at least as high",
        ),
    ),
    Family.DRAWDOWN: (
        ("max_drawdown", "Maximum drawdown", Unit.PERCENT, "max(1 − equity / highest equity so far), at every bar"),
        ("average_drawdown", "Average drawdown", Unit.PERCENT, "mean depth of the drawdowns, session closes"),
        ("median_drawdown", "Median drawdown", Unit.PERCENT, "median depth of the drawdowns, session closes"),
        ("deep_drawdown", "Drawdown, 95 % quantile", Unit.PERCENT, "95 % quantile of their depths, session closes"),
        (
            "average_drawdown_duration",
            "Average drawdown duration",
            Unit.SESSIONS,
            "mean sessions from a peak until it is reached again, or until the end",
        ),
        (
            "average_recovery",
            "Average recovery",
            Unit.SESSIONS,
            "mean sessions from trough to end, open ones left out",
        ),
        (
            "longest_drawdown",
            "Longest drawdown",
            Unit.SESSIONS,
            "most sessions from a peak until it is reached again, or until the end",
        ),
        (
            "longest_recovery",
            "Longest recovery",
            Unit.SESSIONS,
            "most sessions from a trough until the peak is reached again; open ones left out",
        ),
        ("time_under_water", "Time under water", Unit.PERCENT, "share of session closes below the highest so far"),
        ("ulcer_index", "Ulcer index", Unit.PERCENT, "√mean(drawdown²), session closes"),
        ("pain_index", "Pain index", Unit.PERCENT, "mean drawdown, session closes"),
    ),
    Family.DISTRIBUTION: (
        ("skewness", "Skewness", Unit.RATIO, "mean(z³), z = (r − mean) / population deviation"),
        ("kurtosis", "Kurtosis", Unit.RATIO, "mean(z⁴); 3 for a normal variable"),
        ("value_at_risk", "Value at risk, 95 %, one session", Unit.PERCENT, "minus the 5 % quantile of r"),
        (
            "expected_shortfall",
            "Expected shortfall, 95 %, one session",
            Unit.PERCENT,
            "mean loss at or beyond the value at risk",
        ),
        ("value_at_risk_99", "Value at risk, 99 %, one session", Unit.PERCENT, "minus the 1 % quantile of r"),
        (
            "expected_shortfall_99",
            "Expected shortfall, 99 %, one session",
            Unit.PERCENT,
            "mean loss at or beyond that value at risk",
        ),
        (
            "cornish_fisher_var",
            "Value at risk, 95 %, Cornish-Fisher",
            Unit.PERCENT,
            "−(mean + s (z + (z² − 1) γ₃/6 + (z³ − 3z)(γ₄ − 3)/24 − (2z³ − 5z) γ₃²/36)), z = Φ⁻¹(5 %)",
        ),
        (
            "tail_index",
            "Tail index of losses",
            Unit.RATIO,
            "1 / mean(log(xᵢ / xₖ₊₁)) over the k = n/10 largest losses, at least ten of them",
        ),
        ("tail_ratio", "Tail ratio", Unit.RATIO, "95 % quantile of r / |5 % quantile|"),
    ),
    Family.TRADES: (
        ("trades", "Trades", Unit.COUNT, "round trips, from flat to flat"),
        ("win_rate", "Win rate", Unit.PERCENT, "trades with a profit above zero / all trades"),
        ("average_win", "Average win", Unit.DOLLARS, "mean profit of the winning trades"),
        ("average_loss", "Average loss", Unit.DOLLARS, "mean profit of the losing trades"),
        ("payoff_ratio", "Payoff ratio", Unit.RATIO, "average win / |average loss|; also called win/loss ratio"),
        ("profit_factor", "Profit factor", Unit.RATIO, "Σ profits / |Σ losses|"),
        (
            "expectancy",
            "Expectancy per trade",
            Unit.DOLLARS,
            "average win × win rate − |average loss| × loss rate = mean profit",
        ),
        ("trade_duration", "Average holding time", Unit.BARS, "mean bars from entry to exit"),
        ("median_trade_duration", "Median holding time", Unit.BARS, "median bars from entry to exit"),
        ("winning_duration", "Average holding time, wins", Unit.BARS, "the same over the wins"),
        ("losing_duration", "Average holding time, losses", Unit.BARS, "the same over the losses"),
        ("trades_per_session", "Trades per session", Unit.RATIO, "trades / sessions"),
        ("longest_winning_streak", "Longest winning streak", Unit.COUNT, "most wins in a row, by time of exit"),
        ("longest_losing_streak", "Longest losing streak", Unit.COUNT, "most losses in a row, by time of exit"),
        ("average_winning_streak", "Average winning streak", Unit.RATIO, "mean wins in a row"),
        ("average_losing_streak", "Average losing streak", Unit.RATIO, "mean losses in a row"),
    ),
    Family.BENCHMARK: (
        ("alpha", "Jensen's alpha", Unit.PERCENT, "(mean(r) − β mean(b)) × 252, b = daily benchmark returns"),
        (
            "alpha_t",
            "t statistic of alpha",
            Unit.RATIO,
            "alpha / its standard error: least squares, Newey-West covariance, ⌊4 (n / 100)^(2/9)⌋ lags",
        ),
        ("beta", "Beta", Unit.RATIO, "cov(r, b) / var(b)"),
        ("r_squared", "R²", Unit.RATIO, "cov(r, b)² / (var(r) var(b))"),
        ("tracking_error", "Tracking error", Unit.PERCENT, "s(r − b) × √252"),
        ("active_return", "Active return", Unit.PERCENT, "annualised return − that of the benchmark"),
        ("information_ratio", "Information ratio", Unit.RATIO, "mean(r − b) / s(r − b) × √252"),
        ("treynor_ratio", "Treynor ratio", Unit.PERCENT, "mean(r) × 252 / β"),
    ),
    Family.COSTS: (
        ("total_costs", "Costs", Unit.DOLLARS, "spread, slippage, commission, fees and borrowing, all fills"),
        ("cost_per_turnover", "Cost per dollar traded", Unit.BPS, "costs / traded notional × 10,000"),
        (
            "annual_turnover",
            "Turnover per year",
            Unit.RATIO,
            "traded notional (both sides) / mean net equity × 252 / n",
        ),
        ("cost_drag", "Cost drag per year", Unit.PERCENT, "costs / mean net equity × 252 / n"),
        (
            "break_even_costs",
            "Costs it bears",
            Unit.RATIO,
            "multiple of the costs at which the mean session earns nothing: mean(r + c) / mean(c), "
            "c = costs of a session / equity before it",
        ),
        ("average_gross_exposure", "Average gross exposure", Unit.PERCENT, "mean Σ|position value| / equity over bars"),
        ("average_net_exposure", "Average net exposure", Unit.PERCENT, "mean Σ position value / equity over bars"),
        ("time_in_market", "Time in market", Unit.PERCENT, "share of bars with a position"),
        ("average_positions", "Average positions held", Unit.RATIO, "mean number of positions over bars"),
    ),
}

_SOURCES: Final[Mapping[str, str]] = {
    "sharpe_ratio": "Sharpe (1994), Journal of Portfolio Management 21(1)",
    "gross_sharpe_ratio": "Sharpe (1994), Journal of Portfolio Management 21(1)",
    "sortino_ratio": "Sortino and van der Meer (1991), Journal of Portfolio Management 17(4)",
    "calmar_ratio": "Young (1991), Futures 20(1)",
    "omega_ratio": "Keating and Shadwick (2002)",
    "burke_ratio": "Burke (1994), Futures 23(3)",
    "sterling_ratio": "Kestner (1996), Futures 25(1)",
    "sharpe_low": "Mertens (2002)",
    "sharpe_high": "Mertens (2002)",
    "sharpe_robust_low": "Lo (2002), Financial Analysts Journal 58(4), GMM",
    "sharpe_robust_high": "Lo (2002), Financial Analysts Journal 58(4), GMM",
    "martin_ratio": "Martin and McCann (1989)",
    "pain_ratio": "Becker (2006)",
    "sign_test_p": "Fisher (1935), The Design of Experiments, section 21",
    "value_at_risk_99": "Hyndman and Fan (1996), type 7",
    "expected_shortfall_99": "Acerbi and Tasche (2002), Journal of Banking & Finance 26(7)",
    "cornish_fisher_var": "Favre and Galeano (2002), Journal of Alternative Investments 5(2)",
    "tail_index": "Hill (1975), Annals of Statistics 3(5)",
    "alpha_t": "Newey and West (1987), Econometrica 55(3)",
    "probabilistic_sharpe": "Bailey and López de Prado (2012), Journal of Risk 15(2)",
    "deflated_sharpe": "Bailey and López de Prado (2014), Journal of Portfolio Management 40(5)",
    "minimum_track_record": "Bailey and López de Prado (2012), Journal of Risk 15(2)",
    "t_statistic": "Student (1908), Biometrika 6(1)",
    "p_value": "Student (1908), Biometrika 6(1)",
    "ulcer_index": "Martin and McCann (1989)",
    "pain_index": "Becker (2006)",
    "value_at_risk": "Hyndman and Fan (1996), type 7",
    "expected_shortfall": "Acerbi and Tasche (2002), Journal of Banking & Finance 26(7)",
    "alpha": "Jensen (1968), Journal of Finance 23(2)",
    "beta": "Sharpe (1964), Journal of Finance 19(3)",
    "information_ratio": "Goodwin (1998), Financial Analysts Journal 54(4)",
    "treynor_ratio": "Treynor (1965), Harvard Business Review 43(1)",
}

METRICS: Final[Mapping[str, MetricDefinition]] = MappingProxyType(
    {
        name: MetricDefinition(name, title, family, unit, formula, _SOURCES.get(name, "definition"), referee(name))
        for family, rows in _ROWS.items()
        for name, title, unit, formula in rows
    }
)
