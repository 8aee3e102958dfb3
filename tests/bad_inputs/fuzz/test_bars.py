"""Bar files that nobody listed: spoilt bytes of every format, any text in any cell; and what fuzzing found, by name."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bad_inputs.fuzz.bars_input import CSV, seeds, try_bars

ROOT = Path(__file__).parents[3]
BINARY = ("bars.csv.gz", "bars.csv.zst", "bars.parquet", "bars.feather", "bars.zip", "bars.tar")
Edit = tuple[str, float, int, bytes]
TOKENS = [
    b"", b",", b";", b"\t", b"|", b'"', b'""', b"\n", b"\r", b"\r\n", b"\x00", b"\xff", b"NaN", b"inf", b"-inf",
    b"1e308", b"-0.0", b"9" * 40, b"2024-03-04T14:30:00+99:99", b"2262-04-12T00:00:00Z", b"0000-00-00",
    b"9999-12-31T23:59:59Z",
    b"99999999999999999", b"-1", b"AAPL", b"=1+1", b"../../etc/passwd", "\u202eAAPL".encode(), b"\xef\xbb\xbf",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder for all examples."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture(scope="module")
def sound(folder: Path) -> Mapping[str, bytes]:
    """A sound file of every format."""
    return seeds(folder)


def edited(data: bytes, edits: list[Edit]) -> bytes:
    """Carry out edits, each at a share of the length: put in, take out, repeat, cut off, flip."""
    for how, share, length, token in edits:
        at = int(share * len(data))
        if how == "insert":
            data = data[:at] + token + data[at:]
        elif how == "delete":
            data = data[:at] + data[at + length :]
        elif how == "repeat":
            data = data[:at] + data[at : at + length] * 3 + data[at:]
        elif how == "cut":
            data = data[:at]
        elif data:
            at = min(at, len(data) - 1)
            data = data[:at] + bytes([data[at] ^ (1 << length % 8)]) + data[at + 1 :]
    return data


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "delete", "repeat", "cut", "flip", "flip"]),
        st.floats(0.0, 1.0),
        st.integers(1, 200),
        st.sampled_from(TOKENS) | st.binary(max_size=8),
    ),
    min_size=1,
    max_size=4,
)


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """Return the sound text with some cells replaced by anything."""
    rows = [line.split(b",") for line in CSV.rstrip(b"\n").split(b"\n")][:40]
    for _ in range(draw(st.integers(1, 4))):
        row = draw(st.integers(0, len(rows) - 1))
        column = draw(st.integers(0, len(rows[row]) - 1))
        rows[row][column] = draw(
            st.sampled_from(TOKENS) | st.text(max_size=12).map(lambda t: t.encode("utf-8", "replace"))
        )
    return b"\n".join(b",".join(row) for row in rows) + b"\n"


def test_every_seed_is_sound(folder: Path, sound: Mapping[str, bytes]) -> None:
    for name, data in sound.items():
        read = try_bars(folder, name, data)
        assert read is not None, name
        assert read.frame["symbol"].unique().sort().to_list() == ["AAPL", "MSFT"], name


@settings(max_examples=80)
@given(EDITS)
def test_any_change_of_a_text_is_read_or_refused_in_one_line(folder: Path, edits: list[Edit]) -> None:
    try_bars(folder, "bars.csv", edited(CSV, edits))


@settings(max_examples=80)
@given(tables())
def test_anything_in_any_cell_is_read_or_refused_in_one_line(folder: Path, data: bytes) -> None:
    try_bars(folder, "bars.csv", data)


@settings(max_examples=120)
@given(st.sampled_from(BINARY), EDITS)
def test_any_change_of_a_binary_file_is_read_or_refused_in_one_line(
    folder: Path, sound: Mapping[str, bytes], name: str, edits: list[Edit]
) -> None:
    try_bars(folder, name, edited(sound[name], edits))


@settings(max_examples=15)
@given(EDITS)
def test_any_change_of_an_hdf5_file_is_read_or_refused_in_one_line(
    folder: Path, sound: Mapping[str, bytes], edits: list[Edit]
) -> None:
    try_bars(folder, "bars.h5", edited(sound["bars.h5"], edits))


@settings(max_examples=40)
@given(st.sampled_from(("bars.csv", *BINARY)), st.binary(max_size=200))
def test_any_bytes_under_any_name(folder: Path, name: str, data: bytes) -> None:
    try_bars(folder, name, data)


@pytest.mark.parametrize("runs", [300, pytest.param(30_000, marks=pytest.mark.slow)])
def test_coverage_guided_fuzzing_of_files_finds_nothing(tmp_path: Path, runs: int) -> None:
    pytest.importorskip("atheris")
    from tests.bad_inputs.fuzz.atheris_bars import NAMES

    corpus = tmp_path / "corpus"
    corpus.mkdir()
    whole = seeds(tmp_path)
    for place, name in enumerate(NAMES):
        (corpus / name).write_bytes(bytes([place]) + whole[name])
    command = [
        sys.executable, "-m", "tests.bad_inputs.fuzz.atheris_bars", str(corpus), f"-runs={runs}", "-seed=3",
        "-timeout=30", "-rss_limit_mb=3000", "-max_len=20000", f"-artifact_prefix={tmp_path}/",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3000, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"#{runs}" in done.stderr


# -- what was found -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bars.parquet", "bars.feather"])
def test_a_column_name_that_is_not_utf8_is_no_crash(folder: Path, sound: Mapping[str, bytes], name: str) -> None:
    assert try_bars(folder, name, sound[name].replace(b"close", b"cl\xf9se")) is None


@pytest.mark.parametrize("price", [b"1e308", b"1e-308", b"5e-324"])
def test_a_price_at_the_ends_of_the_numbers_is_no_crash(folder: Path, price: bytes) -> None:
    rows = CSV.split(b"\n")
    fields = rows[9].split(b",")
    rows[9] = b",".join([*fields[:2], *([price] * 4), fields[6]])
    read = try_bars(folder, "bars.csv", b"\n".join(rows))
    assert read is not None
    assert read.frame["close"].null_count() == 1
