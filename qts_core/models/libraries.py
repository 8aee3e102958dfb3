"""Versions of the libraries a kind of model needs, as its manifest names them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

__all__ = ["library_versions"]

LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "lightgbm": ("lightgbm", "numpy"),
    "xgboost": ("xgboost-cpu", "xgboost", "numpy"),
    "catboost": ("catboost", "numpy"),
    "random_forest": ("scikit-learn", "numba", "numpy"),
    "extra_trees": ("scikit-learn", "numba", "numpy"),
    "elastic_net": ("scikit-learn", "numba", "numpy"),
    "ridge": ("scikit-learn", "numba", "numpy"),
    "logistic": ("scikit-learn", "numba", "numpy"),
}
"""Packages of each kind; those of them that are installed are named."""


def library_versions(kind: str) -> dict[str, str]:
    """Return package name to installed version for models of `kind`."""
    found: dict[str, str] = {}
    for name in LIBRARIES.get(kind, ()):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
