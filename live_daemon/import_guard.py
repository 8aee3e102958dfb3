"""Keep training libraries out of the trading process: importing them raises ImportError (design, trap 12).

LightGBM and alpaca-py import scikit-learn or others when they find them, and do without when they do not.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

__all__ = ["FORBIDDEN", "install"]

FORBIDDEN: Final = frozenset({"dagster", "mlflow", "sklearn", "torch", "great_expectations", "skops"})


class _Refuse(Loader):
    """An import hook and loader: the package is found, as others may look for it, but never loaded."""

    @classmethod
    def find_spec(
        cls, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Claim the forbidden packages, leave all others to the next hook."""
        return ModuleSpec(name, cls()) if name.partition(".")[0] in FORBIDDEN else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Refuse."""
        raise ImportError(f"{spec.name} has no place in the daemon")

    def exec_module(self, module: ModuleType) -> None:
        """Refuse; never reached."""
        raise ImportError(f"{module.__name__} has no place in the daemon")


def install() -> None:
    """Refuse the forbidden packages from now on, in this process only."""
    if _Refuse not in sys.meta_path:
        sys.meta_path.insert(0, _Refuse)
