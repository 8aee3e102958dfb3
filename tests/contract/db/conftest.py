"""Every test of a database runs twice: on SQLite, and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """SQLAlchemy URL of an empty database of the test's own."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'qts.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    address = server.new_database()
    yield address
    server.drop_database(address)
