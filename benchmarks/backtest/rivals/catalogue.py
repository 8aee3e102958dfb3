"""The other programs: what is installed for each, its script, and which of our runs it is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["RIVALS", "Rival"]


@dataclass(frozen=True, slots=True)
class Rival:
    """A way to run another program.

    Attributes
    ----------
    environment : str
        Folder of its environment.
    packages : tuple of str
        What is installed there from PyPI.
    script : str
    arguments : tuple of str
    work : str
        Which of our runs it is compared with: ``event``, ``signals``, ``weights`` or ``sweep``.
    is_same : bool
        Whether it trades by the same rules, so that fills and final equity should agree.
    why : str
        What is different, where something is.
    is_slow : bool
        Whether it takes minutes at full size, so that ``--slow-bars`` holds for it.
    """

    environment: str
    packages: tuple[str, ...]
    script: str
    arguments: tuple[str, ...] = ()
    work: str = "event"
    is_same: bool = True
    why: str = ""
    is_slow: bool = False


VECTORBT = ("vectorbt[rust]",)
IN_FEE = "slippage is part of its fee"
AT_FILL = "it values the account at the fill, not at the decision"


def _vectorbt(engine: str, work: str, *, is_same: bool = True, why: str = "") -> Rival:
    return Rival("vectorbt", VECTORBT, "vectorbt_side.py", (engine, work), work, is_same, why)


RIVALS: Mapping[str, Rival] = {
    "NautilusTrader": Rival("nautilus", ("nautilus_trader", "pandas"), "nautilus_side.py", why=IN_FEE, is_slow=True),
    "zipline-reloaded": Rival("zipline", ("zipline-reloaded",), "zipline_side.py", is_slow=True),
    "backtrader": Rival("backtrader", ("backtrader", "pandas"), "backtrader_side.py", is_slow=True),
    "bt": Rival("bt", ("bt",), "bt_side.py", why=IN_FEE, is_slow=True),
    "backtesting.py": Rival("backtesting", ("backtesting",), "backtesting_side.py", why=IN_FEE, is_slow=True),
    "raptorbt class": Rival("raptorbt", ("raptorbt", "numpy"), "raptorbt_side.py", ("class",), is_slow=True),
    "raptorbt signals": Rival("raptorbt", ("raptorbt", "numpy"), "raptorbt_side.py", ("signals",), "signals",
                              is_same=False, why="it sizes by a share of an account for each symbol"),
    "vectorbt numba": _vectorbt("numba", "signals"),
    "vectorbt rust": _vectorbt("rust", "signals"),
    "vectorbt numba weights": _vectorbt("numba", "weights", is_same=False, why=AT_FILL),
    "vectorbt rust weights": _vectorbt("rust", "weights", is_same=False, why=AT_FILL),
    "vectorbt numba sweep": _vectorbt("numba", "sweep"),
    "vectorbt rust sweep": _vectorbt("rust", "sweep"),
}  # fmt: skip
"""Every other program, by the name in the table."""
