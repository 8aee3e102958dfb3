"""`qts ledger`: what was tried, how much that comes to, and whether anyone changed it (specification 7.3; C-33)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.output import note, print_json, print_table
from qts_core.market.errors import ExitCode, ModelError, ModelNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from qts_core.ports.registry import RegisteredVersion
    from qts_core.ports.research_store import TrialRecord
    from qts_core.research.ledger import Trial
    from qts_core.research.tools import ResearchTools

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, add_completion=False,
    help="List every trial, count them, and check that none was changed.",
)  # fmt: skip

SIGNATURES = {
    "missing": "were written before records were signed",
    "foreign": "were signed with another key",
    "broken": "were changed after they were written",
}
"""What signatures that are not valid mean."""
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Model = Annotated[str, typer.Option(help="Only this model (key in models.yaml).")]


@app.command()
def verify(json: Json = False) -> None:
    """Check the hash chain, and that it reaches every verdict that was given; exit code 3 when it does not.

    \b
    Examples:
      qts ledger verify
      qts ledger verify --json
    """
    from collections import Counter

    from qts_core.adapters.settings_files import load_settings
    from qts_core.cli.compose import research_tools
    from qts_core.research.approval import ledger_anchors

    with research_tools(load_settings().settings) as tools:
        records = tools.gates.all()
        versions, silent = _versions(tools)
        check = tools.ledger.verify(ledger_anchors(records, versions, tools.seal))
        signatures = Counter(tools.seal.check(record).value for record in records)
    if json:
        print_json(
            {
                "intact": check.is_intact, "rows": check.rows, "first_bad": check.first_bad, "problem": check.problem,
                "anchors": check.anchors, "registry": silent or "asked",
                "gate_records": dict(sorted(signatures.items())),
            }
        )  # fmt: skip
    elif check.is_intact:
        typer.echo(f"{check.rows} rows, unbroken; {check.anchors} verdicts say how far the ledger reached, and it does")
    else:
        typer.echo(f"row {check.first_bad} is the first that does not fit: {check.problem} ({check.rows} rows)")
    if not json:
        for words in _doubts(signatures, silent):
            note(words)
    if not check.is_intact:
        raise typer.Exit(ExitCode.CORRUPT)


@app.command("list")
def list_trials(
    model: Model = "",
    kind: Annotated[str, typer.Option(help="Only this kind: training, backtest, search, selection or ensemble.")] = "",
    last: Annotated[int, typer.Option(min=1, help="Only the newest so many.")] = 50,
    json: Json = False,
) -> None:
    """Print the trials, oldest first: also those that failed and those that were thrown away.

    \b
    Examples:
      qts ledger list
      qts ledger list --model lightgbm_return --kind search --last 200 --json
    """
    from qts_core.research.ledger import TrialKind

    kinds = [k.value for k in TrialKind]
    if kind and kind not in kinds:
        raise typer.BadParameter(f"--kind {kind!r} is none of {', '.join(kinds)}")
    rows = [(row, trial) for row, trial in _rows(model) if kind in ("", trial.kind.value)][-last:]
    if json:
        print_json([_content(row, trial) for row, trial in rows])
        return
    if not rows:
        note("Nothing was tried yet. Train a model with `qts train MODEL`.")
        return
    print_table(
        ("row", "when", "kind", "model", "trial", "Sharpe/session", "sessions", "failure"),
        [
            (r.sequence, f"{r.created_at:%Y-%m-%d %H:%M}", t.kind.value, t.model, t.identity[:12], t.daily_sharpe,
             t.sessions, t.failure)
            for r, t in rows
        ],
    )  # fmt: skip


@app.command()
def show(
    trial: Annotated[str, typer.Argument(help="Number of a row, or the start of a trial's identity.")],
    json: Json = False,
) -> None:
    """Print one trial with everything that was recorded of it.

    \b
    Examples:
      qts ledger show 12
      qts ledger show d565247f32bd --json
    """
    matching = [(row, each) for row, each in _rows("") if trial == str(row.sequence) or _begins(each.identity, trial)]
    if not matching:
        raise ModelNotFoundError(
            "QTS-MODEL-066", "there is no such trial in the ledger", found=trial,
            expected="the number of a row, or eight digits or more of an identity", fix="see `qts ledger list`",
        )  # fmt: skip
    contents = [_content(row, each) for row, each in matching]
    if json:
        print_json(contents)
        return
    for content in contents:
        print_table(("what", "value"), [(key, value) for key, value in content.items() if key != "detail"])
        detail = content["detail"]
        assert isinstance(detail, dict)
        print_table(("detail", "value"), sorted(detail.items()))


@app.command()
def summary(json: Json = False) -> None:
    """Print how much was tried, and to how many independent trials it comes.

    \b
    Examples:
      qts ledger summary
      qts ledger summary --json
    """
    from collections import Counter

    from qts_core.research.ledger import distinct_trials, has_returns, summarise

    trials = [trial for _, trial in _rows("")]
    found, distinct = summarise(trials), distinct_trials(trials)
    kinds = Counter(trial.kind.value for trial in distinct)
    content = {
        "rows": len(trials), "trials": found.count, "failed": found.failed, "independent": round(found.independent, 2),
        "with_returns": sum(has_returns(t) for t in distinct), "sharpe_variance": found.sharpe_variance,
        "models": len({t.model for t in distinct}), "kinds": dict(sorted(kinds.items())),
    }  # fmt: skip
    if json:
        print_json(content)
        return
    print_table(("what", "value"), [(k.replace("_", " "), v) for k, v in content.items() if k != "kinds"])
    print_table(("kind", "trials"), sorted(kinds.items()))


def _rows(model: str) -> list[tuple[TrialRecord, Trial]]:
    from qts_core.adapters.db import open_database
    from qts_core.adapters.settings_files import load_settings
    from qts_core.research.ledger import read_trial

    with open_database(load_settings().settings.database.url) as database:
        return [(row, read_trial(row)) for row in database.trials.all(model or None)]


def _versions(tools: ResearchTools) -> tuple[list[RegisteredVersion], str]:
    """Return every registered version, and why the registry could not be asked, empty when it could."""
    try:
        return [v for name in tools.registry.models() for v in tools.registry.versions(name)], ""
    except ModelError as error:
        return [], error.line()


def _doubts(signatures: Mapping[str, int], silent: str) -> Iterator[str]:
    """Say what the check could not vouch for."""
    if silent:
        yield f"The tags of the registry were not asked: {silent}"
    for name, words in SIGNATURES.items():
        if signatures.get(name):
            yield f"Gate records that {words}, and that the daemon refuses: {signatures[name]}"


def _begins(identity: str, words: str) -> bool:
    return len(words) >= 8 and identity.startswith(words)


def _content(row: TrialRecord, trial: Trial) -> dict[str, object]:
    return {
        "row": row.sequence, "recorded_at": row.created_at.isoformat(), "kind": trial.kind.value, "model": trial.model,
        "identity": trial.identity, "parent": trial.parent, "study": trial.study, "failure": trial.failure,
        "alternatives": trial.alternatives, "daily_sharpe": trial.daily_sharpe, "sessions": trial.sessions,
        "returns": 0 if trial.returns is None else len(trial.returns), "record_hash": row.record_hash,
        "detail": dict(trial.detail),
    }  # fmt: skip
