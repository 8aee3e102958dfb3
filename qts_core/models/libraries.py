"""Versions of the libraries a kind of model needs, as its manifest names them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

__all__ = ["library_versions"]

LIBRARIES: Mapping[str, tuple[str, ...]] = {"lightgbm": ("lightgbm", "numpy")}


def library_versions(kind: str) -> dict[str, str]:
    """Return package name to installed version for models of `kind`."""
    return {name: version(name) for name in LIBRARIES.get(kind, ())}
