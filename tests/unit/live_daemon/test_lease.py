"""One daemon a home (F72)."""

from __future__ import annotations

from pathlib import Path

import pytest

from live_daemon.lease import InstanceLock, probe
from qts_core.market.errors import AnotherInstanceError, ExitCode


def test_a_second_lock_is_refused_with_the_owners_process_id(tmp_path: Path) -> None:
    path = tmp_path / "live" / "daemon.lock"
    lock = InstanceLock(path)
    with pytest.raises(AnotherInstanceError, match=r"QTS-LIVE-001.*process \d+") as refused:
        probe(path)
    assert refused.value.exit_code is ExitCode.ANOTHER_INSTANCE
    lock.release()
    probe(path)
