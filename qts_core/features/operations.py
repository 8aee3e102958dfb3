"""The table of operations: kernel, inputs, parameters, state, warm-up and scope of each (specification 6.1-6.4).

To add a kind of feature, write a kernel and give it one row here; the engine, the proofs and the documentation follow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from qts_core.features.kernels import (
    adaptive,
    change,
    cross,
    dependence,
    elementwise,
    fisher,
    losses,
    moments,
    oldest,
    order,
    pairs,
    polynomial,
    price_levels,
    recursive,
    runs,
    scheduled,
    session,
    structure,
    swings,
    windows,
)
from qts_core.features.roles import ROLES
from qts_core.features.session_facts import FACTS

__all__ = ["BUILT_IN", "COUNTS", "OPERATIONS", "SOURCES", "Missing", "Operation", "Scope", "adopt"]

SOURCES = (
    "open", "high", "low", "close", "volume",
    "session", "start_minute", "end_minute", "bars_left", "weekday",
    *FACTS,
)  # fmt: skip
"""Leaves of every expression, float64 [B, N] each: five chain-linked bar fields, five facts of the timeline, and what
the exchange's calendar says of the session beforehand."""

BAR_SOURCES = SOURCES[:5]

Parameters = tuple[int | float, ...]

COUNTS = "counts"


class Scope(Enum):
    """Whether a value depends on its own symbol alone or on all symbols of the instant."""

    TIME_SERIES = "time series"
    CROSS_SECTION = "cross-section"


