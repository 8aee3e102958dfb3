"""The key of the gate records: made once, owned by one, never shown."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from qts_core.adapters.gate_key import KEY_FILE, gate_key
from qts_core.adapters.settings_files import load_settings
from qts_core.config.settings import Settings
from qts_core.market.errors import InvalidConfigError, ModelError

SECRET = "0123456789abcdef" * 2


def settings_of(home: Path, **environment: str) -> Settings:
    return load_settings(environment={"QTS_HOME": str(home), **environment}).settings


def test_the_first_use_makes_a_key_that_only_its_owner_can_read(tmp_path: Path) -> None:
    key = gate_key(settings_of(tmp_path))
    assert len(key) == 32
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / KEY_FILE).parent.stat().st_mode) == 0o700
    assert gate_key(settings_of(tmp_path)) == key
    assert [p.name for p in (tmp_path / "keys").iterdir()] == ["gate.key"]


def test_two_homes_have_two_keys(tmp_path: Path) -> None:
    assert gate_key(settings_of(tmp_path / "a")) != gate_key(settings_of(tmp_path / "b"))


def test_many_at_once_agree_on_one_key(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: gate_key(settings), range(32)))
    assert len(keys) == 1


def test_the_environment_wins_and_leaves_no_file(tmp_path: Path) -> None:
    assert gate_key(settings_of(tmp_path, QTS_GATE_KEY=SECRET)) == SECRET.encode()
    assert not (tmp_path / "keys").exists()


def test_a_key_that_others_may_read_is_refused_with_the_remedy(tmp_path: Path) -> None:
    gate_key(settings_of(tmp_path))
    (tmp_path / KEY_FILE).chmod(0o644)
    with pytest.raises(ModelError, match="chmod 600") as caught:
        gate_key(settings_of(tmp_path))
    assert caught.value.code == "QTS-MODEL-065"


@pytest.mark.parametrize("content", ["", "short", "g" * 64, "a" * 66, "A" * 64, "a" * 63 + "é"])
def test_a_damaged_key_is_refused_and_not_replaced(tmp_path: Path, content: str) -> None:
    gate_key(settings_of(tmp_path))
    path = tmp_path / KEY_FILE
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match="damaged") as caught:
        gate_key(settings_of(tmp_path))
    assert path.read_text(encoding="utf-8") == content
    assert not content or content not in caught.value.line()


def test_a_place_where_no_key_can_be_kept_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(ModelError, match="cannot be used"):
        gate_key(settings_of(tmp_path))


def test_a_short_key_in_the_environment_is_refused_without_showing_it(tmp_path: Path) -> None:
    with pytest.raises((InvalidConfigError, ValidationError)) as caught:
        settings_of(tmp_path, QTS_GATE_KEY="hunter2")
    assert "32 characters" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_the_key_is_masked_where_settings_are_shown(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, QTS_GATE_KEY=SECRET)
    assert SECRET not in repr(settings)
    assert SECRET not in settings.model_dump_json()
