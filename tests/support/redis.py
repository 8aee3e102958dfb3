"""A real Redis for tests: a server of their own on a socket in a folder of its own, which they may kill."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.services import REDIS

__all__ = ["RedisServer", "redis_server"]

START_SECONDS = 20


class RedisServer:
    """A server that is started, killed and started again at will; it keeps nothing on disk.

    Parameters
    ----------
    program : Path
        ``redis-server``.
    """

    def __init__(self, program: Path) -> None:
        self._program = program
        # A socket's path may have 107 bytes at most, which the usual temporary folders of tests exceed.
        self.folder = Path(tempfile.mkdtemp(prefix="qts-redis-", dir="/tmp" if Path("/tmp").is_dir() else None))
        self.url = f"unix://{self.folder}/socket"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._process = subprocess.Popen(
            [self._program, "--port", "0", "--unixsocket", str(self.folder / "socket"), "--save", "",
             "--appendonly", "no", "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        from redis import Redis, RedisError

        deadline = time.monotonic() + START_SECONDS
        with Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                    return
                except RedisError:
                    if time.monotonic() > deadline or self._process.poll() is not None:
                        pytest.fail("redis-server does not start", pytrace=False)
                    time.sleep(0.01)

    def kill(self) -> None:
        """End the server as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """End the server and remove its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A Redis server of the test's own; skips where there is none."""
    pytest.importorskip("redis", reason="the client comes with qts[redis]")
    folder = REDIS.folder()
    if folder is None:
        REDIS.absent()
    server = RedisServer(folder / "redis-server")
    yield server
    server.close()
