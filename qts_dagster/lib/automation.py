"""When things run by themselves, and the words they are skipped with."""

from __future__ import annotations

import json
from collections.abc import Mapping

__all__ = ["CLOSE_CRON", "GATHER_CRON", "NEW_YORK", "decode_cursor", "encode_cursor", "owners"]

NEW_YORK = "America/New_York"
CLOSE_CRON = "20 16 * * 1-5"
"""Twenty past four in New York: the close plus time for the last revisions."""
GATHER_CRON = "50 16 * * 1-5"
"""Ten to five: the daemon has written its report by then."""

owners = {"data": ["team:data"], "research": ["team:research"], "operations": ["team:operations"]}
"""Who answers for an asset."""


def encode_cursor(state: Mapping[str, str]) -> str:
    """Write a sensor's memory."""
    return json.dumps(dict(state), sort_keys=True)


def decode_cursor(cursor: str | None) -> dict[str, str]:
    """Read a sensor's memory; a new sensor remembers nothing."""
    return {str(k): str(v) for k, v in json.loads(cursor).items()} if cursor else {}
