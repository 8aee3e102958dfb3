"""Whether this machine has a GPU, found without importing anything heavy: driver files and variables only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

__all__ = ["has_gpu"]

DRIVER = Path("proc/driver/nvidia/gpus")
DEVICES = ("dev/nvidia0", "dev/dxg")
"""The first GPU under Linux; the GPU that Windows lends to Linux."""
HIDDEN = frozenset({"", "-1", "none", "void", "nodevfiles"})
"""Values of CUDA_VISIBLE_DEVICES and NVIDIA_VISIBLE_DEVICES that hide every GPU."""


def has_gpu(root: Path = Path("/"), environment: Mapping[str, str] | None = None) -> bool:
    """Return whether there is a GPU that programs may use.

    Parameters
    ----------
    root : Path
        Where the machine's files begin.
    environment : mapping, optional
        Variables; those of the process by default.
    """
    variables = os.environ if environment is None else environment
    for name in ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES"):
        if variables.get(name, "all").strip().lower() in HIDDEN:
            return False
    driver = root / DRIVER
    listed = driver.is_dir() and any(driver.iterdir())
    return listed or any((root / device).exists() for device in DEVICES)
