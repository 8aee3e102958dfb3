"""The audit of features as one page: what holds, what does not, and where it breaks (checklist X-29)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from qts_core.features.audit import PROOFS, Fault, FeatureAudit, Verdict
from qts_core.features.documentation import bounds_text
from qts_core.features.spec import GROUPS, Catalogue
from qts_core.market.time import from_micros
from qts_core.report.blocks import Block, Cell, Section, Words, cell, figure, table
from qts_core.report.formats import count, percent
from qts_core.report.quality_page import Number
from qts_core.report.quality_page import Verdict as Headline
from qts_core.report.svg.heatmap import shade_map
from qts_core.report.templating import page_style, template
from qts_core.training.audit import TrainingFault

__all__ = ["AuditInput", "audit_page", "fault_place", "fault_value"]

MOST_FAULTS = 200
WORDS = {Verdict.PASSED: ("proved", "good"), Verdict.FAILED: ("fails", "bad"), Verdict.SILENT: ("no value", "warn")}
HISTORY = "Bars as they were known"
TRAINING = {
    "unseen_rows": ("Rows outside the fold", "A fold learns the same when everything it must not see is altered."),
    "label_end": ("End of labels", "No label uses a bar after the one it names as its last."),
    "label_begin": ("Beginning of labels", "No label earns anything before its decision can fill."),
    "future": ("Later bars", "Samples of the past stay when later bars are altered."),
    "membership": ("Membership", "Samples of the past stay when others belong to the universe later."),
}


@dataclass(frozen=True, slots=True, eq=False)
class AuditInput:
    """What the page shows.

    Attributes
    ----------
    audit : FeatureAudit
    catalogue : Catalogue
        The features that were proved.
    off : mapping of str to tuple of str
        Features left out, with the roles that no symbol plays.
    rewritten : tuple of Fault
        Fields of bars that are not what was known at the time.
    model : str
        Whose training was proved too; empty for none.
    training : tuple of TrainingFault
        What its training sees and must not.
    """

    audit: FeatureAudit
    catalogue: Catalogue
    off: Mapping[str, tuple[str, ...]]
    rewritten: tuple[Fault, ...] = ()
    model: str = ""
    training: tuple[TrainingFault, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether nothing at all was found."""
        return not (self.audit.faults or self.rewritten or self.training)


def audit_page(given: AuditInput, *, title: str = "Features", source: str = "", is_synthetic: bool = False) -> str:
    """Return the audit as one HTML page that opens offline.

    Parameters
    ----------
    given : AuditInput
    title : str
        What was put to the proof.
    source : str
        On which bars, in words.
    is_synthetic : bool
        Whether the market is made up; the page then says so.

    Notes
    -----
    Equal inputs give equal pages. Every text is escaped. The page holds no script and asks the network for nothing.
    """
    sections = [_failures(given), _proofs(given), _training(given), _groups(given), _features(given), _unproved(given)]
    return template("audit.html.j2").render(
        title=title,
        source=source,
        is_synthetic=is_synthetic,
        notes=(),
        verdict=_verdict(given),
        numbers=_numbers(given),
        sections=[s for s in sections if s.blocks],
        style=page_style(),
    )


def fault_place(audit: FeatureAudit, fault: Fault) -> tuple[str, str]:
    """Return the bar and the symbol of a fault as people read them."""
    start = from_micros(int(audit.panel.timeline.ts_event[fault.row]))
    return f"{start:%Y-%m-%d %H:%M}", audit.panel.symbols[fault.column]


def fault_value(value: float) -> str:
    """Return a value of a fault with all its digits, so that two that differ look different."""
    return "no value" if np.isnan(value) else repr(value)


