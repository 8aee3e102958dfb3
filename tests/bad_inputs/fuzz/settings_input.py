"""Settings made of anything: files, a ``.env`` and an environment, loaded in a folder of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from qts_core.adapters.settings_files import LoadedSettings, load_settings
from qts_core.config.settings import SECTION_FILES
from qts_core.config.shown import shown_values
from tests.bad_inputs.fuzz.contract import SENTINEL, check_contract

__all__ = ["SECRETS", "try_settings"]

SECRETS: Mapping[str, str] = {
    "ALPACA_API_KEY": f"PK{SENTINEL}",
    "ALPACA_SECRET_KEY": SENTINEL,
    "POSTGRES_PASSWORD": SENTINEL,
    "ALERT_SLACK_WEBHOOK": f"https://hooks.example.com/{SENTINEL}",
    "MLFLOW_TRACKING_URI": f"https://user:{SENTINEL}@mlflow.example.com/?token={SENTINEL}",
}
"""An environment full of secrets."""


def try_settings(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    environment: Mapping[str, str] | None = None,
    dotenv: bytes | None = None,
) -> LoadedSettings | None:
    """Load what is given and check the contract; settings that load must also show themselves without a secret.

    Every section that `files` lacks is empty rather than the shipped one, which takes long to read.
    """
    for names in SECTION_FILES.values():
        (folder / names[0]).write_bytes(files.get(names[0], b""))
    path = None
    if dotenv is not None:
        path = folder / ".env"
        path.write_bytes(dotenv)
        path.chmod(0o600)
    given = {**SECRETS, **(environment or {})}
    loaded = check_contract(lambda: load_settings(config_dir=folder, environment=given, dotenv=path))
    if loaded is None:
        return None
    assert isinstance(loaded, LoadedSettings)
    shown = "\n".join(f"{v.key} {v.value!r} {v.source}" for v in shown_values(loaded.settings, loaded.layers))
    assert SENTINEL not in shown
    assert not any(SENTINEL in warning for warning in loaded.warnings)
    assert SENTINEL not in repr(loaded.settings)
    return loaded
