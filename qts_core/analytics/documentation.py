"""The page docs/concepts/metrics.md, written from the definitions (specification 11.3)."""

from __future__ import annotations

from itertools import groupby

from qts_core.analytics.definitions import METRICS

__all__ = ["metrics_page"]

_HEAD = """# Metrics

One definition per metric, declared in `qts_core/analytics/definitions.py`; this page is written from there by
`python -m qts_core.analytics.documentation > docs/concepts/metrics.md`, and a test keeps it true.
Reports show the same formula when you point at a number.

## Conventions

- **r** is the simple return of the account from one session's close to the next, **net of every cost**; the first is
  measured from the initial cash. **n** counts what a value is measured on and stands beside it everywhere.
- A year has 252 sessions. Sharpe and similar ratios come from sessions, never from bars: returns inside a session are
  not independent, and multiplying them up would flatter the result.
- The risk-free rate is 0. **s** is the sample deviation (n − 1); **γ₃** and **γ₄** are skewness and kurtosis of r in
  population form, γ₄ = 3 for a normal variable; **Φ** is the normal distribution; **b** is the benchmark's return.
- A trade is a round trip from flat to flat. A trade that breaks even is neither a win nor a loss but counts in n.
- Drawdown goals are judged at every bar; the other drawdown measures use session closes.
- What is not defined (no trades, no losses, one session) is NaN and written "–"; a gate denies on it.
- Intervals are 95 %: of the Sharpe ratio by Mertens' formula, of the win rate by Wilson's (1927), of the profit factor
  by the bootstrap over trades, of the drawdown by the stationary bootstrap (Politis and Romano, 1994; mean block of 10
  sessions). Seeded, so that the same run gives the same interval.
- **Held against** names who a test asks for the right value: another package on the same numbers, a paper's printed
  figures, or a calculation by hand.
- A negative number is written in parentheses and in red.
"""
_TABLE = ("| Metric | Name | Unit | Formula | Source | Held against |", "|---|---|---|---|---|---|")


def metrics_page() -> str:
    """Return the page as Markdown: the conventions, then a table of every family."""
    lines = [_HEAD]
    for family, group in groupby(METRICS.values(), key=lambda m: m.family):
        lines += [f"## {family.value}", "", *_TABLE]
        lines += [
            f"| {m.title} | `{m.name}` | {m.unit.value} | {m.formula.replace('|', '&#124;')} | {m.source} "
            f"| {m.referee} |"
            for m in group
        ]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    print(metrics_page(), end="")  # noqa: T201
