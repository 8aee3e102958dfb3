"""Settings that nobody listed: mutated shipped files, any environment, raw bytes; and what fuzzing found, by name."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from qts_core.config.settings import SECTION_FILES
from qts_core.config.variables import VARIABLES
from qts_core.config.yaml_text import KeyPath, Value, parse_yaml
from tests.bad_inputs.fuzz.contract import SENTINEL
from tests.bad_inputs.fuzz.settings_input import try_settings

ROOT = Path(__file__).parents[3]
FILES = tuple(names[0] for names in SECTION_FILES.values())
SHIPPED = {name: parse_yaml((ROOT / "config" / name).read_text(encoding="utf-8"), where=name).content for name in FILES}
# The long lists say the same over and over: a few entries are enough.
SHIPPED["universe.yaml"]["symbols"] = SHIPPED["universe.yaml"]["symbols"][:3]  # type: ignore[index]
SHIPPED["universe.yaml"]["auxiliary"] = SHIPPED["universe.yaml"]["auxiliary"][:3]  # type: ignore[index]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder for all examples: each of them writes every file anew."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def paths_of(value: Value, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the place of every key and item."""
    children: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from paths_of(child, (*path, key))


def mutated(value: Any, path: tuple[Any, ...], how: str, new: Any) -> Any:
    """Return a copy of `value` with the place `path` changed."""
    key, rest = path[0], path[1:]
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    if rest:
        copy[key] = mutated(value[key], rest, how, new)
    elif how == "delete":
        del copy[key]
    elif how == "rename" and isinstance(copy, dict):
        copy[f"{key}x"] = copy.pop(key)
    elif how == "repeat" and isinstance(copy, list):
        copy.append(copy[key])
    else:
        copy[key] = new
    return copy


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40)
    | st.sampled_from(["", "0", "-1", "1e999", "9:30", "yes", "2024-02-30", "../..", "http://[", "x" * 5000, "\u202e"])
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=6,
)  # fmt: skip


@st.composite
def changed_files(draw: st.DrawFn) -> dict[str, bytes]:
    """Return one or two shipped files with up to three changes each."""
    files = {}
    for name in draw(st.lists(st.sampled_from(FILES), min_size=1, max_size=2, unique=True)):
        content: Any = SHIPPED[name]
        for _ in range(draw(st.integers(1, 3))):
            places = list(paths_of(content))
            if not places:
                break
            how = draw(st.sampled_from(["delete", "rename", "repeat", "replace", "replace", "replace"]))
            content = mutated(content, draw(st.sampled_from(places)), how, draw(VALUES))
        files[name] = yaml.safe_dump(content, allow_unicode=draw(st.booleans()), sort_keys=False).encode()
    return files


NAMES = st.sampled_from([name for v in VARIABLES for name in (v.name, *v.aliases)])
PARTS = ["RISK", "PORTFOLIO", "UNIVERSE", "SYMBOLS", "0", "MODELS", "TRADING", "MODE", "ALPACA", "HOME", "X"]
OVERRIDES = st.lists(st.sampled_from(PARTS), min_size=1, max_size=12).map(lambda parts: "QTS_" + "__".join(parts))
TEXTS = (
    st.text(alphabet=st.characters(exclude_characters="\0"), max_size=30)
    | st.floats().map(repr)
    | st.sampled_from(["~nobody/x", "[a, b]", "[", "true", "9" * 5000, "http://[::1"])
)


@settings(max_examples=60)
@given(changed_files())
def test_any_change_of_the_shipped_files_loads_or_is_refused_in_one_line(folder: Path, files: dict[str, bytes]) -> None:
    try_settings(folder, files)


@settings(max_examples=60)
@given(st.dictionaries(NAMES | OVERRIDES, TEXTS, max_size=4))
def test_any_environment_loads_or_is_refused_in_one_line(folder: Path, environment: dict[str, str]) -> None:
    try_settings(folder, {}, environment=environment)


@settings(max_examples=40)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_as_a_settings_file_or_env_file(folder: Path, content: bytes) -> None:
    try_settings(folder, {"risk.yaml": content})
    try_settings(folder, {}, dotenv=content)


