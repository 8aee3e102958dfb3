"""Dagster's generic types as this code location uses them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

__all__ = ["AssetResult", "MonthEvents", "Resource"]

if TYPE_CHECKING:
    # Their parameter is the value handed from asset to asset; here none is, the lake holds all of them.
    AssetResult = dg.MaterializeResult[Any]
    Resource = dg.ConfigurableResource[Any]
else:
    # Dagster tells an asset without a value by this very class as its return type.
    AssetResult = dg.MaterializeResult
    Resource = dg.ConfigurableResource

MonthEvents = Iterator[AssetResult | dg.AssetMaterialization]
"""What an asset of months yields."""
