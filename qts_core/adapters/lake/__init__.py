"""The Parquet lake and the readers of bar files."""

from qts_core.adapters.lake.lake import Lake

__all__ = ["Lake"]