@settings(max_examples=40)
@given(st.lists(st.sampled_from(list("{}[]:,-?&*!|>'\"%@`#\n\t ab01.~")), max_size=60).map("".join))
def test_any_punctuation_of_yaml(folder: Path, text: str) -> None:
    try_settings(folder, {"risk.yaml": text.encode()})


@pytest.mark.parametrize("runs", [200, pytest.param(20_000, marks=pytest.mark.slow)])
def test_coverage_guided_fuzzing_finds_nothing(tmp_path: Path, runs: int) -> None:
    pytest.importorskip("atheris")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for place, name in enumerate(FILES):
        (corpus / name).write_bytes(bytes([place]) + (ROOT / "config" / name).read_bytes()[:1500])
    command = [
        sys.executable, "-m", "tests.bad_inputs.fuzz.atheris_settings", str(corpus), f"-runs={runs}", "-seed=3",
        "-timeout=20", "-max_len=2000", f"-artifact_prefix={tmp_path}/",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"#{runs}" in done.stderr


# -- what was found -----------------------------------------------------------------------------------------------


def test_a_whole_number_of_five_thousand_digits_is_no_crash(folder: Path) -> None:
    assert try_settings(folder, {"risk.yaml": b"portfolio: {max_positions: " + b"9" * 5000 + b"}\n"}) is None


def test_a_home_of_nobody_is_refused(folder: Path) -> None:
    assert try_settings(folder, {}, environment={"QTS_HOME": "~no-such-user-here/x"}) is None


def test_an_address_with_a_bracket_shows_itself(folder: Path) -> None:
    assert try_settings(folder, {}, environment={"MLFLOW_TRACKING_URI": "http://[::1"}) is not None


@pytest.mark.parametrize(
    "variable",
    [
        "POSTGRES_PORT",
        "POSTGRES_HOST",
        "ALPACA_BASE_URL",
        "QTS_HOME",
        "MODEL_DIR",
        "TRADING_MODE",
        "LOG_LEVEL",
        "TIMEZONE",
    ],
)
def test_a_password_in_an_address_in_the_wrong_place_is_in_no_refusal(folder: Path, variable: str) -> None:
    address = f"https://user:{SENTINEL}@example.com/?token={SENTINEL}"
    assert try_settings(folder, {}, environment={variable: address}) is None


def test_a_password_in_an_address_in_the_right_place_is_not_shown(folder: Path) -> None:
    address = f"https://{SENTINEL}@mlflow.example.com/#{SENTINEL}"
    assert try_settings(folder, {}, environment={"MLFLOW_TRACKING_URI": address}) is not None


def test_a_secret_in_a_settings_file_is_refused(folder: Path) -> None:
    assert try_settings(folder, {"monitoring.yaml": f"alert_slack_webhook: {SENTINEL}\n".encode()}) is None


def test_a_variable_of_a_thousand_levels_is_read_by_nothing(folder: Path) -> None:
    name = "QTS_RISK" + "__X" * 1000
    loaded = try_settings(folder, {}, environment={name: "1"})
    assert loaded is not None
    assert any("is read by nothing" in warning for warning in loaded.warnings)


@pytest.mark.parametrize("opening", [b"[", b"{a: ", b"- ", b"? ", b"a: [{b: "])
def test_a_thousand_open_brackets_are_refused(folder: Path, opening: bytes) -> None:
    assert try_settings(folder, {"risk.yaml": opening * 3000}) is None


def test_a_key_as_long_as_a_file_is_cut_in_the_message(folder: Path) -> None:
    assert try_settings(folder, {"universe.yaml": b"sector_limits: {" + b"k" * 900 + b": 7}\n"}) is None


def test_a_line_of_the_env_file_without_value_or_name_changes_nothing_in_silence(folder: Path) -> None:
    assert try_settings(folder, {}, dotenv=b"=value\n") is None
    assert try_settings(folder, {}, dotenv=b"MAX_POSITIONS\n") is not None