def _verdict(given: AuditInput) -> Headline:
    audit = given.audit
    basis = f"{len(PROOFS)} proofs on {len(audit.panel):,} rows of {len(audit.panel.symbols)} symbols"
    reasons = []
    if audit.failed:
        reasons.append(f"{_counted(len(audit.failed), 'feature')} of {len(audit.names):,} break a proof.")
    if given.rewritten:
        fields = ", ".join(fault.feature for fault in given.rewritten)
        reasons.append(f"Bars are not what they were known as at the time: {fields}.")
    if given.training:
        reasons.append(f"The training of {given.model} sees what it must not.")
    if audit.silent:
        reasons.append(_silent_sentence(audit))
    if not given.is_clean:
        head = "Features that cannot be trusted" if audit.failed else "Something leaks"
        return Headline("bad", head, basis, tuple(reasons))
    proved = len(audit.names) - len(audit.silent)
    what = f"{proved:,} features" if audit.silent else "every feature"
    return Headline("warn" if audit.silent else "good", f"Every proof holds for {what}", basis, tuple(reasons))


def _silent_sentence(audit: FeatureAudit) -> str:
    return f"{_counted(len(audit.silent), 'feature')} had no value on the sample, so nothing is proved of them."


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _numbers(given: AuditInput) -> tuple[Number, ...]:
    audit = given.audit
    bars = int((~np.isnan(audit.panel["close"])).sum())
    return (
        Number("Features", count(len(audit.names))),
        Number("Failed", count(len(audit.failed)), is_negative=bool(audit.failed)),
        Number("Without a value", count(len(audit.silent))),
        Number("Left out", count(len(given.off))),
        Number("Bars", count(bars)),
        Number("Catalogue", given.catalogue.hash[:8]),
    )


def _failures(given: AuditInput) -> Section:
    """Show the first place of everything that broke."""
    audit = given.audit
    rows = []
    for fault in sorted(audit.faults, key=lambda f: audit.names.index(f.feature))[:MOST_FAULTS]:
        bar, symbol = fault_place(audit, fault)
        proof = PROOFS[fault.proof]
        rows.append(
            (
                Cell(fault.feature, hover=given.catalogue[fault.feature].doc),
                Cell(proof.title, role="bad", hover=proof.demand),
                Cell(bar),
                Cell(symbol),
                Cell(fault_value(fault.expected)),
                Cell(fault_value(fault.found)),
            )
        )
    blocks: list[Block] = []
    if rows:
        left = len(audit.faults) - len(rows)
        heads = ("Feature", "Proof", "First bar, UTC", "Symbol", "Must be", "Is")
        block = table(
            "Where each proof breaks first", f"n = {len(audit.faults):,}", heads, rows, words=(0, 1, 2, 3),
            note=f"{left:,} further faults are left out." if left else "",
        )  # fmt: skip
        blocks.append(block)
    if given.rewritten:
        bars = [
            (Cell(f.feature), Cell(fault_place(audit, f)[0]), Cell(fault_place(audit, f)[1]),
             Cell(fault_value(f.expected)), Cell(fault_value(f.found)))
            for f in given.rewritten
        ]  # fmt: skip
        names = ("Field", "First bar, UTC", "Symbol", "Was known as", "Is now")
        blocks.append(table("Bars that were rewritten later", f"n = {len(bars)}", names, bars, words=(0, 1, 2)))
    return Section("failures", "What failed", tuple(blocks))


def _proofs(given: AuditInput) -> Section:
    """Say what was asked, so that a page without faults says something too."""
    audit = given.audit
    rows = []
    for key, proof in PROOFS.items():
        broken = sum(fault.proof == key for fault in audit.faults)
        outcome = Cell("fails", role="bad") if broken else Cell("holds", role="good")
        rows.append((Cell(proof.title), outcome, cell(broken, count), Cell(proof.demand)))
    outcome = Cell("fails", role="bad") if given.rewritten else Cell("holds", role="good")
    demand = "Bars are, to the bit, what was known of them at the time."
    rows.append((Cell(HISTORY), outcome, cell(len(given.rewritten), count), Cell(demand)))
    block = table(
        "Every proof and its outcome", f"n = {len(audit.names):,} features",
        ("Proof", "", "Failed", "What must hold"), rows, words=(0, 1, 3),
    )  # fmt: skip
    return Section("proofs", "Proofs", (block,))


