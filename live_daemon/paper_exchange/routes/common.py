"""What the endpoints share: the venue of a request, symbols and answers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from live_daemon.paper_exchange.http import ApiError
from live_daemon.paper_exchange.venue import Venue
from live_daemon.paper_exchange.wire import asset_id
from qts_core.exchange import Accepted, OrderRecord, Refused

__all__ = ["NOT_FOUND", "VenueOf", "accepted", "is_uuid", "symbol_of"]

NOT_FOUND = 40410000


def _venue(request: Request) -> Venue:
    venue: Venue = request.app.state.venue
    venue.now()
    return venue


VenueOf = Annotated[Venue, Depends(_venue)]


def accepted(venue: Venue, answer: Accepted | Refused) -> OrderRecord:
    """Publish and return an accepted request's order, or raise its refusal."""
    if isinstance(answer, Refused):
        raise ApiError.of(answer)
    venue.publish(answer)
    return answer.order


def is_uuid(text: str) -> bool:
    """Return whether `text` is a UUID in the usual notation."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def symbol_of(venue: Venue, text: str) -> str | None:
    """Return the symbol that a symbol or asset id names, or None."""
    if text in venue.market.instruments:
        return text
    if not is_uuid(text):
        return None
    return next((s for s in venue.market.instruments if asset_id(s) == text.lower()), None)
