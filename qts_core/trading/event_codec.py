"""Events and commands as text and back, exactly: what the journal stores and replay reads (design section 4)."""

from __future__ import annotations

from typing import cast, get_args

from qts_core.market.events import Command, Event
from qts_core.trading.decision import Output, RecordDecision
from qts_core.trading.exact_json import canonical, decode, encode, parse

__all__ = ["decode_command", "decode_event", "encode_command", "encode_event"]

EVENT_KINDS: dict[str, type] = {kind.__name__: kind for kind in get_args(Event)}
COMMAND_KINDS: dict[str, type] = {kind.__name__: kind for kind in (*get_args(Command), RecordDecision)}


def encode_event(event: Event) -> str:
    """Return `event` as canonical JSON with its type's name."""
    return _encode(event)


def decode_event(text: str) -> Event:
    """Return the event that :func:`encode_event` wrote.

    Raises
    ------
    ValueError, TypeError
        If `text` is not such an event.
    """
    return cast(Event, _decode(text, EVENT_KINDS))


def encode_command(command: Output) -> str:
    """Return `command` as canonical JSON with its type's name."""
    return _encode(command)


def decode_command(text: str) -> Output:
    """Return the command that :func:`encode_command` wrote."""
    return cast(Output, _decode(text, COMMAND_KINDS))


def _encode(value: object) -> str:
    return canonical({"content": encode(value), "type": type(value).__name__})


def _decode(text: str, kinds: dict[str, type]) -> object:
    value = parse(text)
    if not isinstance(value, dict) or set(value) != {"content", "type"}:
        raise ValueError(f"expected an object of content and type, found {text[:80]!r}")
    kind = kinds.get(str(value["type"]))
    if kind is None:
        raise ValueError(f"unknown type {value['type']!r}, expected one of {', '.join(sorted(kinds))}")
    return decode(kind, value["content"])
