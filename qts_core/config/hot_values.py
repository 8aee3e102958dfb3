"""Whether the newest values of features and predictions are handed to other readers, and how (checklist 5.3-05)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from qts_core.config.section import Section

__all__ = ["HotValuesSettings"]


class HotValuesSettings(Section):
    """The newest feature values and predictions in Redis, for other programs; nothing in QTS reads them."""

    is_published: bool = False
    """Whether the daemon publishes them; needs `REDIS_URL` or `REDIS_HOST`, and the extra `qts[redis]`."""
    prefix: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{0,31}$")] = "qts"
    """Beginning of every key, so that several daemons can share a server."""
    ttl_seconds: Annotated[int, Field(ge=1, le=2_592_000)] = 86_400
    """After this long without a newer bar the values are gone, so nobody takes old ones for new."""
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 0.5
    """Hard limit of one exchange with the server."""
    queue_bars: Annotated[int, Field(ge=1, le=10_000)] = 16
    """Bars that wait while the server is away; beyond it the oldest is dropped."""
