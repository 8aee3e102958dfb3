"""`qts features diff`: what two sets of features have and have not in common."""

from __future__ import annotations

from contextlib import ExitStack
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.output import print_json

if TYPE_CHECKING:
    from qts_core.config.settings import Settings
    from qts_core.ports.registry import ModelRegistry
    from qts_core.research.feature_diff import Changed, FeatureDiff, Side

__all__ = ["diff"]

WIDTH = 60
"""Characters of a formula's line on each side; what is longer is cut."""


def diff(
    one: Annotated[str, typer.Argument(metavar="A", help="What was.")],
    other: Annotated[str, typer.Argument(metavar="B", help="What is.")] = "computed",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare two sets of features: what was added, removed and changed, formulas side by side.

    A and B are: default, alpha158, own, computed (what features.yaml asks for), known; a model of models.yaml;
    MODEL@VERSION, MODEL@champion, MODEL@YYYY-MM-DD (the newest of that day); a bundle's folder; a folder of settings;
    or eight digits of a catalogue's hash.

    \b
    Examples:
      qts features diff lightgbm_return@champion
      qts features diff lightgbm_return lightgbm_direction
      qts features diff lightgbm_return@2024-06-30 lightgbm_return@2024-12-31 --json
    """
    from qts_core.adapters.settings_files import load_settings
    from qts_core.cli.compose import open_lake, research_tools
    from qts_core.research.feature_diff import compare, side_of

    settings = load_settings().settings
    lake = open_lake(settings)

    with ExitStack() as stack:

        @cache
        def registry() -> ModelRegistry:
            return stack.enter_context(research_tools(settings)).registry

        a, b = (side_of(text, settings, lake, registry, _settings_in) for text in (one, other))
    found = compare(a, b)
    if json:
        print_json(_as_json(a, b, found))
        return
    typer.echo(f"A: {a.title}\nB: {b.title}\n")
    typer.echo("\n".join(_lines(found)))


def _settings_in(folder: Path) -> Settings:
    from qts_core.adapters.settings_files import load_settings

    return load_settings(config_dir=folder).settings


def _lines(found: FeatureDiff) -> list[str]:
    lines = [f"+ {name}" for name in found.added] + [f"- {name}" for name in found.removed]
    for each in found.changed:
        lines += [f"~ {each.name}  {each.versions[0]} -> {each.versions[1]}", *_side_by_side(each)]
    if found.is_reordered:
        lines.append("what both have stands in another order")
    if found.unknown:
        lines.append(f"{found.unknown:,} have the same name, and of one side no more is known")
    if lines:
        lines.append("")
    sums = f"{len(found.added):,} added, {len(found.removed):,} removed, {len(found.changed):,} changed"
    return [*lines, f"{sums}, {found.same:,} the same"]


def _side_by_side(each: Changed) -> list[str]:
    """Return both formulas line by line: equal lines beside each other, others marked."""
    left, right = each.formulas
    if not (left and right):
        which = "A" if not left else "B"
        return [f"    the formula of {which} is not kept, only its hash", *(f"    {line}" for line in left or right)]
    lines = []
    for tag, a, b, c, d in SequenceMatcher(a=left, b=right, autojunk=False).get_opcodes():
        count = max(b - a, d - c)
        for place in range(count):
            one = left[a + place] if a + place < b else ""
            two = right[c + place] if c + place < d else ""
            lines.append(f"    {_cut(one):{WIDTH}} {' ' if tag == 'equal' else '|'} {_cut(two)}".rstrip())
    return lines


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


def _as_json(a: Side, b: Side, found: FeatureDiff) -> dict[str, object]:
    return {
        "a": a.title,
        "b": b.title,
        "added": found.added,
        "removed": found.removed,
        "changed": [
            {"name": each.name, "versions": each.versions, "a": each.formulas[0], "b": each.formulas[1]}
            for each in found.changed
        ],
        "same": found.same,
        "unknown": found.unknown,
        "reordered": found.is_reordered,
    }
