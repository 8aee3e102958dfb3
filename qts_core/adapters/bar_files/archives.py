"""Zip and tar archives, unpacked member by member into memory and never onto the disk (bad inputs B42, B43)."""

from __future__ import annotations

import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from qts_core.adapters.bar_files.limits import check_size, damaged, unpacked_limit
from qts_core.market.errors import DataValidationError

__all__ = ["ARCHIVES", "read_archive"]

ARCHIVES = (".zip", ".tar")
MAX_MEMBERS = 10_000
BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, RuntimeError, zlib.error, lzma.LZMAError, struct.error,
    OSError, EOFError, ValueError, IndexError, OverflowError,
)  # fmt: skip
"""What zipfile and tarfile raise at damaged or foreign bytes."""


def read_archive(path: Path, where: str) -> Iterator[tuple[str, bytes]]:
    """Give name and content of every file in an archive.

    All names are looked at before anything is unpacked.

    Raises
    ------
    DataValidationError
        If a member's name leads out of the archive, if it is a link or a device, or if it unpacks to too much.
    DataCorruptionError
        If the archive is damaged.
    """
    limit = unpacked_limit(path.stat().st_size)
    read = _zip if path.suffix.lower() == ".zip" else _tar
    try:
        yield from read(path, where, limit)
    except BROKEN as error:
        raise damaged(path.suffix.lower().lstrip("."), where, error) from error


def _zip(path: Path, where: str, limit: int) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        _check_count(len(members), where)
        for member in members:
            kind = stat.S_IFMT(member.external_attr >> 16)
            _check_name(member.filename, where)
            if kind not in {0, stat.S_IFREG, stat.S_IFDIR} or member.flag_bits & 1:
                raise _never_read("a link, a device or an encrypted file", member.filename, where)
        files = [member for member in members if not member.is_dir()]
        check_size(sum(member.file_size for member in files), limit, where)
        for member in files:
            with archive.open(member) as file:
                data = _taken(file, limit, f"{where}/{member.filename}")
            limit -= len(data)
            yield member.filename, data


def _tar(path: Path, where: str, limit: int) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path, "r:") as archive:
        files = []
        for count, member in enumerate(archive, 1):
            _check_count(count, where)
            _check_name(member.name, where)
            if member.isreg() and not member.issparse():
                files.append(member)
            elif not member.isdir():
                raise _never_read("a link or a device", member.name, where)
        check_size(sum(member.size for member in files), limit, where)
        for member in files:
            file = archive.extractfile(member)
            assert file is not None, "a plain file"
            yield member.name, _taken(file, limit, f"{where}/{member.name}")


def _check_count(count: int, where: str) -> None:
    if count > MAX_MEMBERS:
        raise DataValidationError(
            "QTS-DATA-010", "the archive holds too many files", where=where, found=count,
            expected=f"at most {MAX_MEMBERS}",
        )  # fmt: skip


def _check_name(name: str, where: str) -> None:
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    if posix.is_absolute() or windows.drive or windows.root or ".." in {*posix.parts, *windows.parts} or not name:
        raise _never_read("a name that leads out of the archive", name, where)


def _never_read(what: str, name: str, where: str) -> DataValidationError:
    return DataValidationError(
        "QTS-DATA-025", f"the archive holds {what}", where=where, found=name, expected="plain files of bars",
        fix="unpack it yourself and import the folder",
    )  # fmt: skip


def _taken(file: IO[bytes], limit: int, where: str) -> bytes:
    buffer = io.BytesIO()
    while piece := file.read(1024**2):
        buffer.write(piece)
        check_size(buffer.tell(), limit, where)
    return buffer.getvalue()
