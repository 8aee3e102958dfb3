"""`qts models show|promote|rollback`: one version, what the gates said of it, who trades (checklist C-16 to C-18)."""

from __future__ import annotations

import json as json_text
from typing import Annotated

import typer

from qts_core.cli.output import print_json, print_table
from qts_core.market.errors import InvalidConfigError

__all__ = ["Json", "promote", "registered", "rollback", "show"]

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Model = Annotated[str, typer.Argument(help="Key in models.yaml, or registered name (qts_<key>).")]


def show(
    model: Model,
    version: Annotated[str, typer.Option("--version", help="Version; the newest by default.")] = "",
    json: Json = False,
) -> None:
    """Print one version: its card, its tags and every gate with its reason.

    \b
    Examples:
      qts models show lightgbm_return
      qts models show lightgbm_return --version 3 --json
    """
    from qts_core.adapters.settings_files import load_settings
    from qts_core.cli.compose import research_tools
    from qts_core.market.errors import ModelNotFoundError
    from qts_core.research.approval import approve

    name = registered(model)
    with research_tools(load_settings().settings) as tools:
        versions = tools.registry.versions(name)
        if not versions:
            raise ModelNotFoundError("QTS-MODEL-001", "no such model", where=name, fix="see `qts models list`")
        chosen = tools.registry.version(name, version) if version else versions[0]
        record = tools.gates.latest(name, chosen.version)
    approval = approve(record, chosen.bundle_sha256, tools.seal)
    report = None if record is None else json_text.loads(record.report)
    if json:
        print_json(
            {
                "model": name,
                "version": chosen.version,
                "aliases": chosen.aliases,
                "bundle_sha256": chosen.bundle_sha256,
                "run_id": chosen.run_id,
                "tags": dict(chosen.tags),
                "may_trade": approval.is_allowed,
                "reason": approval.reason,
                "gates": report,
            }
        )
        return
    typer.echo(chosen.description)
    typer.echo(f"\n{name} version {chosen.version} ({', '.join(chosen.aliases) or 'no alias'}): {approval.reason}\n")
    if report is not None:
        print_table(
            ("gate", "passed", "value", "needs", "threshold", "reason"),
            [
                (
                    g["name"],
                    g["passed"] if g.get("applies", True) else "not applicable",
                    g["value"],
                    g["comparison"],
                    g["threshold"],
                    g["reason"],
                )
                for g in report["gates"]
            ],
        )
    for name, said in sorted(chosen.tags.items()):
        if name.startswith("flag."):
            typer.echo(f"{name} {said}")


def promote(
    model: Model,
    version: Annotated[str, typer.Option("--version", help="Version; the challenger by default.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Promote against the gates; needs --reason.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the gate record.")] = "",
    json: Json = False,
) -> None:
    """Make a version the champion; a running daemon swaps to it between two bars.

    \b
    Examples:
      qts models promote lightgbm_return
      qts models promote lightgbm_return --version 3 --force --reason "paper trading of the null model"
    """
    from qts_core.adapters.settings_files import load_settings
    from qts_core.cli.compose import research_tools
    from qts_core.research.promotion import promote as promote_version

    if force != bool(reason.strip()):
        raise InvalidConfigError(
            "QTS-CLI-001", "--force and --reason go together", found="one of them", fix='write --force --reason "…"'
        )
    with research_tools(load_settings().settings) as tools:
        done = promote_version(registered(model), tools, version=version or None, override_reason=reason)
    if json:
        print_json({"model": done.model, "champion": done.version, "previous": done.previous, "reason": done.reason})
        return
    before = f" (before: version {done.previous})" if done.previous not in {None, done.version} else ""
    typer.echo(f"{done.model} version {done.version} is the champion{before}: {done.reason}")


def rollback(model: Model, json: Json = False) -> None:
    """Give the alias champion back to the version that had it before.

    \b
    Examples:
      qts models rollback lightgbm_return
      qts models rollback lightgbm_return --json
    """
    from qts_core.adapters.settings_files import load_settings
    from qts_core.cli.compose import research_tools
    from qts_core.research.promotion import rollback as roll_back

    with research_tools(load_settings().settings) as tools:
        done = roll_back(registered(model), tools)
    if json:
        print_json({"model": done.model, "champion": done.version, "previous": done.previous, "reason": done.reason})
        return
    typer.echo(f"{done.model} version {done.version} is the champion again (before: version {done.previous})")


def registered(model: str) -> str:
    """Return the registered name of a key in models.yaml."""
    return model if model.startswith("qts_") else f"qts_{model}"
