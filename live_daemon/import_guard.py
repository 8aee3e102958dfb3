"""Keep training libraries out of the trading process: importing them raises ImportError (design, trap 12).

LightGBM and alpaca-py import scikit-learn or others when they find them, and do without when they do not.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

__all__ = ["FORBIDDEN", "install"]

FORBIDDEN: Final = frozenset({"dagster", "mlflow", "sklearn", "torch", "great_expectations", "skops"})


class _Refuse:
    """An import hook that refuses the forbidden packages."""

    @staticmethod
    def find_spec(
        name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Raise for a forbidden package, leave all others to the next hook."""
        if name.partition(".")[0] in FORBIDDEN:
            raise ImportError(f"{name} has no place in the daemon")
        return None


def install() -> None:
    """Refuse the forbidden packages from now on, in this process only."""
    if not any(hook is _Refuse for hook in sys.meta_path):
        sys.meta_path.insert(0, _Refuse)
