"""`qts report`: the finished reports, and two of them beside each other (specification 7.3, 11.3)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.output import note, print_json, print_table, write_page

if TYPE_CHECKING:
    from qts_core.adapters.report_files import ReportFiles
    from qts_core.report.record import ReportRecord

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, add_completion=False, help="List, show, open and compare reports."
)
Wanted = Annotated[str, typer.Argument(help="Name of a report, its id, or the beginning of its id.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SHOWN = ("total_return", "sharpe_ratio", "max_drawdown", "trades", "total_costs")


@app.command("list")
def list_reports(json: AsJson = False) -> None:
    """Print every finished report: id, sessions, net return, Sharpe ratio, verdict.

    \b
    Examples:
      qts report list
      qts report list --json
    """
    records = _files().records()
    if json:
        print_json([_summary(record) for record in records])
        return
    if not records:
        note("No report has been made yet; the asset tear_sheet_<model> makes one.")
        return
    rows = [
        (
            r.name, r.id, len(r.days), _percent(r, "total_return"), _number(r, "sharpe_ratio"),
            _percent(r, "max_drawdown"), r.headline,
        )
        for r in records
    ]  # fmt: skip
    print_table(("report", "id", "sessions", "net return", "Sharpe", "drawdown", "verdict"), rows)


@app.command()
def show(report: Wanted, json: AsJson = False) -> None:
    """Print one report: its verdict, what it was made of, every figure, and where they come from.

    \b
    Examples:
      qts report show lightgbm_return
      qts report show 3f9a1c --json
    """
    from qts_core.analytics.definitions import METRICS
    from qts_core.report.formats import FORMATS

    files = _files()
    record = files.find(report)
    if json:
        print_json({**_summary(record), "figures": _summary_figures(record), "hashes": dict(record.hashes)})
        return
    made_up = "SYNTHETIC MARKET. " if record.is_synthetic else ""
    typer.echo(f"{record.title} ({record.id})\n{made_up}{record.headline}.\n")
    print_table(("made of", ""), [(name, value or "not recorded") for name, value in record.hashes.items()])
    typer.echo("")
    known = [(METRICS[name], value) for name, value in record.figures.items() if name in METRICS]
    print_table(("figure", "value"), [(defined.title, FORMATS[defined.unit](value)) for defined, value in known])
    typer.echo("")
    for words, href in record.links:
        typer.echo(f"{words}: {href}")
    typer.echo(f"page: {files.page(record)}")


@app.command("open")
def open_page(
    report: Wanted,
    path: Annotated[bool, typer.Option("--path", help="Print where the page is, and do no more.")] = False,
) -> None:
    """Open the page of a report in the browser.

    \b
    Examples:
      qts report open lightgbm_return
      qts report open lightgbm_return --path
    """
    files = _files()
    page = files.page(files.find(report))
    if not path:
        typer.launch(page.resolve().as_uri())
    typer.echo(str(page))


@app.command()
def compare(
    first: Annotated[str, typer.Argument(help="Name, id, or beginning of an id; the one to beat.")],
    second: Annotated[str, typer.Argument(help="The other one.")],
    page: Annotated[Path | None, typer.Option("--page", help="Write the comparison as one HTML page.")] = None,
    json: AsJson = False,
) -> None:
    """Hold two reports against each other on the sessions that both have: differences with intervals, what differs.

    \b
    Examples:
      qts report compare lightgbm_return lightgbm_direction
      qts report compare 3f9a 77b0 --page difference.html
    """
    from qts_core.report.difference import compare_reports, difference_headline
    from qts_core.report.difference_page import difference_page

    files = _files()
    found = compare_reports(files.find(first), files.find(second))
    if page is not None:
        write_page(page, difference_page(found))
    if json:
        print_json(found.to_json())
        return
    typer.echo(f"{difference_headline(found)}.\nOn {len(found.days):,} common sessions, net of costs.\n")
    print_table(
        ("figure", "first", "second", "difference", "95 %"),
        [
            (f.name, f"{f.first:.4f}", f"{f.second:.4f}", f"{f.difference:+.4f}",
             f"{f.interval.low:+.4f} to {f.interval.high:+.4f}")
            for f in found.figures
        ],
    )  # fmt: skip
    if found.changed:
        typer.echo("")
        print_table(
            ("differs", "name", "first", "second"),
            [(c.part, c.name, c.first[:48] or "-", c.second[:48] or "-") for c in found.changed],
        )


def _files() -> ReportFiles:
    from qts_core.adapters.report_files import ReportFiles
    from qts_core.adapters.settings_files import load_settings

    return ReportFiles(load_settings().settings.reports_dir)


def _summary(record: ReportRecord) -> dict[str, object]:
    return {
        "name": record.name, "id": record.id, "title": record.title, "verdict": record.headline,
        "is_synthetic": record.is_synthetic, "sessions": len(record.days),
        **{name: value for name, value in _summary_figures(record).items() if name in SHOWN},
    }  # fmt: skip


def _summary_figures(record: ReportRecord) -> dict[str, float | None]:
    return {name: value if abs(value) < float("inf") else None for name, value in record.figures.items()}


def _percent(record: ReportRecord, name: str) -> str:
    return f"{record.figures.get(name, float('nan')):.2%}"


def _number(record: ReportRecord, name: str) -> str:
    return f"{record.figures.get(name, float('nan')):.2f}"
