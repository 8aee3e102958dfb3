from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from qts_core.adapters.own_features import load_own_file
from qts_core.adapters.settings_files import load_settings

TEXT = '''
from math import nan

from qts_core.features import feature, kernel, ops

RATE = 0.5


@kernel(state=2, warm_up=1)
def eased(state, x):
    """Write the mean that follows."""
    last, seen = state[0], state[1]
    state[0], state[1] = x, 1.0
    return last + RATE * (x - last) if seen > 0.0 else nan


feature("tech_eased_1_ratio", eased(ops.close) / ops.close, unit="ratio", doc="Eased.")
'''


def test_a_file_declares_with_its_lines_and_talk_stays_out_of_the_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(TEXT + "print('loaded')\n")
    (declared,) = load_own_file(str(path)).declared
    assert (declared.spec.name, declared.line) == ("tech_eased_1_ratio", 17)
    assert capsys.readouterr().out == ""


def test_the_same_bytes_are_run_once(tmp_path: Path) -> None:
    path, count = tmp_path / "mine.py", tmp_path / "count"
    path.write_text(TEXT + f"from pathlib import Path\nPath({str(count)!r}).touch(exist_ok=False)\n")
    assert load_own_file(str(path)) == load_own_file(str(path))
    assert count.exists()


def test_a_file_may_import_its_neighbours_and_be_called_like_a_module_of_python(tmp_path: Path) -> None:
    (tmp_path / "own_neighbour_of_mine.py").write_text("RATE = 0.25\n")
    path = tmp_path / "json.py"
    path.write_text(TEXT.replace("RATE = 0.5", "import json\nfrom own_neighbour_of_mine import RATE\njson.dumps({})"))
    before = list(sys.path)
    assert len(load_own_file(str(path)).declared) == 1
    assert sys.path == before
    assert sys.modules["json"].__file__ != str(path)


def test_an_importable_module_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "package_of_mine").mkdir()
    (tmp_path / "package_of_mine" / "__init__.py").write_text("")
    (tmp_path / "package_of_mine" / "ideas.py").write_text(TEXT)
    monkeypatch.syspath_prepend(str(tmp_path))
    found = load_own_file("package_of_mine.ideas")
    assert found.path == tmp_path / "package_of_mine" / "ideas.py"
    assert found.declared[0].spec.name == "tech_eased_1_ratio"


def test_two_versions_of_a_kernel_stand_side_by_side(tmp_path: Path) -> None:
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    one.write_text(TEXT)
    other.write_text(TEXT.replace("RATE = 0.5", "RATE = 0.25"))
    specs = [load_own_file(str(path)).declared[0].spec for path in (one, other)]
    assert specs[0].version != specs[1].version
    assert specs[0].expression is not specs[1].expression


def test_another_process_with_other_folders_finds_the_same_hash_and_the_compiled_kernel(tmp_path: Path) -> None:
    versions = []
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "mine.py"
        path.write_text(TEXT)
        script = (
            "from qts_core.adapters.own_features import load_own_file\n"
            f"print(load_own_file({str(path)!r}).declared[0].spec.version)"
        )
        for _ in range(2):
            done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
            versions.append(done.stdout.strip())
    assert len(set(versions)) == 1
    assert versions[0] == load_own_file(str(tmp_path / "one" / "mine.py")).declared[0].spec.version


def test_paths_are_found_from_the_folder_of_the_settings_in_every_process(tmp_path: Path) -> None:
    (tmp_path / "features.yaml").write_text("own: [mine.py, ideas/more.py, /elsewhere/x.py, package.module]\n")
    loaded = load_settings(config_dir=tmp_path, environment={"QTS_HOME": str(tmp_path)}).settings
    assert loaded.features.own == (
        str(tmp_path / "mine.py"), str(tmp_path / "ideas" / "more.py"), "/elsewhere/x.py", "package.module",
    )  # fmt: skip
    moved = loaded.evolve({"features.own": ("/moved/mine.py",)})
    assert moved.configuration_hash == loaded.configuration_hash, "where a file lies changes no decision"
