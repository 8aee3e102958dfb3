"""What `qts features audit` says: tables for people, one document for programs."""

from __future__ import annotations

from qts_core.cli.output import table_text
from qts_core.features.audit import PROOFS, Fault
from qts_core.report.audit_page import HISTORY, TRAINING, AuditInput, fault_place, fault_value
from qts_core.research.feature_audit import AuditSample

__all__ = ["audit_json", "audit_text"]

SHOWN = 20


def audit_text(given: AuditInput, sample: AuditSample) -> str:
    """Return every proof with its outcome, the first places that break, and what was proved of how many."""
    return "\n".join(part for part in (_outcomes(given), _faults(given), _sums(given, sample)) if part)


def _outcomes(given: AuditInput) -> str:
    counts = {key: sum(fault.proof == key for fault in given.audit.faults) for key in PROOFS}
    asked = [(proof.title, counts[key], proof.demand) for key, proof in PROOFS.items()]
    asked.append((HISTORY, len(given.rewritten), "Bars are, to the bit, what was known of them at the time."))
    if given.model:
        for key, (title, demand) in TRAINING.items():
            asked.append((title, sum(fault.proof == key for fault in given.training), demand))
    rows = [(title, "FAILS" if number else "holds", number, demand) for title, number, demand in asked]
    return table_text(("proof", "", "failed", "what must hold"), rows)


def _faults(given: AuditInput) -> str:
    audit, lines = given.audit, []
    if audit.faults:
        heads = ("feature", "proof", "first bar, UTC", "symbol", "must be", "is")
        shown = [
            (f.feature, PROOFS[f.proof].title, *fault_place(audit, f), fault_value(f.expected), fault_value(f.found))
            for f in audit.faults[:SHOWN]
        ]
        lines += ["", table_text(heads, shown)]
        if len(audit.faults) > SHOWN:
            lines.append(f"and {len(audit.faults) - SHOWN:,} more; --page and --json have them all")
    lines += [f"training, {found.where}: {found.what}" for found in given.training]
    for fault in given.rewritten:
        bar, symbol = fault_place(audit, fault)
        then, now = fault_value(fault.expected), fault_value(fault.found)
        lines.append(f"{fault.feature} of {symbol} at {bar} was known as {then} and is {now}")
    return "\n".join(lines)


def _sums(given: AuditInput, sample: AuditSample) -> str:
    audit = given.audit
    proved = len(audit.names) - len(audit.failed) - len(audit.silent)
    lines = [
        "",
        f"{proved:,} of {len(audit.names):,} features proved on {len(audit.panel):,} rows of "
        f"{len(audit.panel.symbols)} symbols, {sample.first} to {sample.last}",
    ]
    if audit.silent:
        some = ", ".join(audit.silent[:8]) + (" ..." if len(audit.silent) > 8 else "")
        lines.append(f"{len(audit.silent)} without a value on this sample, so not proved: {some}")
    if given.off:
        roles = sorted({role for missing in given.off.values() for role in missing})
        lines.append(f"{len(given.off)} left out: no symbol plays {', '.join(roles)}")
    return "\n".join(lines)


def audit_json(given: AuditInput, sample: AuditSample) -> dict[str, object]:
    """Return everything as one document; a value that is missing or infinite is null."""
    audit = given.audit
    features = []
    for spec in given.catalogue:
        m = audit.measures[spec.name]
        features.append(
            {
                "name": spec.name,
                "verdict": audit.verdict(spec.name).value,
                "warm_up_bars": spec.warm_up_bars,
                "first_bar": m.first_bar,
                "missing_ratio": m.missing_ratio,
                "smallest": _number(m.smallest),
                "largest": _number(m.largest),
            }
        )
    return {
        "catalogue": given.catalogue.hash,
        "passed": given.is_clean,
        "proofs": list(PROOFS),
        "months": sample.months,
        "symbols": audit.panel.symbols,
        "rows": len(audit.panel),
        "faults": [_fault_json(given, fault) for fault in audit.faults],
        "bars_rewritten": [_fault_json(given, fault) for fault in given.rewritten],
        "training": [{"proof": f.proof, "where": f.where, "what": f.what} for f in given.training],
        "left_out": dict(given.off),
        "features": features,
    }


def _fault_json(given: AuditInput, fault: Fault) -> dict[str, object]:
    bar, symbol = fault_place(given.audit, fault)
    return {
        "proof": fault.proof,
        "feature": fault.feature,
        "bar": f"{bar} UTC",
        "symbol": symbol,
        "expected": _number(fault.expected),
        "found": _number(fault.found),
    }


def _number(value: float) -> float | None:
    """Return a value as JSON can say it; none where there is none, or no finite one."""
    return value if abs(value) < float("inf") else None
