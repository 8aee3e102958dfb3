"""The key that signs gate records: from QTS_GATE_KEY, or a file that only its owner can read (checklist C-17)."""

from __future__ import annotations

import os
import re
import secrets
import stat
from pathlib import Path

from qts_core.config.settings import Settings
from qts_core.market.errors import ModelError

__all__ = ["KEY_FILE", "gate_key"]

KEY_FILE = Path("keys") / "gate.key"
KEY_BYTES = 32


def gate_key(settings: Settings) -> bytes:
    """Return the gate key of this home; at first use it is made.

    Parameters
    ----------
    settings : Settings
        `database.gate_key` (QTS_GATE_KEY) wins; else the file ``keys/gate.key`` under `home`.

    Raises
    ------
    ModelError
        If the file cannot be made or read, holds something else, or others than its owner may read it.
    """
    given = settings.database.gate_key
    if given is not None:
        return given.get_secret_value().encode()
    path = settings.home / KEY_FILE
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        raise ModelError(
            "QTS-MODEL-065", "the key of the gate records cannot be used", where=str(path), found=error.strerror,
            expected="a file that this user can read", fix="correct the folder's rights, or set QTS_GATE_KEY",
        ) from error  # fmt: skip


def _make(path: Path) -> None:
    """Write a new key; of several processes at once one wins, and no one ever sees half a file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()


def _read(path: Path) -> bytes:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ModelError(
            "QTS-MODEL-065", "others may read the key of the gate records", where=str(path),
            found=f"{stat.S_IMODE(path.stat().st_mode):o}", expected="600", fix=f"chmod 600 {path}",
        )  # fmt: skip
    with path.open("rb") as file:
        text = file.read(2 * KEY_BYTES + 2).rstrip(b"\n")
    if not re.fullmatch(rb"[0-9a-f]{%d}" % (2 * KEY_BYTES), text):
        raise ModelError(
            "QTS-MODEL-065", "the key of the gate records is damaged", where=str(path), found=f"{len(text)} bytes",
            expected=f"{2 * KEY_BYTES} hexadecimal digits", fix="restore it from a backup of the home",
        )  # fmt: skip
    return bytes.fromhex(text.decode())
