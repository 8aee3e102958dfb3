"""Bad bar files, as text and as bytes: rows B01 to B16, B25 to B29 and B39 to B47 of the catalogue of bad inputs.

The rows about values that parse and are wrong (B12, B17 to B38) are in ``test_bar_values.py``.
"""

from __future__ import annotations

import gzip
import io
import os
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import Result

from qts_core.adapters.bar_files import import_bars, limits, reading
from qts_core.adapters.lake import Lake
from qts_core.data.reading.parsing import parse_bars
from qts_core.market.errors import DataCorruptionError
from tests.support.bar_tables import csv_of, sound_bars, spoilt

ImportFile = Callable[..., Result]
Refuse = Callable[..., str]

SOUND = sound_bars()
CSV = csv_of(SOUND)


def parquet_of(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def same_bars(folder: Path, data: bytes) -> bool:
    """Whether a text gives the very frame of the sound one."""
    (folder / "sound.csv").write_bytes(CSV)
    (folder / "dressed.csv").write_bytes(data)
    return import_bars(folder / "dressed.csv", source="s").frame.equals(
        import_bars(folder / "sound.csv", source="s").frame
    )


def test_b01_a_byte_order_mark_changes_nothing(tmp_path: Path) -> None:
    assert same_bars(tmp_path, b"\xef\xbb\xbf" + CSV)


def test_b02_mixed_line_endings_change_nothing(tmp_path: Path) -> None:
    lines = CSV.split(b"\n")
    assert same_bars(tmp_path, b"\r\n".join(lines[:50]) + b"\n" + b"\n".join(lines[50:]))


def test_b03_lone_cr_line_endings_are_refused(refused: Refuse) -> None:
    assert "CR-only line endings" in refused("bars.csv", CSV.replace(b"\n", b"\r"), code="QTS-DATA-003")


@pytest.mark.parametrize(
    ("data", "at"),
    [(CSV.decode().encode("utf-16"), "byte 0"), (CSV + "AAPL,é".encode("latin-1"), f"byte {len(CSV) + 5}")],
)
def test_b04_text_that_is_not_utf8_is_refused_with_its_place(refused: Refuse, data: bytes, at: str) -> None:
    line = refused("bars.csv", data, code="QTS-DATA-003")
    assert f"not UTF-8 from {at}" in line
    assert "expected UTF-8" in line


def test_b06_a_file_of_no_bytes_is_refused(refused: Refuse) -> None:
    assert "the file is empty" in refused("bars.csv", b"", code="QTS-DATA-002")


def test_b07_a_header_alone_is_refused_unless_allowed(refused: Refuse, import_file: ImportFile, lake: Lake) -> None:
    header = CSV.split(b"\n")[0] + b"\n"
    assert "0 data rows" in refused("bars.csv", header, code="QTS-DATA-002")
    allowed = import_file("bars.csv", header, "--allow-empty")
    assert allowed.exit_code == 0
    assert "hold no bars" in allowed.stderr
    assert lake.tables() == ()


def test_b08_a_row_with_a_field_too_many_is_refused_with_its_line(refused: Refuse) -> None:
    lines = CSV.split(b"\n")
    lines[7] += b",1"
    assert "line 8; found 8 fields, expected 7" in refused("bars.csv", b"\n".join(lines), code="QTS-DATA-005")


def test_b09_a_short_row_is_refused_with_its_line(refused: Refuse) -> None:
    lines = CSV.split(b"\n")
    lines[7] = lines[7].rsplit(b",", 1)[0]
    assert "line 8; found 6 fields, expected 7" in refused("bars.csv", b"\n".join(lines), code="QTS-DATA-005")


def test_b09_a_short_row_hides_in_no_quotes(refused: Refuse) -> None:
    lines = CSV.split(b"\n")
    lines[7] = b'"' + lines[7].rsplit(b",", 1)[0].replace(b",", b'","') + b'"'
    assert "line 8; found 6 fields" in refused("bars.csv", b"\n".join(lines), code="QTS-DATA-005")


def test_b11_a_missing_column_is_refused_and_an_unknown_one_told(refused: Refuse, import_file: ImportFile) -> None:
    assert "expected low (or l, low_price)" in refused("bars.csv", csv_of(SOUND.drop("low")), code="QTS-DATA-004")
    taken = import_file("bars.csv", csv_of(SOUND.with_columns(colour=pl.lit("red"))))
    assert taken.exit_code == 0
    assert "columns not read: colour" in taken.stderr


def test_b13_a_header_in_another_language_is_refused_and_in_another_case_read(
    refused: Refuse, import_file: ImportFile
) -> None:
    german = SOUND.rename({"open": "Eröffnung", "high": "Hoch", "low": "Tief", "close": "Schluss"})
    assert "columns are missing" in refused("bars.csv", csv_of(german), code="QTS-DATA-004")
    upper = csv_of(SOUND).replace(b"open,high,low,close", b"OPEN,High,LOW,Close", 1)
    assert import_file("bars.csv", upper).exit_code == 0


@pytest.mark.parametrize("cell", ["1.234,50", "1 234.50", "$123.45", "123.45 USD", "n/a"])
def test_b14_a_cell_that_is_no_number_is_refused_and_shown(refused: Refuse, cell: str) -> None:
    text = SOUND.with_columns(pl.col("close").cast(pl.String))
    line = refused("bars.tsv", csv_of(spoilt(text, 3, close=cell)).replace(b",", b"\t") if "," not in cell else
                   csv_of(spoilt(text, 3, close="X")).replace(b",", b"\t").replace(b"\tX\t", f"\t{cell}\t".encode()),
                   code="QTS-DATA-005")  # fmt: skip
    assert "1 cells of close are not numbers at bars.tsv, data row 4" in line
    assert cell in line


def test_b15_a_volume_beyond_int64_is_refused_with_its_value(refused: Refuse) -> None:
    line = refused("bars.csv", csv_of(spoilt(SOUND, 5, volume=1e19)), code="QTS-DATA-005")
    assert "data row 6" in line
    assert "1e+19" in line


def test_b16_whole_volumes_in_any_spelling_are_read_and_fractions_refused(
    refused: Refuse, import_file: ImportFile, lake: Lake
) -> None:
    assert "100.5" in refused("bars.csv", csv_of(spoilt(SOUND, 5, volume=100.5)), code="QTS-DATA-005")
    text = SOUND.with_columns(pl.col("volume").cast(pl.String))
    assert import_file("bars.csv", csv_of(spoilt(text, 5, volume="1.5e6"))).exit_code == 0
    assert lake.read("raw_bars")["volume"].max() == 1_500_000.0


def test_b25_rows_out_of_order_are_sorted_with_a_warning(import_file: ImportFile, lake: Lake) -> None:
    result = import_file("bars.csv", csv_of(SOUND.reverse()))
    assert result.exit_code == 0
    assert "rows were not in order of time; sorted" in result.stderr
    assert lake.read("raw_bars")["ts_event"].is_sorted()


def test_b26_times_without_a_zone_are_refused_unless_it_is_named(refused: Refuse, import_file: ImportFile) -> None:
    naive = csv_of(SOUND, form="%Y-%m-%d %H:%M", zone="America/New_York")
    assert "name their zone: --tz America/New_York" in refused("bars.csv", naive, code="QTS-DATA-006")
    assert import_file("bars.csv", naive, "--tz", "America/New_York").exit_code == 0
    assert "no such time zone" in refused("other.csv", naive, "--tz", "Mars/Olympus", code="QTS-DATA-006")


def test_b27_local_times_labelled_utc_are_refused_with_the_shift(refused: Refuse) -> None:
    wrong = csv_of(SOUND, form="%Y-%m-%dT%H:%M:%SZ", zone="America/New_York")
    line = refused("bars.csv", wrong, code="QTS-DATA-008")
    assert "wrong_zone" in line
    assert "--tz America/New_York" in line


@pytest.mark.parametrize(
    ("row", "moment"),
    [("b28", "2026-11-01 01:30"), ("b29", "2026-03-08 02:30")],
    ids=["b28_exists_twice", "b29_does_not_exist"],
)
def test_b28_b29_local_times_of_a_clock_change_are_refused(refused: Refuse, row: str, moment: str) -> None:
    naive = csv_of(SOUND, form="%Y-%m-%d %H:%M", zone="America/New_York").split(b"\n")
    fields = naive[4].split(b",")
    naive[4] = b",".join([fields[0], moment.encode(), *fields[2:]])
    line = refused("bars.csv", b"\n".join(naive), "--tz", "America/New_York", code="QTS-DATA-006")
    assert "do not exist, or exist twice, in America/New_York at bars.csv, data row 4" in line
    assert moment in line


def test_b39_a_truncated_parquet_file_is_refused(refused: Refuse) -> None:
    whole = parquet_of(SOUND)
    for kept in (len(whole) - 1, len(whole) // 2, 10):
        assert "damaged or cut off" in refused("bars.parquet", whole[:kept], code="QTS-DATA-003")


def test_b40_a_flipped_bit_is_seen_where_pages_carry_checksums(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    pq.write_table(SOUND.to_arrow(), buffer, compression="zstd", write_page_checksum=True)
    whole = bytearray(buffer.getvalue())
    random = np.random.default_rng(11)
    (tmp_path / "whole.parquet").write_bytes(whole)
    sound = import_bars(tmp_path / "whole.parquet", source="s").frame
    footer = int.from_bytes(whole[-8:-4], "little") + 8
    for bit in random.choice((len(whole) - footer) * 8, 60, replace=False):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << (bit % 8)
        (tmp_path / "flipped.parquet").write_bytes(flipped)
        try:
            assert import_bars(tmp_path / "flipped.parquet", source="s").frame.equals(sound), "a changed value came in"
        except DataCorruptionError as error:
            assert error.code == "QTS-DATA-003"  # noqa: PT017  # some bits lie between the pages


def test_b40_a_flipped_bit_in_the_lake_is_seen_before_use(import_file: ImportFile, lake: Lake) -> None:
    assert import_file("bars.csv", CSV).exit_code == 0
    stored = next(Path(lake.root).glob("raw_bars/2024-03.*.parquet"))
    whole = stored.read_bytes()
    random = np.random.default_rng(12)
    for bit in random.choice(len(whole) * 8, 100, replace=False):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << (bit % 8)
        stored.chmod(0o644)
        stored.write_bytes(flipped)
        with pytest.raises(DataCorruptionError, match="QTS-DATA-009"):
            lake.read_month("raw_bars", "2024-03")


def test_b42_a_file_that_unpacks_to_too_much_is_refused_before_it_does(
    refused: Refuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RATIO_FROM_BYTES", 4 * 1024**2)
    bomb = CSV + CSV.split(b"\n")[1].join([b"\n"] * 200_000)
    gz = gzip.compress(bomb)
    assert "unpacks to too much" in refused("bars.csv.gz", gz, code="QTS-DATA-010")
    zstd = bytes(pa.Codec("zstd").compress(bomb, asbytes=True))
    assert "unpacks to too much" in refused("bars.csv.zst", zstd, code="QTS-DATA-010")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("AAPL.csv", bomb)
    assert "unpacks to too much" in refused("bars.zip", buffer.getvalue(), code="QTS-DATA-010")
    rows = 20_000_000
    same = pl.select(symbol=pl.repeat("AAPL", rows), close=pl.repeat(1.0, rows))
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", lambda *_, **__: pytest.fail("it was unpacked"))
    assert "unpacks to too much" in refused("bars.parquet", parquet_of(same), code="QTS-DATA-010")


def zip_of(name: str, *, mode: int = 0o100644) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        archive.writestr(member, CSV)
    return buffer.getvalue()


def tar_of(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname, member.size = kind, target, len(CSV) if kind == tarfile.REGTYPE else 0
        archive.addfile(member, io.BytesIO(CSV))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.zip", zip_of("../AAPL.csv")),
        ("a.zip", zip_of("/etc/AAPL.csv")),
        ("a.zip", zip_of("C:\\AAPL.csv")),
        ("a.zip", zip_of("..\\AAPL.csv")),
        ("a.zip", zip_of("AAPL.csv", mode=0o120777)),
        ("a.tar", tar_of("../AAPL.csv")),
        ("a.tar", tar_of("/AAPL.csv")),
        ("a.tar", tar_of("AAPL.csv", tarfile.SYMTYPE, "/etc/passwd")),
        ("a.tar", tar_of("AAPL.csv", tarfile.LNKTYPE, "/etc/passwd")),
        ("a.tar", tar_of("AAPL.csv", tarfile.CHRTYPE)),
        ("a.tar", tar_of("AAPL.csv", tarfile.FIFOTYPE)),
    ],
)
def test_b43_a_member_that_leads_out_of_its_archive_is_refused(
    refused: Refuse, tmp_path: Path, name: str, data: bytes
) -> None:
    assert "the archive holds a" in refused(name, data, code="QTS-DATA-025")
    assert sorted(p.name for p in tmp_path.iterdir()) == [name], "something was unpacked"


@pytest.mark.parametrize(("name", "data"), [("a.zip", zip_of("x/AAPL.csv")), ("a.tar", tar_of("x/AAPL.csv"))])
def test_b43_a_plain_archive_is_read_without_unpacking_it(
    import_file: ImportFile, lake: Lake, tmp_path: Path, name: str, data: bytes
) -> None:
    assert import_file(name, data).exit_code == 0
    assert lake.read("raw_bars").height == SOUND.height
    assert sorted(p.name for p in tmp_path.iterdir()) == [name, "home"]


class Payload:
    """Unpickling it would run code."""

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return os.system, ("touch /tmp/qts-was-here",)


def hdf5_of(folder: Path, write: Callable[[h5py.File], object]) -> bytes:
    path = folder / "made.h5"
    with h5py.File(path, "w") as file:
        write(file)
    data = path.read_bytes()
    path.unlink()
    return data


def pandas_table(file: h5py.File) -> None:
    """What pandas writes with ``format="table"``, its list of column names replaced by a pickled object."""
    group = file.create_group("bars")
    group.attrs["pandas_type"] = b"frame_table"
    rows = np.zeros(4, [("index", "i8"), ("values_block_0", "f8", (1,))])
    table = group.create_dataset("table", data=rows)
    table.attrs["values_block_0_kind"] = np.bytes_(pickle.dumps([Payload()], 0))


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((8,), dtype="f8")
    layout[:] = h5py.VirtualSource("/tmp/other.h5", "open", shape=(8,))  # never opened
    file.create_virtual_dataset("open", layout)


@pytest.mark.parametrize(
    ("write", "what"),
    [
        (lambda f: f.create_dataset("x", data=["a", "b"], dtype=h5py.string_dtype()), "values that are no numbers"),
        (lambda f: f.create_dataset("r", data=np.array([f.ref], dtype=h5py.ref_dtype)), "values that are no numbers"),
        (pandas_table, "an object where names of columns should be"),
        (virtual, "values that lie in other files"),
        (lambda f: f.create_dataset("x", (2,), "f8", external=[("/etc/passwd", 0, 16)]), "values that lie in other"),
        (lambda f: f.__setitem__("x", h5py.ExternalLink("other.h5", "/bars")), "a link to somewhere else"),
    ],
    ids=["objects", "references", "pickled names", "virtual", "external", "link"],
)
def test_b44_an_hdf5_file_with_objects_or_foreign_values_is_refused(
    refused: Refuse, tmp_path: Path, write: Callable[[h5py.File], object], what: str
) -> None:
    assert f"the HDF5 file holds {what}" in refused("bars.h5", hdf5_of(tmp_path, write), code="QTS-DATA-025")


def test_b44_a_feather_file_with_binary_objects_is_refused(refused: Refuse) -> None:
    blobs = SOUND.with_columns(close=pl.lit(b"cos\nsystem\n"))
    buffer = io.BytesIO()
    blobs.write_ipc(buffer)
    assert "a kind that is not read" in refused("bars.feather", buffer.getvalue(), code="QTS-DATA-005")


def test_b46_a_file_that_changes_while_it_is_read_is_refused(
    refused: Refuse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parse_and_append(*args: object, **kwargs: object) -> object:
        result = parse_bars(*args, **kwargs)  # type: ignore[arg-type]  # handed on as given
        with (tmp_path / "bars.csv").open("ab") as file:
            file.write(b"\n")
        return result

    monkeypatch.setattr(reading, "parse_bars", parse_and_append)
    assert "changed while it was read" in refused("bars.csv", CSV, code="QTS-DATA-011")


def test_b47_ten_thousand_columns_are_refused_before_a_row_is_read(refused: Refuse) -> None:
    names = ",".join(f"c{i}" for i in range(10_000)).encode()
    assert "expected at most 64" in refused("bars.csv", names + b"\n" + b"1," * 9_999 + b"1\n", code="QTS-DATA-010")
    wide = pl.DataFrame({f"c{i}": [1.0] for i in range(10_000)})
    assert "found 10000, expected at most 64" in refused("bars.parquet", parquet_of(wide), code="QTS-DATA-010")


def test_b47_a_line_without_an_end_is_refused(refused: Refuse) -> None:
    assert "a line is too long" in refused("bars.csv", CSV + b"A" * 30_000_000, code="QTS-DATA-010")
    assert "a line is too long" in refused("bars.csv.gz", gzip.compress(CSV + b"A" * 30_000_000), code="QTS-DATA-010")
