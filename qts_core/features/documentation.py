"""docs/reference/features.md and alpha158.md, made from the catalogues (specification 6: every feature documented)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isinf

from qts_core.features.catalogue import alpha158_catalogue, default_catalogue
from qts_core.features.graph import Node
from qts_core.features.operations import BUILT_IN, OPERATIONS, SOURCES, Missing
from qts_core.features.sketches import sketches
from qts_core.features.spec import GROUPS, Catalogue, FeatureSpec

__all__ = ["alpha158_reference", "bounds_text", "features_reference", "formula_lines", "reads_text"]

HEAD = """# Features

Made by `make docs` from the catalogue. {count} features, catalogue `{hash}`. How they are computed, what a missing bar
means and how to write your own: [concepts/features.md](../concepts/features.md).

Warm-up counts the symbol's own bars before the first value; what looks at longer bars or earlier sessions also waits
for those to close. Bounds hold every value. *Reads* names the sources, and the roles of auxiliary symbols without
which a feature is switched off. The sketch shows twenty sessions of one symbol of the synthetic market from its
smallest to its largest value; each character is the mean of twenty bars, a dot has none. Formulas stand below each
table; `qts features explain NAME` shows one, and draws the feature on your own bars.
"""

ALPHA158_HEAD = """# Alpha158

Made by `make docs` from the catalogue. {count} features, catalogue `{hash}`. Where they come from, how a model uses
them and where they have no value although qlib has one: [concepts/alpha158.md](../concepts/alpha158.md).
"""


def features_reference(catalogue: Catalogue | None = None) -> str:
    """Return the page as Markdown: groups in order, one row per feature, then the operations."""
    catalogue = default_catalogue() if catalogue is None else catalogue
    lines = [HEAD.format(count=len(catalogue), hash=catalogue.hash[:8])]
    drawn = sketches(catalogue)
    for group, names in catalogue.groups.items():
        specs = [catalogue[name] for name in names]
        lines += [f"## {group}", "", GROUPS[group], "", *table(specs, drawn), "", *formulas(specs), ""]
    lines += ["## Operations", "", "What expressions are made of. A missing input (NaN):", ""]
    lines += [f"- **{each.name.lower().replace('_', ' ')}**: {each.value}" for each in Missing]
    lines += ["", "| Operation | Inputs | Parameters | Missing input | What it does |", "|---|---|---|---|---|"]
    for name in BUILT_IN:
        rule = OPERATIONS[name]
        missing = rule.missing.name.lower().replace("_", " ")
        if rule.optional:
            missing += f" ({', '.join(str(place + 1) for place in rule.optional)})"
        parameters = ", ".join(rule.parameters) or "–"
        lines.append(f"| `{name}` | {rule.inputs} | {parameters} | {missing} | {rule.doc} |")
    return "\n".join(lines) + "\n"


def alpha158_reference() -> str:
    """Return docs/reference/alpha158.md as Markdown: one table in qlib's order."""
    catalogue = alpha158_catalogue()
    head = ALPHA158_HEAD.format(count=len(catalogue), hash=catalogue.hash[:8])
    return "\n".join([head, *table(catalogue, sketches(catalogue)), "", *formulas(catalogue)]) + "\n"


def table(specs: Iterable[FeatureSpec], drawn: Mapping[str, str]) -> list[str]:
    """Return features as a table, a row each, with their sketches."""
    names = ("Feature", "What it says", "Unit", "Bounds", "Warm-up", "Reads", "Sketch", "Source")
    head = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return head + [row(spec, drawn[spec.name]) for spec in specs]


def row(spec: FeatureSpec, sketch: str) -> str:
    """Return one line of the table."""
    cells = (
        f"`{spec.name}`", spec.doc, spec.unit, bounds_text(spec.bounds), str(spec.warm_up_bars),
        reads_text(spec), sketch, spec.source,
    )  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def reads_text(spec: FeatureSpec) -> str:
    """Return the sources that a feature reads, and the roles of auxiliary symbols."""
    found = {node.operation for node in spec.expression.walk()}
    words = ", ".join(name for name in SOURCES if name in found)
    return f"{words} of {', '.join(spec.roles)} too" if spec.roles else words


def formulas(specs: Iterable[FeatureSpec]) -> list[str]:
    """Return the formulas of features, folded away."""
    lines = ["<details><summary>Formulas</summary>", "", "```text"]
    for spec in specs:
        lines += [spec.name, *(f"  {line}" for line in formula_lines(spec.expression))]
    return [*lines, "```", "", "</details>"]


def bounds_text(bounds: tuple[float, float]) -> str:
    """Return an interval as people write it."""
    low, high = bounds
    left = "(-inf" if isinf(low) else f"[{low:g}"
    right = "inf)" if isinf(high) else f"{high:g}]"
    return f"{left}, {right}"


def formula_lines(root: Node) -> list[str]:
    """Return an expression as numbered steps, each shared part once; sources stand for themselves."""
    names: dict[Node, str] = {}
    lines: list[str] = []
    for node in root.walk():
        if node.operation in SOURCES:
            names[node] = node.operation
            continue
        names[node] = f"x{len(lines) + 1}"
        parameters = zip(OPERATIONS[node.operation].parameters, node.parameters, strict=True)
        words = [names[each] for each in node.inputs] + [f"{name}={value:.12g}" for name, value in parameters]
        lines.append(f"{names[node]} = {node.operation}({', '.join(words)})")
    return lines or [names[root]]
