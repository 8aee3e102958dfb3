"""What `qts config show` and the reference page say."""

from __future__ import annotations

from pathlib import Path

from qts_core.adapters.settings_files import load_settings
from qts_core.config.settings import Settings
from qts_core.config.shown import MASK, settings_reference, shown_values


def test_every_value_is_shown_with_its_source_and_no_secret(tmp_path: Path) -> None:
    environment = {
        "ALPACA_API_KEY": "SENTINEL1",
        "ALPACA_SECRET_KEY": "SENTINEL2",
        "QTS_DATABASE_URL": "postgresql+psycopg://qts:SENTINEL3@db/qts?password=SENTINEL4",
        "ALERT_SLACK_WEBHOOK": "https://hooks.slack.com/SENTINEL5",
        "MLFLOW_TRACKING_URI": "https://u:SENTINEL6@mlflow",
    }
    loaded = load_settings(config_dir=tmp_path, environment=environment)
    shown = {v.key: v for v in shown_values(loaded.settings, loaded.layers)}
    assert "SENTINEL" not in repr(shown)
    assert shown["alpaca.api_key"].value == MASK
    assert shown["alpaca.api_key"].source == "environment ALPACA_API_KEY"
    assert shown["trading.daemon.lease_seconds"].source == "default"
    assert shown["database.url"].value == f"postgresql+psycopg://qts:{MASK}@db/qts?{MASK}"


def test_the_reference_names_every_setting_and_its_meaning() -> None:
    page = settings_reference()
    assert "| `portfolio.max_positions` | whole number | `20` | Largest number of positions. |" in page
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert all(not line.endswith("|  |") or "`, `" in line or "` |  |" in line for line in rows)
    for section in set(Settings.model_fields) - {"home"}:
        assert f"\n## {section} (" in page
