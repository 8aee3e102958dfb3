"""Coverage-guided fuzzing of the settings loader: ``python -m tests.bad_inputs.fuzz.atheris_settings CORPUS -runs=N``.

The first byte of an input says what the others are: one of the settings files, the ``.env`` file, or the value of a
variable of the environment. libFuzzer writes an input that breaks the contract to ``crash-...`` in the working folder.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["yaml", "dotenv", "qts_core.config", "qts_core.adapters.settings_files"]):
    from qts_core.config.settings import SECTION_FILES
    from qts_core.config.variables import VARIABLES
    from tests.bad_inputs.fuzz.settings_input import try_settings

__all__ = ["seeds", "try_bytes"]

FILES = tuple(names[0] for names in SECTION_FILES.values())
NAMES = (*(variable.name for variable in VARIABLES), "QTS_RISK__PORTFOLIO__MAX_POSITIONS", "QTS_UNIVERSE__SYMBOLS")


def try_bytes(folder: Path, data: bytes) -> None:
    """Try one input."""
    if not data:
        return
    kind, content = data[0] % (len(FILES) + 2), data[1:]
    if kind < len(FILES):
        try_settings(folder, {FILES[kind]: content})
    elif kind == len(FILES):
        try_settings(folder, {}, dotenv=content)
    else:
        name = NAMES[content[0] % len(NAMES)] if content else NAMES[0]
        try_settings(folder, {}, environment={name: content[1:].decode("utf-8", "surrogateescape")})


def seeds(shipped: Path) -> list[bytes]:
    """Return the shipped files and a few words of every kind, to begin with."""
    found = [bytes([place]) + (shipped / name).read_bytes()[:3000] for place, name in enumerate(FILES)]
    found += [bytes([len(FILES)]) + b"A=1\nexport B='x y' # z\nC=\"a\\nb\"\n"]
    found += [bytes([len(FILES) + 1, place]) + b"0.02" for place in range(len(NAMES))]
    return found


def main() -> None:
    """Fuzz until libFuzzer has had enough."""
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        atheris.Setup(sys.argv, lambda data: try_bytes(Path(folder), data))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
