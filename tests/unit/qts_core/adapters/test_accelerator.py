"""A GPU is found by its driver's files, and hidden by the variables that hide it from programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from qts_core.adapters.accelerator import has_gpu


def test_a_machine_without_driver_has_none(tmp_path: Path) -> None:
    assert not has_gpu(tmp_path, {})
    (tmp_path / "proc/driver/nvidia/gpus").mkdir(parents=True)
    assert not has_gpu(tmp_path, {}), "a driver without a device"


@pytest.mark.parametrize("file", ["proc/driver/nvidia/gpus/0000:01:00.0", "dev/nvidia0", "dev/dxg"])
def test_a_device_is_found_unless_it_is_hidden(tmp_path: Path, file: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).touch()
    assert has_gpu(tmp_path, {})
    assert has_gpu(tmp_path, {"CUDA_VISIBLE_DEVICES": "0"})
    for hidden in ("", "-1", " NONE "):
        assert not has_gpu(tmp_path, {"CUDA_VISIBLE_DEVICES": hidden})
    assert not has_gpu(tmp_path, {"NVIDIA_VISIBLE_DEVICES": "void"})
