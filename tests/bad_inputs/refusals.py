"""Settings that are refused: load them from a folder and give back the one line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from qts_core.adapters.settings_files import LoadedSettings, load_settings
from qts_core.market.errors import ConfigurationError, ExitCode

__all__ = ["SENTINEL", "dotenv_of", "load", "refusal", "written"]

SENTINEL = "SENTINEL-7f3a"


def load(folder: Path, environment: Mapping[str, str] | None = None, dotenv: Path | None = None) -> LoadedSettings:
    return load_settings(config_dir=folder, environment=environment or {}, dotenv=dotenv)


def refusal(folder: Path, environment: Mapping[str, str] | None = None, dotenv: Path | None = None) -> str:
    """Return the one line with which the settings are refused; every refusal has exit code 2."""
    with pytest.raises(ConfigurationError) as caught:
        load(folder, environment, dotenv)
    line = str(caught.value)
    assert caught.value.exit_code is ExitCode.USER_ERROR
    assert "\n" not in line
    assert SENTINEL not in line
    return line


def written(folder: Path, name: str, text: str) -> Path:
    """Write one settings file; the two long ones that are shipped stand aside, which is ten times as quick."""
    for short in ("universe.yaml", "models.yaml"):
        if not (folder / short).exists():
            (folder / short).write_text("", encoding="utf-8")
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def dotenv_of(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / ".env"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path
