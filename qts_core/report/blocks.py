"""The parts a page is laid out from: sections of figures, tables and sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from markupsafe import Markup

from qts_core.report.formats import Format

__all__ = [
    "NARROW",
    "Block",
    "Cell",
    "Column",
    "Figure",
    "Section",
    "Table",
    "Words",
    "cell",
    "figure",
    "from_line",
    "on_screen",
    "table",
    "tall",
]

WIDE: Final = 1080.0
HALF: Final = 526.0
NARROW: Final = 348.0
LONG: Final = 40
"""Letters from which on a cell's text is broken into lines."""
MANY: Final = 4


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture in two widths, with a sentence for a title and the n it stands on.

    Attributes
    ----------
    is_half, is_tall : bool
        Whether it takes half of the width, and the height of two blocks beside it.
    is_printed : bool
        Whether it is on paper too.
    lineage : str
        Key of the line of the lineage that it comes from; empty = that of its section.
    """

    title: str
    counted: str
    wide: Markup
    narrow: Markup
    note: str = ""
    is_half: bool = False
    is_tall: bool = False
    is_printed: bool = True
    lineage: str = ""
    kind: str = "figure"


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a table as it is written."""

    text: str
    is_negative: bool = False
    hover: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; numbers are set right, words left."""

    name: str
    is_number: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, with a sentence for a title; what places it is as in :class:`Figure`."""

    title: str
    counted: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    is_half: bool = False
    is_tall: bool = False
    is_printed: bool = True
    lineage: str = ""
    kind: str = "table"

    @property
    def is_stacked(self) -> bool:
        """Whether its last column holds sentences, which a phone shows below the other cells."""
        return any(len(row[-1].text) > LONG for row in self.rows if row) and not self.columns[-1].is_number

    @property
    def is_wide(self) -> bool:
        """Whether it may have to be moved sideways on a phone."""
        return len(self.columns) > MANY and not self.is_stacked


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence that stands by itself."""

    text: str
    is_half: bool = False
    is_printed: bool = True
    kind: str = "words"


Block = Figure | Table | Words
Shown = TypeVar("Shown", Figure, Table)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: its anchor, heading and blocks, and the line of the lineage that its figures come from.

    The half blocks of a flowing one fill two columns as they come, each column for itself.
    """

    key: str
    title: str
    blocks: tuple[Block, ...]
    lineage: str = ""
    is_flowing: bool = False

    @property
    def is_printed(self) -> bool:
        """Whether any of it is on paper."""
        return any(block.is_printed for block in self.blocks)


def figure(
    title: str,
    counted: str,
    draw: Callable[[float], Markup],
    *,
    note: str = "",
    is_half: bool = False,
) -> Figure:
    """Draw a figure for wide and for narrow screens; `draw` takes a width in picture units."""
    return Figure(title, counted, draw(HALF if is_half else WIDE), draw(NARROW), note, is_half=is_half)


def on_screen(block: Shown) -> Shown:
    """Return `block` left out of the print, which holds what fits four sheets."""
    return replace(block, is_printed=False)


def tall(block: Shown) -> Shown:
    """Return `block` as high as two others beside it."""
    return replace(block, is_tall=True)


def from_line(block: Shown, lineage: str) -> Shown:
    """Return `block` with the line of the lineage that it comes from, where that is not its section's."""
    return replace(block, lineage=lineage)


def cell(value: float, written: Format, *, hover: str = "") -> Cell:
    """Write a number as a cell; negative ones are coloured and stand in parentheses."""
    text = written(value)
    return Cell(text, text.startswith("("), hover)


def table(
    title: str,
    counted: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    words: tuple[int, ...] = (0,),
    note: str = "",
    is_half: bool = False,
) -> Table:
    """Lay out a table; the columns at the places `words` hold words, the others numbers."""
    heads = tuple(Column(name, i not in words) for i, name in enumerate(columns))
    return Table(title, counted, heads, tuple(tuple(row) for row in rows), note, is_half=is_half)
