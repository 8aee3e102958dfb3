"""`qts features export`: features into a file, as they are known now or were at any moment (specification 5.3)."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.dates import check_span, day_option, moment_option
from qts_core.cli.output import note, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from qts_core.research.feature_store import FeatureSlice

__all__ = ["export"]


def export(
    out: Annotated[Path, typer.Option(help="File to write, .parquet or .csv.")],
    feature: Annotated[list[str] | None, typer.Option(help="A feature; may be given more than once.")] = None,
    groups: Annotated[str, typer.Option(help="Groups, separated by commas; all that is configured by default.")] = "",
    symbols: Annotated[str, typer.Option(help="Symbols, separated by commas; all by default.")] = "",
    first: Annotated[date | None, day_option("--first", help="First session.")] = None,
    last: Annotated[date | None, day_option("--last", help="Last session.")] = None,
    as_of: Annotated[datetime | None, moment_option("--as-of", help="Only what was known at that moment.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write features to a file: what is stored, and computed on the spot what is not.

    With --as-of the values are, to the bit, what would have been computed from the bars known at that moment.

    \b
    Examples:
      qts features export --groups technical_trend --first 2024-01-02 --out trend.parquet
      qts features export --feature tech_rsi_14_raw --symbols AAPL,MSFT --out rsi.csv
      qts features export --groups calendar --as-of 2024-06-28 --out known_then.parquet
    """
    from qts_core.adapters.clock import SystemClock
    from qts_core.adapters.settings_files import load_settings
    from qts_core.adapters.table_file import write_table_file
    from qts_core.cli.compose import open_lake
    from qts_core.market.calendar import xnys
    from qts_core.market.time import trading_day
    from qts_core.research.feature_store import FeatureStore

    check_span(first, last, today=trading_day(SystemClock().now()), first_name="--first", last_name="--last")
    settings = load_settings().settings
    store = FeatureStore.of(open_lake(settings), settings, calendar=xnys())
    chosen = store.chosen(feature or (), groups=_words(groups))
    parts = store.scan(chosen.names, symbols=_words(symbols) or None, first=first, last=last, as_of=as_of)
    computed: list[str] = []
    about = {
        "catalogue": chosen.hash,
        "as_of": as_of.isoformat() if as_of else "",
        "versions": ",".join(f"{spec.name}={spec.version}" for spec in chosen),
    }
    rows = write_table_file(out, _filled(store.checked(parts, first, last, as_of), computed), about=about,
                            is_replacing=force)  # fmt: skip
    if json:
        print_json({"file": str(out), "rows": rows, "features": len(chosen), "computed_months": computed, **about})
        return
    note(f"{out}: {rows:,} rows, {len(chosen)} features" + (f", {len(computed)} months computed" if computed else ""))


def _filled(parts: Iterator[FeatureSlice], computed: list[str]) -> Iterator[pl.DataFrame]:
    """Give the frames, and note which months were not stored."""
    for part in parts:
        if part.stored is None:
            computed.append(part.month)
        yield part.frame


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