def _training(given: AuditInput) -> Section:
    if not given.model:
        return Section("training", "Training", ())
    rows = []
    for key, (title, demand) in TRAINING.items():
        found = [fault for fault in given.training if fault.proof == key]
        outcome = Cell("fails", role="bad") if found else Cell("holds", role="good")
        first = f"{found[0].where}: {found[0].what}" if found else "–"
        rows.append((Cell(title), outcome, Cell(demand), Cell(first)))
    heads = ("Proof", "", "What must hold", "First fault")
    block = table(f"The training of {given.model}", f"n = {len(rows)}", heads, rows, words=(0, 1, 2, 3))
    return Section("training", "Training", (block,))


def _groups(given: AuditInput) -> Section:
    """Draw which groups hold which proofs, and show how much is missing in each."""
    audit, groups = given.audit, given.catalogue.groups
    wrong = {(fault.proof, fault.feature) for fault in audit.faults}
    cells = np.array(
        [[float(not any((key, name) in wrong for name in names)) for key in PROOFS] for names in groups.values()]
    )

    def draw(width: float) -> Markup:
        titles = [proof.title for proof in PROOFS.values()]
        return shade_map(
            list(groups), titles, cells, width=width, label="Whether every feature of the group holds", role="net"
        )

    rows = []
    for group, names in groups.items():
        measures = [audit.measures[name] for name in names]
        rows.append(
            (
                Cell(group, hover=GROUPS.get(group, "")),
                cell(len(names), count),
                cell(sum(name in audit.failed for name in names), count),
                cell(sum(not m.values for m in measures), count),
                cell(float(np.median([m.missing_ratio for m in measures])), lambda v: percent(v, 1)),
                cell(max(given.catalogue[name].warm_up_bars for name in names), count),
            )
        )
    heads = ("Group", "Features", "Failed", "Without a value", "Missing, median", "Longest warm-up, bars")
    blocks: list[Block] = [table("What is missing, by group", f"n = {len(rows)} groups", heads, rows)]
    if audit.faults:
        note = "Full colour: every feature of the group holds the proof. Pale: at least one does not."
        blocks.insert(0, figure("Which groups hold which proofs", f"n = {len(groups)} groups", draw, note=note))
    return Section("groups", "Groups", tuple(blocks))


def _features(given: AuditInput) -> Section:
    audit = given.audit
    rows = []
    worst = (Verdict.FAILED, Verdict.SILENT, Verdict.PASSED)
    for spec in sorted(given.catalogue, key=lambda each: worst.index(audit.verdict(each.name))):
        m = audit.measures[spec.name]
        word, tone = WORDS[audit.verdict(spec.name)]
        broken = ", ".join(PROOFS[fault.proof].title for fault in audit.broken(spec.name))
        rows.append(
            (
                Cell(spec.name, hover=spec.doc),
                Cell(word, role=tone, hover=broken),
                cell(spec.warm_up_bars, count),
                Cell(count(m.first_bar) if m.first_bar >= 0 else "–"),
                cell(m.missing_ratio, lambda v: percent(v, 1)),
                Cell(_short(m.smallest)),
                Cell(_short(m.largest)),
                Cell(bounds_text(spec.bounds)),
            )
        )
    heads = ("Feature", "", "Warm-up", "First value", "Missing", "Smallest", "Largest", "Bounds")
    note = "Warm-up is declared, the first value is the place of the earliest one among a symbol's own bars."
    block = table("Every feature", f"n = {len(rows):,}", heads, rows, words=(0, 1), note=note)
    return Section("features", "Features", (block,))


def _unproved(given: AuditInput) -> Section:
    """Name what the audit says nothing about."""
    blocks: list[Block] = []
    if given.audit.silent:
        names = ", ".join(given.audit.silent)
        blocks.append(Words(f"No value on the sample; a longer one, or more symbols, may give some: {names}."))
    roles = sorted({role for missing in given.off.values() for role in missing})
    if given.off:
        names = _listed(list(given.off))
        blocks.append(Words(f"Left out because no symbol plays the role {', '.join(roles)}: {names}."))
    return Section("unproved", "Not proved", tuple(blocks))


def _listed(names: Sequence[str], most: int = 40) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _short(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.4g}"
