"""What a proof brings against a feature: the first bar, the symbol, what should stand there and what does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qts_core.market.panel import Floats

__all__ = ["Fault", "beyond", "differences", "failing", "is_other", "values_where"]

NOTHING = float("nan")


@dataclass(frozen=True, slots=True)
class Fault:
    """One feature that breaks one proof, at the first place where it does.

    Attributes
    ----------
    proof : str
        Key of the proof.
    feature : str
    row, column : int
        Bar and symbol in the panel that was put to the proof.
    expected, found : float
        NaN = no value; an `expected` of a bound is the bound that `found` lies beyond.
    """

    proof: str
    feature: str
    row: int
    column: int
    expected: float
    found: float


def failing(faults: Iterable[Fault]) -> tuple[str, ...]:
    """Return the features named by `faults`, each once, in their order."""
    return tuple(dict.fromkeys(fault.feature for fault in faults))


def is_other(one: Floats, other: Floats) -> NDArray[np.bool_]:
    """Return where two arrays of one shape differ in a bit, all NaN being one."""
    one, other = np.ascontiguousarray(one), np.ascontiguousarray(other)
    same_bits = one.view(np.int64) == other.view(np.int64)
    different: NDArray[np.bool_] = ~(same_bits | (np.isnan(one) & np.isnan(other)))
    return different


def differences(
    proof: str,
    names: Sequence[str],
    expected: Floats,
    found: Floats,
    *,
    rows: NDArray[np.int64] | None = None,
    columns: NDArray[np.int64] | None = None,
) -> tuple[Fault, ...]:
    """Return the features whose values are not equal to the bit, each with its first place.

    Parameters
    ----------
    expected, found : float64 [F, B, M]
    rows, columns : int64 [B], [M], optional
        Where they stand in the panel; by default from the first on.
    """
    faults = []
    for index, name in enumerate(names):
        wrong = is_other(expected[index], found[index])
        if wrong.any():
            faults.append(fault_at(proof, name, wrong, expected[index], found[index], rows, columns))
    return tuple(faults)


def values_where(proof: str, names: Sequence[str], values: Floats, forbidden: NDArray[np.bool_]) -> tuple[Fault, ...]:
    """Return the features that have a value where they must have none: `values` [F, T, N], `forbidden` [T, N]."""
    faults = []
    for name, each in zip(names, values, strict=True):
        wrong = forbidden & ~np.isnan(each)
        if wrong.any():
            faults.append(fault_at(proof, name, wrong, np.full(each.shape, NOTHING), each))
    return tuple(faults)


def beyond(
    proof: str, names: Sequence[str], values: Floats, bounds: Sequence[tuple[float, float]]
) -> tuple[Fault, ...]:
    """Return the features that are infinite, or lie outside the interval they declare.

    Rounding may carry a ratio a few units beyond an end it can reach: 1e-9 of the end, or of one, is let pass.
    """
    faults = []
    for name, each, (low, high) in zip(names, values, bounds, strict=True):
        slack_low, slack_high = (1e-9 * max(1.0, abs(end)) if np.isfinite(end) else 0.0 for end in (low, high))
        wrong = (each < low - slack_low) | (each > high + slack_high) | np.isinf(each)
        if wrong.any():
            ends = np.where(each > high, high, low)
            faults.append(fault_at(proof, name, wrong, ends, each))
    return tuple(faults)


def fault_at(
    proof: str,
    name: str,
    wrong: NDArray[np.bool_],
    expected: Floats,
    found: Floats,
    rows: NDArray[np.int64] | None = None,
    columns: NDArray[np.int64] | None = None,
) -> Fault:
    """Return the fault at the first bar of `wrong`, and there at the first symbol."""
    row, column = (int(place) for place in np.unravel_index(int(np.argmax(wrong)), wrong.shape))
    return Fault(
        proof,
        name,
        row if rows is None else int(rows[row]),
        column if columns is None else int(columns[column]),
        float(expected[row, column]),
        float(found[row, column]),
    )
