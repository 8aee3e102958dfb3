"""Walk-forward: learn from the past, be judged by what came next, step on (specification 7.3, 11.4, 15.3; X-19).

Windows are counted in sessions (15.3), or in calendar months by the schemes that the specification names: the
"walk-forward split" of 7.3 and the "walk-forward optimisation" of 11.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from qts_core.market.errors import TrainingError
from qts_core.market.timeline import Timeline
from qts_core.training.folds.plan import FoldPlan
from qts_core.training.folds.ranges import Fold, RowRange
from qts_core.training.folds.validity import refused

__all__ = ["MONTH_SCHEMES", "Windows", "session_starts", "walk_forward", "walk_forward_months"]

FEWEST_SESSIONS = 10
"""A month cut off by the data's or the hold-out's edge counts from half of its 21 sessions on."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Lengths of the windows of a walk-forward in one unit, sessions or months.

    Attributes
    ----------
    train, validation, test, step : int
        Training window, validation window between training and test (0 = none), test window, way to the next fold.
    """

    train: int
    validation: int
    test: int
    step: int


MONTH_SCHEMES: Mapping[str, Windows] = MappingProxyType(
    {"split": Windows(12, 2, 1, 1), "optimisation": Windows(12, 0, 3, 3)}
)
"""Months of the specification's schemes by name: 7.3 (training 6 to 12, validation 1 to 2), and 11.4."""


def walk_forward(
    timeline: Timeline,
    *,
    train_sessions: int,
    test_sessions: int,
    step_sessions: int,
    horizon_bars: int,
    embargo_bars: int = 0,
    holdout_sessions: int = 1,
    gap_bars: int = 0,
    is_anchored: bool = False,
) -> FoldPlan:
    """Lay out a walk-forward in sessions whose last test ends where the hold-out begins (specification 15.3).

    The final model is fitted on the `train_sessions` before the hold-out, exactly as each fold was, so that the folds
    speak of the procedure that goes live.

    Parameters
    ----------
    timeline : Timeline
        T rows.
    train_sessions, test_sessions, step_sessions, holdout_sessions : int
        Lengths in trading sessions.
    horizon_bars, embargo_bars : int
        Label horizon, and the extra distance between a training label's end and a test.
    gap_bars : int
        Fewest bars between a training row and a test row.
    is_anchored : bool
        Whether every training window begins with the first bar (expanding) rather than rolling on.

    Raises
    ------
    TrainingError
        If the timeline is too short for one fold, test windows would overlap (step shorter than test), or a length
        is not positive.
    """
    windows = Windows(train_sessions, 0, test_sessions, step_sessions)
    starts = session_starts(timeline)
    return _laid_out(
        timeline, starts[: _usable(starts, holdout_sessions) + 1], windows, unit="sessions", horizon_bars=horizon_bars,
        embargo_bars=embargo_bars, gap_bars=gap_bars, is_anchored=is_anchored,
        held_out=f"{holdout_sessions} held out",
    )  # fmt: skip


def walk_forward_months(
    timeline: Timeline,
    windows: Windows,
    *,
    horizon_bars: int,
    embargo_bars: int = 0,
    holdout_sessions: int = 1,
    gap_bars: int = 0,
    is_anchored: bool = False,
) -> FoldPlan:
    """Lay out a walk-forward in calendar months: 12, 3, 3 over 60 months gives 16 windows (specification 11.4).

    Months begin with their first session. One that the edge of the data or the hold-out leaves fewer than 10 sessions
    belongs to its neighbour. Parameters and refusals are those of :func:`walk_forward`, lengths in months.
    """
    starts = session_starts(timeline)
    months = _month_starts(timeline, starts[: _usable(starts, holdout_sessions) + 1])
    return _laid_out(
        timeline, months, windows, unit="months", horizon_bars=horizon_bars, embargo_bars=embargo_bars,
        gap_bars=gap_bars, is_anchored=is_anchored, held_out=f"{holdout_sessions} sessions held out",
    )  # fmt: skip


def session_starts(timeline: Timeline) -> list[int]:
    """Return the first row of every session, and the number of rows."""
    return [rows.start for _, rows in timeline.session_rows()] + [len(timeline)]


def _usable(starts: Sequence[int], holdout_sessions: int) -> int:
    if holdout_sessions < 0:
        raise refused(
            "the hold-out cannot be negative", where="training.holdout_sessions", found=holdout_sessions,
            fix="set it to 0 or more",
        )  # fmt: skip
    return max(len(starts) - 1 - holdout_sessions, 0)


def _month_starts(timeline: Timeline, starts: Sequence[int]) -> list[int]:
    months = [(day.year, day.month) for day, _ in timeline.session_rows()][: len(starts) - 1]
    places = [place for place, month in enumerate(months) if place == 0 or month != months[place - 1]]
    places.append(len(months))
    if len(places) > 2 and places[1] < FEWEST_SESSIONS:
        del places[1]
    if len(places) > 2 and places[-1] - places[-2] < FEWEST_SESSIONS:
        del places[-2]
    return [starts[place] for place in places]


def _laid_out(
    timeline: Timeline, starts: Sequence[int], windows: Windows, *, unit: Literal["sessions", "months"],
    horizon_bars: int, embargo_bars: int, gap_bars: int, is_anchored: bool, held_out: str,
) -> FoldPlan:  # fmt: skip
    """Lay windows over the units that begin at `starts`, whose last element is where the hold-out begins."""
    _check(windows, unit)
    last, needed = len(starts) - 1, windows.train + windows.validation
    folds: list[Fold] = []
    for end in range(last, needed + windows.test - 1, -windows.step):
        test = end - windows.test
        first = 0 if is_anchored else test - needed
        tuned = RowRange(starts[test - windows.validation], starts[test])
        train = RowRange(starts[first], tuned.start)
        folds.append(Fold(0, (train,), (RowRange(starts[test], starts[end]),), (tuned,) if windows.validation else ()))
    if not folds:
        room = f" + {windows.validation} to validate" if windows.validation else ""
        raise TrainingError(
            "QTS-MODEL-003", f"too few {unit} for one fold", found=f"{last} before the hold-out",
            expected=f"at least {windows.train} to train{room} + {windows.test} to test + {held_out}",
            fix=f"import more bars, or shorten training.train_{unit} in models.yaml",
        )  # fmt: skip
    tuned = RowRange(starts[last - windows.validation], starts[last])
    return FoldPlan(
        "walk_forward_anchored" if is_anchored else "walk_forward", len(timeline), int(timeline.ts_event[0]),
        int(timeline.ts_known[-1]), horizon_bars, embargo_bars,
        tuple(Fold(i, f.train, f.test, f.validation) for i, f in enumerate(reversed(folds))),
        final=RowRange(0 if is_anchored else starts[last - needed], tuned.start),
        holdout=RowRange(starts[last], len(timeline)),
        final_validation=tuned if windows.validation else None,
        # a label ends with its own bar or later, so a gap within the embargo binds nothing
        gap_bars=gap_bars if gap_bars > embargo_bars else 0,
    )  # fmt: skip


def _check(windows: Windows, unit: str) -> None:
    for name in ("train", "test", "step"):
        if (length := getattr(windows, name)) < 1:
            raise refused(
                "a window is empty", where=f"training.{name}_{unit}", found=length, expected="1 or more",
                fix="give it a length",
            )  # fmt: skip
    if windows.step < windows.test:
        raise refused(
            "a bar would be judged twice", where=f"training.step_{unit}", found=windows.step,
            expected=f"test_{unit} {windows.test} or more", fix=f"set step_{unit} to {windows.test}",
        )  # fmt: skip
