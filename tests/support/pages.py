"""Reads a page of HTML and checks that every element is closed in its turn."""

from __future__ import annotations

from html.parser import HTMLParser

__all__ = ["Outline", "outline"]

VOID = {"meta", "br"}


class Outline(HTMLParser):
    """Collects the elements of a page with their attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(page: str) -> Outline:
    """Return the elements of a page that nests as it should."""
    parser = Outline()
    parser.feed(page)
    assert parser.open == []
    return parser