class Missing(Enum):
    """What an operation does where an input is missing (NaN); the value says it in words."""

    PASSED_ON = "no value on that bar; nothing is remembered"
    SKIPPED = "no value on that bar; everything after is as if the bar were not there"
    OPTIONAL = "the inputs named by number may be missing; where another is, as if the bar were not there"
    CLOCKED = "adds nothing; the clock goes on, and what has closed may show on that very row"
    LEFT_OUT = "the symbol has no value and does not count among the others; so too outside the universe"


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of node.

    Attributes
    ----------
    name : str
        As it stands in formulas.
    kernel : callable
        ``kernel(inputs..., out, [state,] parameters...)``; state is passed when it has any.
    inputs : int
        How many series it reads.
    parameters : mapping of str to type
        In the order of the kernel, int or float; an int that counts bars is at least 1.
    state_size : callable
        Floats remembered per symbol, from the parameters.
    warm_up : callable
        Values of the input seen before the first result, from the parameters.
    scope : Scope
    revision : int
        Raised when the arithmetic changes, so that hashes change with it.
    context : str
        What the kernel is told of the columns, between state and parameters: nothing, ``COUNTS`` (which symbols are
        the universe's at each bar, bool [B, N]) or a role, whose column it reads for each symbol.
    width : int
        How many results it writes, as float64 [width, B, N]; ``part`` takes one of several.
    waits : bool
        Whether the first value may come later than the warm-up, because it waits for something to happen: a longer bar
        to close, a session to pass, a swing.
    missing : Missing
        What it does where an input is missing.
    optional : tuple of int
        Inputs that may be missing where it is ``Missing.OPTIONAL``.
    """

    name: str
    kernel: Callable[..., None]
    inputs: int
    parameters: Mapping[str, type[int] | type[float]]
    state_size: Callable[[Parameters], int]
    warm_up: Callable[[Parameters], int]
    scope: Scope = Scope.TIME_SERIES
    revision: int = 1
    context: str = ""
    waits: bool = False
    width: int = 1
    missing: Missing = Missing.SKIPPED
    optional: tuple[int, ...] = ()

    @property
    def doc(self) -> str:
        """First line of the kernel's docstring."""
        return (self.kernel.__doc__ or "").strip().splitlines()[0]


def none(parameters: Parameters) -> int:
    """Return 0: no state, or no warm-up."""
    return 0


def slots(fixed: int, per_bar: int) -> Callable[[Parameters], int]:
    """Return the state size of a kernel with `fixed` numbers and `per_bar` for each bar of its window."""
    return lambda p: fixed + per_bar * int(p[0])


def before_window(parameters: Parameters) -> int:
    """Return the warm-up of a window: its length less one."""
    return int(parameters[0]) - 1


def whole_window(parameters: Parameters) -> int:
    """Return the warm-up of a lag: its length."""
    return int(parameters[0])


def one_bar(parameters: Parameters) -> int:
    """Return 1."""
    return 1


Row = tuple[str, Callable[..., None], int, Mapping[str, type[int] | type[float]]]

PLAIN: tuple[Row, ...] = (
    ("add", elementwise.add, 2, {}),
    ("subtract", elementwise.subtract, 2, {}),
    ("multiply", elementwise.multiply, 2, {}),
    ("divide", elementwise.divide, 2, {}),
    ("affine", elementwise.affine, 1, {"scale": float, "shift": float}),
    ("divide_by", elementwise.divide_by, 1, {"divisor": float}),
    ("divide_into", elementwise.divide_into, 1, {"numerator": float}),
    ("maximum", elementwise.maximum, 2, {}),
    ("minimum", elementwise.minimum, 2, {}),
    ("clip", elementwise.clip, 1, {"low": float, "high": float}),
    ("absolute", elementwise.absolute, 1, {}),
    ("sign", elementwise.sign, 1, {}),
    ("sqrt", elementwise.square_root, 1, {}),
    ("log", elementwise.logarithm, 1, {}),
    ("exp", elementwise.exponential, 1, {}),
    ("sin", elementwise.sine, 1, {}),
    ("cos", elementwise.cosine, 1, {}),
    ("normal_probability", elementwise.normal_probability, 1, {}),
    ("normal_quantile", elementwise.normal_quantile, 1, {}),
    ("greater", elementwise.greater, 2, {}),
    ("chi_square_survival", dependence.chi_square_survival, 1, {"freedom": int}),
    ("keep_where", elementwise.keep_where, 2, {}),
    ("part", structure.part, 1, {"place": int}),
)

ACROSS = (
    ("cross_mean", cross.cross_mean),
    ("cross_zscore", cross.cross_zscore),
    ("cross_rank", cross.cross_rank),
    ("cross_median", cross.cross_median),
    ("cross_robust", cross.cross_robust),
    ("cross_std", cross.cross_std),
)

WINDOW: Mapping[str, type[int] | type[float]] = {"window": int}
QUANTILE: Mapping[str, type[int] | type[float]] = {**WINDOW, "probability": float}


def size(count: int) -> Callable[[Parameters], int]:
    """Return a state size that does not depend on the parameters."""
    return lambda p: count


OVER_TIME = (
    Operation("fill", elementwise.fill, 2, {"value": float}, none, none, missing=Missing.OPTIONAL, optional=(0, 1)),
    Operation("lag", windows.lag, 1, {"bars": int}, slots(2, 1), whole_window),
    Operation("rolling_sum", windows.rolling_sum, 1, {**WINDOW, "divisor": float}, slots(3, 1), before_window),
    Operation("rolling_extreme", windows.rolling_extreme, 1, {**WINDOW, "side": float}, slots(3, 1), before_window),
    Operation("bars_since", windows.bars_since_extreme, 1, {**WINDOW, "side": float}, slots(4, 2), before_window),
    Operation(
        "bars_since_oldest", oldest.bars_since_oldest_extreme, 1, {**WINDOW, "side": float}, slots(3, 2), before_window
    ),
    Operation("weighted_mean", windows.weighted_mean, 1, WINDOW, slots(4, 2), before_window),
    Operation("rolling_std", moments.rolling_std, 1, {**WINDOW, "ddof": int}, slots(5, 2), before_window, revision=2),
    Operation(
        "rolling_shape", moments.rolling_shape, 1, {**WINDOW, "kind": int}, slots(7, 4), before_window, revision=2
    ),
    Operation("mean_deviation", moments.mean_absolute_deviation, 1, WINDOW, slots(2, 1), before_window),
    Operation("rolling_pair", pairs.rolling_pair, 2, {**WINDOW, "kind": int}, slots(9, 5), before_window, revision=2),
    Operation("rolling_quantile", order.rolling_quantile, 1, QUANTILE, slots(2, 2), before_window),
    Operation("rolling_rank", order.rolling_rank, 1, WINDOW, slots(2, 2), before_window),
    Operation(
        "rolling_order",
        order.rolling_order,
        1,
        {**WINDOW, "low": float, "high": float},
        slots(2, 2),
        before_window,
        width=3,
    ),
    Operation("rolling_robust", order.rolling_robust, 1, WINDOW, slots(2, 2), before_window),
    Operation("exponential_mean", recursive.exponential_mean, 1, {**WINDOW, "weight": float}, size(2), before_window),
    Operation("wilder_total", recursive.wilder_total, 1, WINDOW, size(2), before_window),
    Operation(
        "adaptive_mean",
        recursive.adaptive_mean,
        2,
        {"fast": int, "slow": int},
        size(3),
        none,
        missing=Missing.OPTIONAL,
        optional=(1,),
    ),
    Operation("running_total", recursive.running_total, 1, {}, size(2), none),
    Operation("count_bars", recursive.count_bars, 1, {}, size(1), none),
    Operation("parabolic_stop", recursive.parabolic_stop, 2, {"step": float, "ceiling": float}, size(7), one_bar),
    Operation("trailing_band", recursive.trailing_band, 3, {}, size(5), none),
    Operation("session_so_far", session.session_so_far, 2, {"how": int}, size(3), none),
    Operation("previous_session", session.previous_session, 2, {"how": int}, size(5), none, waits=True),
    Operation(
        "closed_bar",
        session.closed_bar,
        5,
        {"how": int, "minutes": int},
        size(4),
        none,
        waits=True,
        missing=Missing.CLOCKED,
    ),
    Operation(
        "hold", session.hold, 3, {"is_daily": int}, size(3), none, waits=True, missing=Missing.OPTIONAL, optional=(0,)
    ),
)

SCHEDULE: Mapping[str, type[int] | type[float]] = {"window": int, "every": int}
LAGGED: Mapping[str, type[int] | type[float]] = {**SCHEDULE, "lags": int}
BROKEN: Mapping[str, type[int] | type[float]] = {**SCHEDULE, "edge": int}
RUNS: Mapping[str, type[int] | type[float]] = {"runs": int, "every": int, "recent": int, "hazard": float}
CUSUM: Mapping[str, type[int] | type[float]] = {"side": float, "allowance": float, "limit": float}
SHARE: Mapping[str, type[int] | type[float]] = {**WINDOW, "share": float}


def tail_size(parameters: Parameters) -> int:
    """Return the state size of a tail: a window and a list; the second parameter is a share of it or a number."""
    window, depth = int(parameters[0]), parameters[1]
    return losses.state_size(window, int(depth * window) if isinstance(depth, float) else depth)


STATISTICAL = (
    Operation("lowest_quantile", losses.lowest_quantile, 1, SHARE, tail_size, before_window),
    Operation("lowest_mean", losses.lowest_mean, 1, SHARE, tail_size, before_window),
    Operation("lowest_hill", losses.lowest_hill, 1, {**WINDOW, "count": int}, tail_size, before_window),
    Operation("deepest_fall", losses.rolling_fall, 1, WINDOW, slots(5, 2), before_window),
    Operation("parabola", polynomial.rolling_parabola, 1, {**WINDOW, "kind": int}, slots(7, 3), before_window),
    Operation("ljung_box", scheduled.ljung_box, 1, LAGGED, slots(4, 1), before_window),
    Operation("partial_autocorrelation", scheduled.partial_autocorrelation, 1, LAGGED, slots(4, 1), before_window),
    Operation("hurst", scheduled.hurst, 1, {**SCHEDULE, "shortest": int}, slots(4, 1), before_window),
    Operation("dickey_fuller", scheduled.dickey_fuller, 1, LAGGED, slots(4, 1), before_window),
    Operation("kpss", scheduled.kpss, 1, LAGGED, slots(4, 1), before_window),
    Operation("trend_break", scheduled.trend_break, 1, BROKEN, slots(4, 1), before_window),
    Operation("trend_break_age", scheduled.trend_break_age, 1, BROKEN, slots(4, 1), before_window),
    Operation("variance_break", scheduled.variance_break, 1, SCHEDULE, slots(4, 1), before_window),
    Operation("half_distance", scheduled.half_distance, 1, SCHEDULE, slots(4, 1), before_window),
    Operation("cusum", change.cusum, 1, CUSUM, size(1), none),
    Operation("run_length", change.run_length, 1, RUNS, slots(6, 3), lambda p: int(p[1]) - 1),
)

BELL: Mapping[str, type[int] | type[float]] = {**WINDOW, "offset": float, "sigma": float}
LEVELS: Mapping[str, type[int] | type[float]] = {**SCHEDULE, "levels": int, "kind": int}

TECHNICAL = (
    Operation("varying_mean", adaptive.varying_mean, 2, {}, size(2), none, missing=Missing.OPTIONAL, optional=(1,)),
    Operation("dynamic_mean", adaptive.dynamic_mean, 1, {**WINDOW, "factor": float}, size(2), before_window),
    Operation("gaussian_mean", adaptive.gaussian_mean, 1, BELL, slots(2, 1), before_window),
    Operation("streak", runs.streak, 1, {}, size(1), none),
    Operation("run_total", runs.run_total, 2, {}, size(4), one_bar),
    Operation("fisher_transform", fisher.fisher_transform, 1, {}, size(2), none),
    Operation("price_level", price_levels.price_level, 2, LEVELS, slots(4, 2), before_window),
    Operation("session_deviation", price_levels.session_deviation, 3, {}, size(5), one_bar),
)

PATTERN: Mapping[str, type[int] | type[float]] = {"bars": int, "horizon": int, "kind": int}
NEAREST: Mapping[str, type[int] | type[float]] = {"count": int, "what": int}

PRICE_ACTION = (
    Operation(
        "swing_point",
        swings.swing_point,
        1,
        {"bars": int, "side": float},
        slots(3, 2),
        lambda p: 2 * int(p[0]),
        waits=True,
    ),
    Operation(
        "level_nearness",
        swings.level_nearness,
        4,
        NEAREST,
        slots(2, 1),
        none,
        missing=Missing.OPTIONAL,
        optional=(0, 1),
    ),
    Operation(
        "chart_pattern",
        swings.chart_pattern,
        5,
        PATTERN,
        size(swings.FIXED + 2 + 2 * swings.POINTS),
        none,
        width=3,
        missing=Missing.OPTIONAL,
        optional=(0, 1),
    ),
)

SLOTS: Mapping[str, type[int] | type[float]] = {**WINDOW, "minutes": int, "slots": int, "kind": int}

TOGETHER = (
    Operation(
        "slot_usual", session.slot_usual, 2, SLOTS, lambda p: int(p[2]) * (2 + int(p[0])), none, waits=True
    ),
    Operation(
        "cluster_mean", cross.cluster_mean, 2, {}, none, none, Scope.CROSS_SECTION, 2, context=COUNTS,
        missing=Missing.LEFT_OUT,
    ),
    Operation(
        "structure", structure.structure, 2, SCHEDULE, slots(structure.HEADER, 1), whole_window, Scope.CROSS_SECTION,
        2, context=COUNTS, waits=True, width=structure.WIDTH, missing=Missing.LEFT_OUT,
    ),
)  # fmt: skip

_OPERATIONS: dict[str, Operation] = (
    {
        name: Operation(
            name, kernel, inputs, parameters, none, none, waits=name == "keep_where", missing=Missing.PASSED_ON
        )
        for name, kernel, inputs, parameters in PLAIN
    }
    | {operation.name: operation for operation in (*OVER_TIME, *STATISTICAL, *TECHNICAL, *PRICE_ACTION, *TOGETHER)}
    | {
        name: Operation(
            name, kernel, 1, {}, none, none, Scope.CROSS_SECTION, 2, context=COUNTS, missing=Missing.LEFT_OUT
        )
        for name, kernel in ACROSS
    }
    | {
        f"of_{role}": Operation(
            f"of_{role}",
            cross.of_column,
            1,
            {},
            none,
            none,
            Scope.CROSS_SECTION,
            context=role,
            missing=Missing.PASSED_ON,
        )
        for role in ROLES
    }
)

OPERATIONS: Mapping[str, Operation] = MappingProxyType(_OPERATIONS)
"""By name: those of QTS, and those of own kernels under ``name@hash``."""

BUILT_IN = tuple(OPERATIONS)


def adopt(operation: Operation) -> Operation:
    """Add an own operation; its name carries the hash of its source, so the first of that name stands for all."""
    return _OPERATIONS.setdefault(operation.name, operation)
