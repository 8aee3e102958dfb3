"""One flipped bit, in any stored file and at any place, is detected before what it spoilt is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest

from qts_core.adapters.lake import Lake
from qts_core.adapters.lake.stores import FolderStore
from qts_core.adapters.lake.verification import named_files, verify_lake
from qts_core.market.errors import DataCorruptionError
from tests.support.lakes import TABLE, bars


def filled(lake: Lake) -> Lake:
    """Fill a lake with months of one and of several files, lineages, and blobs."""
    rng = np.random.default_rng(5)
    for month in ("2024-01", "2024-02"):
        for part in range(3):
            rows = [(s, i, i + 1 + part, float(round(100 + rng.normal(), 4))) for s in "ABC" for i in range(40)]
            lake.append_month(TABLE, month, bars(rows), lineage={"source": f"part{part}.csv", "sha": "0f" * 16})
    lake.compact_month(TABLE, "2024-01")
    lake.write_month("clean_bars", "2024-01", bars([("A", 0, 1, 1.0)]), lineage={"raw_bars": "ab" * 32})
    lake.write_blob("snapshots/features/2024-01.npz", rng.bytes(600))
    lake.write_blob("empty", b"")
    return lake


def uses(lake: Lake) -> Iterator[tuple[str, Callable[[], object]]]:
    """Give each stored file with the call that first needs it."""
    for file in lake.store.files():
        folder, _, rest = file.name.partition("/")
        month = rest.split(".")[0]
        if folder == "blobs":
            yield file.name, partial(lake.read_blob, rest)
        elif rest.endswith(".json"):
            yield file.name, partial(lake.partition, folder, month)
        elif file.name in named_files(lake):
            yield file.name, partial(lake.read_month, folder, month)


def put(lake: Lake, name: str, content: bytes) -> None:
    """Spoil a file as a disk would: without the store's care."""
    if isinstance(lake.store, FolderStore):
        (lake.store.root / name).write_bytes(content)
    else:
        lake.store.write(name, content)


def flip(lake: Lake, count: int) -> tuple[int, int]:
    """Flip `count` bits one at a time; return (detected, files touched)."""
    rng = np.random.default_rng(11)
    files = [(name, use, lake.store.read(name)) for name, use in uses(lake)]
    detected, touched = 0, set()
    for _ in range(count):
        name, use, content = files[int(rng.integers(len(files)))]
        assert content is not None
        bit = int(rng.integers(8 * len(content)))
        spoilt = bytearray(content)
        spoilt[bit // 8] ^= 1 << bit % 8
        put(lake, name, bytes(spoilt))
        try:
            use()
        except DataCorruptionError:
            detected += 1
        finally:
            put(lake, name, content)
        touched.add(name)
    return detected, len(touched)


def test_500_random_bit_flips_are_all_detected(lake: Lake) -> None:
    files = len(list(uses(filled(lake))))
    assert flip(lake, 500) == (500, files)
    assert verify_lake(lake).is_sound


@pytest.mark.slow
def test_10000_random_bit_flips_are_all_detected(lake: Lake) -> None:
    files = len(list(uses(filled(lake))))
    assert flip(lake, 10_000) == (10_000, files)


@pytest.mark.parametrize("kept", [0, 1, 100])
def test_a_file_cut_short_is_detected(lake: Lake, kept: int) -> None:
    for name, use in uses(filled(lake)):
        content = lake.store.read(name)
        assert content is not None
        if len(content) > kept:
            put(lake, name, content[:kept])
            with pytest.raises(DataCorruptionError):
                use()
            put(lake, name, content)


def test_verify_names_each_damaged_file_and_goes_on(lake: Lake) -> None:
    names = [name for name, _ in uses(filled(lake))]
    for name in names[::2]:
        content = lake.store.read(name)
        assert content is not None
        put(lake, name, content[:-1] + bytes([content[-1] ^ 1]))
    report = verify_lake(lake)
    spoilt_months = {n.removesuffix(".json") for n in names[::2] if n.endswith(".json")}
    # A file that only a damaged manifest names cannot be judged any more.
    expected = {n for n in names[::2] if n.endswith(".json") or n.split(".")[0] not in spoilt_months}
    assert {d.file for d in report.damaged} == expected
    assert not report.is_sound
