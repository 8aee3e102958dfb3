"""Everything declared is documented, and the pages are those that the declarations make."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qts_core.cli.reference import EXIT_CODES, reference_pages
from qts_core.config.settings import SECTION_FILES
from qts_core.config.variables import RUNTIME_VARIABLES, VARIABLES
from qts_core.market.error_codes import ERROR_CODES
from qts_core.market.errors import ExitCode

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")]
DOCUMENTS = sorted((ROOT / "docs").rglob("*.md")) + PAGES


def test_every_page_made_from_declarations_is_current() -> None:
    stale = [
        name
        for name, text in reference_pages().items()
        if not (path := ROOT / "docs" / name).exists() or path.read_text(encoding="utf-8") != text
    ]
    assert stale == [], "run `make docs`"


def test_every_error_code_used_is_declared() -> None:
    sources = [
        path
        for package in ("qts_core", "qts_dagster", "live_daemon")
        for path in (ROOT / package).rglob("*.py")
        if path.name != "error_codes.py"
    ]
    used = {code for path in sources for code in re.findall(r'"(QTS-[A-Z]+-\d{3})', path.read_text(encoding="utf-8"))}
    assert used <= set(ERROR_CODES)


def test_every_exit_code_has_a_meaning() -> None:
    assert set(EXIT_CODES) == set(ExitCode)


def test_the_example_environment_names_only_known_variables() -> None:
    known = {name for v in VARIABLES for name in (v.name, *v.aliases)} | set(RUNTIME_VARIABLES)
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    assert {m.group(1) for line in lines if (m := re.match(r"#? ?([A-Z_]+)=", line))} <= known


def test_the_shipped_files_are_the_sections() -> None:
    assert {path.name for path in (ROOT / "config").iterdir()} == {names[0] for names in SECTION_FILES.values()}


def test_the_shipped_values_are_the_defaults_of_the_classes() -> None:
    """Risk, backtest, trading and monitoring are said twice, in YAML for people and in code; both must agree."""
    from qts_core.adapters.settings_files import load_settings
    from qts_core.config.settings import Settings

    shipped, defaults = load_settings(config_dir=ROOT / "config", environment={}).settings, Settings()
    for section in ("features", "risk", "backtest", "trading", "monitoring"):
        assert getattr(shipped, section) == getattr(defaults, section), section


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    broken = [t for t in targets if "://" not in t and not (path.parent / t).exists()]
    assert broken == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_make_target_that_a_page_names_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = set(re.findall(r"(?:^|`|\$ )make ([a-z-]+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_command_that_a_page_names_exists(path: Path) -> None:
    from qts_core.cli.main import COMMANDS

    named = set(re.findall(r"(?:^|`|\$ |bin/)qts ([a-z-]+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert named <= set(COMMANDS)
