"""Files of bars: text, Parquet, Feather, HDF5, archives and folders of them (specification 5.1)."""

from __future__ import annotations

from qts_core.adapters.bar_files.limits import file_sha256
from qts_core.adapters.bar_files.reading import BarFile, ReadOptions, find_files, import_bars, import_many

__all__ = ["BarFile", "ReadOptions", "file_sha256", "find_files", "import_bars", "import_many"]
