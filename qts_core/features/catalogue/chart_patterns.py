"""Chart patterns: double tops and bottoms, head and shoulders, triangles (specification 6.1e).

They are drawn through confirmed swings of five bars, alternating: of highs in a row the highest stays, of lows the
lowest. A pattern exists from the bar whose close completes it, at most once for each latest swing:

double top
    low, high, low, high: the first low below the second, the highs equal within a quarter of the height (from the
    lower high down to the second low); a close below that low. Target: the height below it.
head and shoulders
    low, shoulder, low, head, low, shoulder: the first low below the others, the head above both shoulders by a fifth
    of the height (head to neckline), shoulders and lows each equal within a quarter of it; a close below the line
    through the two lows while that is below the right shoulder. Target: the height below that line.
triangle
    two highs and two lows: a side is level if it moves by less than 15 % of the height, else it rises or falls.
    Ascending: level highs, rising lows; descending: falling highs, level lows; symmetric: both converge. A close
    beyond either line before they meet. Target: the height beyond that line.

Double bottoms and inverse head and shoulders mirror theirs. A pattern is at work until a bar touches its target, a
close passes its stop (the higher top, the right shoulder, the other line at the break) or 130 bars have gone.
"""

from __future__ import annotations

from qts_core.features.catalogue.declare import ANY, SIGNED, family
from qts_core.features.ops.swings import Pattern, chart_pattern
from qts_core.features.spec import FeatureSpec

__all__ = ["FEATURES", "HORIZON"]

feature = family("technical_patterns")
HORIZON = 130
SOURCE = "Edwards and Magee 1948, with the rules stated in the module; numpy"


def three(name: str, pattern: Pattern, words: str) -> tuple[FeatureSpec, ...]:
    """Declare direction, age and target of a pattern."""
    signal, age, target = (chart_pattern(pattern, what, horizon=HORIZON) for what in ("signal", "age", "target"))
    return (
        feature(f"tech_{name}_5_signal", signal, "sign", SIGNED, f"The close completes {words}.", SOURCE),
        feature(
            f"tech_{name}_{HORIZON}_age", age, "bars", (0.0, HORIZON),
            f"Bars since a close completed {words}; {HORIZON} if none lately.", SOURCE,
        ),
        feature(
            f"tech_{name}_{HORIZON}_target", target, "ratio", ANY,
            f"Way left to the target of {words}, over the close; 0 if none is at work.", SOURCE,
        ),
    )  # fmt: skip


FEATURES = (
    *three("doubletop", "double", "a double bottom (1) or top (-1)"),
    *three("headshoulders", "shoulders", "an inverse head and shoulders (1) or an upright one (-1)"),
    *three("trianglerising", "ascending", "an ascending triangle, upward (1) or downward (-1)"),
    *three("trianglefalling", "descending", "a descending triangle, upward (1) or downward (-1)"),
    *three("trianglesymmetric", "symmetric", "a symmetric triangle, upward (1) or downward (-1)"),
)
