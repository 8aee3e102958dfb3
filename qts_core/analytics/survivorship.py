"""Survivorship: how many of those that were ever in the universe are still there at the end (specification 11.3).

A universe chosen today holds only what lived until today; its past is too good by what the dead would have cost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qts_core.market.membership import Flags
from qts_core.market.panel import Panel

__all__ = ["Survivorship", "survivorship"]

NAMED = 10


@dataclass(frozen=True, slots=True)
class Survivorship:
    """Who was there at some time in a span, and who was not any more at its end.

    Attributes
    ----------
    ever : tuple of str
        Symbols with a bar while they were members.
    gone : tuple of str
        Those of them without a bar in the last session, member or not.
    """

    ever: tuple[str, ...]
    gone: tuple[str, ...]

    @property
    def survivors(self) -> int:
        """Symbols that still had bars at the end."""
        return len(self.ever) - len(self.gone)

    @property
    def share(self) -> float:
        """Survivors over all, ratio; NaN without symbols."""
        return self.survivors / len(self.ever) if self.ever else float("nan")

    def sentence(self, *, is_synthetic: bool = False) -> str:
        """Return the fact, and what follows from it when nobody died."""
        count = len(self.ever)
        if not count:
            return "No symbol of the universe has a bar in this span."
        if self.gone:
            named = ", ".join(self.gone[:NAMED]) + (", …" if len(self.gone) > NAMED else "")
            return (
                f"{self.survivors} of {count} symbols that were ever in the universe ({self.share:.1%}) still had bars "
                f"at the end; gone: {named}."
            )
        if is_synthetic:
            return f"All {count} symbols still had bars at the end: nobody fails in the generated market."
        return (
            f"All {count} symbols that were ever in the universe still had bars at the end (100 %): it was chosen with "
            "hindsight, and every figure is too good by what the dead would have cost."
        )


def survivorship(panel: Panel, members: Flags) -> Survivorship:
    """Count who was ever in the universe and who still had bars in the last session.

    Parameters
    ----------
    panel : Panel
        Bars, T rows of N symbols.
    members : bool [T, N]
        Membership; auxiliary symbols are never members and do not count.
    """
    known = ~np.isnan(panel["close"])
    ever = np.flatnonzero((known & members).any(axis=0))
    last = panel.timeline.session == panel.timeline.session[-1] if len(panel) else np.zeros(0, dtype=np.bool_)
    lives = known[last].any(axis=0)
    names = np.array(panel.symbols, dtype=object)
    return Survivorship(tuple(names[ever]), tuple(names[ever[~lives[ever]]]))
