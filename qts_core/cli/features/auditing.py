"""`qts features audit`: every proof of every feature on the user's own bars (specification 6; checklist X-29)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.output import note, print_json, write_page
from qts_core.cli.progress import progress_bar
from qts_core.market.errors import InvalidConfigError

if TYPE_CHECKING:
    from qts_core.config.settings import Settings
    from qts_core.ports.lake import LakePort
    from qts_core.report.audit_page import AuditInput
    from qts_core.research.feature_audit import AuditSample
    from qts_core.training.audit import TrainingFault

__all__ = ["audit"]


def audit(
    group: Annotated[list[str] | None, typer.Option(help="Only this group; may be given more than once.")] = None,
    name: Annotated[list[str] | None, typer.Option(help="Only this feature, or a pattern: 'tech_rsi_*'.")] = None,
    own: Annotated[bool, typer.Option("--own", help="Only your own features.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="Everything known, not only what is computed.")] = False,
    months: Annotated[int, typer.Option(min=1, help="How many of the last months of bars.")] = 3,
    symbols: Annotated[int, typer.Option(min=1, help="How many symbols, beside the auxiliary ones.")] = 12,
    seed: Annotated[int, typer.Option(help="Of cuts, altered futures and new places.")] = 7,
    training: Annotated[str | None, typer.Option(metavar="MODEL", help="Prove how this model is trained too.")] = None,
    page: Annotated[Path | None, typer.Option(help="Write the audit as one HTML page.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Put features to every proof on your own bars; exit code 2 when one breaks.

    By default what features.yaml computes, on the last 3 months of 12 symbols: less than a minute.

    \b
    Examples:
      qts features audit
      qts features audit --own --page audit.html
      qts features audit --name 'tech_rsi_*' --months 6 --symbols 30
      qts features audit --training lightgbm_return
    """
    from qts_core.adapters.settings_files import load_settings
    from qts_core.cli.compose import open_lake
    from qts_core.cli.features.audit_words import audit_json, audit_text
    from qts_core.features.audit import PROOFS, audit_features, subject_of
    from qts_core.market.calendar import xnys
    from qts_core.report.audit_page import AuditInput
    from qts_core.research.feature_audit import audit_sample, bars_rewritten, chosen_features

    settings = load_settings().settings
    lake, calendar = open_lake(settings), xnys()
    sample = audit_sample(lake, settings, calendar=calendar, months=months, symbols=symbols)
    catalogue, off = chosen_features(
        settings, sample.roles, groups=tuple(group or ()), names=tuple(name or ()), is_own=own, is_all=all_
    )
    if not len(catalogue):
        raise InvalidConfigError(
            "QTS-FEAT-021", "there is no feature to prove", found=f"{len(off)} that read symbols which are not there",
            expected="at least one", fix="see docs/concepts/own-features.md, or name a group of `qts features list`",
        )  # fmt: skip
    with progress_bar() as stage:
        advance = stage("proofs", len(PROOFS))
        found = audit_features(subject_of(catalogue, roles=sample.roles), sample.panel, seed=seed, advance=advance)
        rewritten = bars_rewritten(lake, sample, calendar=calendar)
        faults = _trained(lake, settings, training, sample, seed) if training else ()
    given = AuditInput(found, catalogue, off, rewritten, training or "", faults)
    if page is not None:
        _write_page(page, given, sample, lake)
    if json:
        print_json(audit_json(given, sample))
    else:
        typer.echo(audit_text(given, sample))
    if not given.is_clean:
        raise _failure(given)


def _trained(lake: LakePort, settings: Settings, key: str, sample: AuditSample, seed: int) -> tuple[TrainingFault, ...]:
    """Compute the features that are not there yet, as `qts train` does, and prove the training."""
    from qts_core.market.calendar import xnys
    from qts_core.research.feature_audit import audit_training, ready_features

    fresh = ready_features(lake, settings, calendar=xnys())
    if fresh:
        note(f"features: {fresh} months computed")
    return audit_training(lake, settings, key, sample, calendar=xnys(), seed=seed)


def _write_page(page: Path, given: AuditInput, sample: AuditSample, lake: LakePort) -> None:
    from qts_core.data.market_source import recorded_source
    from qts_core.report.audit_page import audit_page

    market = recorded_source(lake)
    source = f"clean bars of the lake, {sample.first} to {sample.last}, {len(given.audit.panel.symbols)} symbols"
    html = audit_page(
        given, title=f"{len(given.catalogue):,} features", source=source,
        is_synthetic=market is not None and market.is_synthetic,
    )  # fmt: skip
    write_page(page, html)


def _failure(given: AuditInput) -> InvalidConfigError:
    if given.audit.failed:
        failed = given.audit.failed
        return InvalidConfigError(
            "QTS-FEAT-020", f"{len(failed)} of {len(given.audit.names)} features break a proof",
            found=", ".join(failed), expected="every proof to hold",
            fix="see docs/concepts/audit.md for what each proof means, mend them, or leave them out in features.yaml",
        )  # fmt: skip
    if given.training:
        first = given.training[0]
        return InvalidConfigError(
            "QTS-FEAT-022", "the training sees what it must not", where=f"{given.model}, {first.where}",
            found=first.what, expected="the same bytes", fix="see docs/concepts/audit.md",
        )  # fmt: skip
    return InvalidConfigError(
        "QTS-FEAT-020", "bars are not what they were known as at the time",
        found=", ".join(fault.feature for fault in given.rewritten), expected="the same bits",
        fix="see docs/concepts/audit.md: adjusted prices, or revisions",
    )  # fmt: skip
