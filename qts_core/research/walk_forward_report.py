"""What the report shows of a walk-forward optimisation that the lake keeps (specification 11.4)."""

from __future__ import annotations

from datetime import date

from qts_core.ports.lake import LakeReader
from qts_core.report.evidence import WalkForward, WalkWindow
from qts_core.research.walk_forward.result import WalkForwardResult, has_walk_forward, load_walk_forward

__all__ = ["stored_walk_forward", "walk_forward_shown"]

EPOCH = 719_163


def stored_walk_forward(lake: LakeReader, name: str) -> WalkForward | None:
    """Return the newest walk-forward of the strategy or model `name`; None when there is none.

    Of a model the one that trained it in every window goes before the one of its stored predictions.
    """
    for each in (f"ml-{name}", f"scores-{name}", name):
        if has_walk_forward(lake, each):
            return walk_forward_shown(load_walk_forward(lake, each))
    return None


def walk_forward_shown(result: WalkForwardResult) -> WalkForward:
    """Return `result` as the report's values."""
    windows = tuple(
        WalkWindow(
            window.number,
            _days(window.train if window.tune is None else (window.train[0], window.tune[1])),
            _days(window.test),
            {name: str(value) for name, value in window.parameters.items()},
            window.trials,
            dict(window.inside),
            dict(window.outside),
        )
        for window in result.windows
    )
    return WalkForward(
        windows,
        tuple(date.fromordinal(EPOCH + int(day)) for day in result.days),
        result.returns,
        {each.name: each.spread for each in result.stability},
        tuple(flag.sentence for flag in result.warnings if flag.is_raised),
    )


def _days(span: tuple[str, str]) -> tuple[date, date]:
    return date.fromisoformat(span[0]), date.fromisoformat(span[1])
