"""A real PostgreSQL for tests: one server in each test process, a database for each module that asks for one.

The server listens on a socket in a folder of its own, so no port can clash, and is stopped by the process that
started it. PostgreSQL refuses to run as root; started by root it runs as an unprivileged user.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from tests.support.services import POSTGRES

__all__ = ["PostgresServer", "postgres", "postgres_url"]

START_SECONDS = 60
OPTIONS = {
    "listen_addresses": "",
    "max_connections": "60",
    # Nothing here must survive a power cut.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "log_min_messages": "warning",
}


class PostgresServer:
    """A running server in which databases can be made.

    Parameters
    ----------
    admin_url : str
        SQLAlchemy URL of a database whose user may create others.
    """

    def __init__(self, admin_url: str) -> None:
        from sqlalchemy.engine import make_url

        self._admin = make_url(admin_url).set(drivername="postgresql+psycopg")

    def new_database(self) -> str:
        """Create an empty database and return its SQLAlchemy URL."""
        name = f"qts_test_{secrets.token_hex(6)}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        return self._admin.set(database=name).render_as_string(hide_password=False)

    def drop_database(self, url: str) -> None:
        """Drop a database of :meth:`new_database`, with whoever is connected."""
        from sqlalchemy.engine import make_url

        self._execute(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def disconnect_everybody(self, url: str) -> None:
        """End every connection to a database, as a failing server would."""
        from sqlalchemy.engine import make_url

        name = make_url(url).database
        self._execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    def stop(self) -> None:
        """Leave a server of others running."""

    def _execute(self, statement: str) -> None:
        import psycopg

        address = self._admin.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())


class OwnServer(PostgresServer):
    """A server of our own, gone with everything in it when it is stopped.

    Parameters
    ----------
    programs : Path
        Folder of ``postgres`` and ``initdb``.
    """

    def __init__(self, programs: Path) -> None:
        # A socket's path may have 107 bytes at most, which the usual temporary folders of tests exceed.
        self.folder = Path(tempfile.mkdtemp(prefix="qts-pg-", dir="/tmp" if Path("/tmp").is_dir() else None))
        self._user = _unprivileged()
        self._own(self.folder)
        programs = self._reachable(programs)
        self._run = {"cwd": self.folder, "env": {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}, **self._user}
        data = self.folder / "data"
        made = subprocess.run(
            [programs / "initdb", "-D", data, "-U", "qts", "--auth=trust", "--no-sync", "--encoding=UTF8"],
            capture_output=True, text=True, check=False, **self._run,
        )  # fmt: skip
        if made.returncode:
            shutil.rmtree(self.folder, ignore_errors=True)
            pytest.fail(f"{programs}/initdb failed: {made.stderr.strip() or made.stdout.strip()}", pytrace=False)
        options = [word for name, value in OPTIONS.items() for word in ("-c", f"{name}={value}")]
        self._process = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", self.folder, *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **self._run,
        )  # fmt: skip
        self._log: list[str] = []
        self._wait_until_ready()
        super().__init__(f"postgresql+psycopg://qts@/postgres?host={self.folder}")

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        if self._process.stderr is not None:
            self._process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _own(self, top: Path) -> None:
        """Give `top` and everything below to the user the server runs as."""
        if self._user:
            for path in (top, *top.rglob("*")):
                os.chown(path, self._user["user"], self._user["group"], follow_symlinks=False)

    def _reachable(self, programs: Path) -> Path:
        """Return `programs`, or a copy where the user the server runs as may not go."""
        if not self._user or all(p.stat().st_mode & stat.S_IXOTH for p in (programs, *programs.parents)):
            return programs
        # A wheel keeps the libraries of its programs beside the package and finds them by the relative path.
        package, top = programs.parent.parent, self.folder / "install"
        copy = shutil.copytree(programs.parent, top / package.name / programs.parent.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, top / libraries.name)
        self._own(top)
        return copy / programs.name

    def _wait_until_ready(self) -> None:
        is_ready, stream = threading.Event(), self._process.stderr
        assert stream is not None
        self._reader = threading.Thread(target=self._listen, args=(stream, is_ready), daemon=True)
        self._reader.start()
        if not is_ready.wait(START_SECONDS) or self._process.poll() is not None:
            self.stop()
            pytest.fail("PostgreSQL does not start: " + "".join(self._log[-5:]), pytrace=False)

    def _listen(self, stream: IO[str], is_ready: threading.Event) -> None:
        """Read what the server says, so that it never waits for us."""
        for line in stream:
            self._log.append(line)
            if "ready to accept connections" in line:
                is_ready.set()
        is_ready.set()


def _unprivileged() -> dict[str, Any]:  # arguments of subprocess, of several types
    """Return arguments that make a child of root run as somebody else; nothing for another user."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    pytest.fail("PostgreSQL does not run as root, and there is neither a user postgres nor nobody", pytrace=False)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server; skips where there is none."""
    if POSTGRES.address:
        yield PostgresServer(POSTGRES.address)
        return
    programs = POSTGRES.folder()
    if programs is None:
        POSTGRES.absent()
    server = OwnServer(programs)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """SQLAlchemy URL of an empty database that the tests of one module share."""
    url = postgres.new_database()
    yield url
    postgres.drop_database(url)
