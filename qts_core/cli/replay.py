"""``qts replay DECISION|all``: make journalled decisions again and compare them bit for bit (specification 12.5)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qts_core.adapters.db.journal import Journal
from qts_core.adapters.settings_files import load_settings
from qts_core.cli.output import note, print_json, print_table
from qts_core.market.errors import DataNotFoundError, ExitCode
from qts_core.research.catalogues import known_catalogue
from qts_core.research.live_core import replay_journal

__all__ = ["app"]

ALL = "all"

app = typer.Typer(help="Make journalled decisions again.", add_completion=False)


@app.command()
def replay(
    decision: Annotated[str, typer.Argument(help="Decision id, the beginning of one, or 'all'.")] = ALL,
    journal: Annotated[Path | None, typer.Option(help="Journal file; default the daemon's.")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Re-derive decisions from the journal; exit 0 when every one is equal bit for bit, 3 when one differs."""
    settings = load_settings().settings
    path = journal or settings.live_dir / "journal.db"
    with Journal(path, create=False) as source:
        links = source.verify()
        rows = [
            (made.decision_id, made.digest(), stored.digest if stored is not None else "")
            for made, stored in replay_journal(source, known_catalogue(settings.features))
            if decision == ALL or made.decision_id.startswith(decision)
        ]
    if not rows and decision != ALL:
        raise DataNotFoundError(
            "QTS-DATA-001", "no such decision in the journal", where=str(path), found=decision,
            expected="a decision id", fix="list them with `qts replay all`",
        )  # fmt: skip
    different = sum(made != stored for _, made, stored in rows)
    if json_output:
        print_json(
            {
                "journal": str(path), "events": links, "decisions": len(rows), "different": different,
                "rows": [{"decision_id": n, "digest": m, "is_equal": m == s} for n, m, s in rows],
            }
        )  # fmt: skip
    else:
        shown = rows if len(rows) <= 60 else rows[-60:]
        print_table(("decision", "digest", "equal"), [(n, m[:16], m == s) for n, m, s in shown])
        note(f"{links} events, chain intact; {len(rows)} decisions made again, {different} different")
    return int(ExitCode.CORRUPT) if different else 0
