"""`qts data import`: read files of bars, judge them, write them to the lake, clean it (specification 5.1)."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.data.shared import JsonOption, ZoneOption, open_lake, show_report
from qts_core.cli.output import note, print_json, print_table
from qts_core.cli.progress import progress_bar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qts_core.adapters.bar_files import BarFile, ReadOptions
    from qts_core.data.admission import Admission, Candidate
    from qts_core.data.reading.parsing import ImportResult

__all__ = ["import_command"]


class Refused(StrEnum):
    """What to do with symbols that break a refusing rule."""

    STOP = "stop"
    DROP = "drop"


class LabelOption(StrEnum):
    """What a file's times name."""

    AUTO = "auto"
    START = "start"
    END = "end"


class AdjustmentOption(StrEnum):
    """Which prices a file gives."""

    AUTO = "auto"
    RAW = "raw"
    SPLITS = "splits"
    ALL = "all"


def import_command(
    paths: Annotated[
        list[Path], typer.Argument(help="Files or folders of bars: CSV, Parquet, Feather, HDF5, zip, tar.")
    ],
    tz: ZoneOption = None,
    label: Annotated[LabelOption, typer.Option(help="Whether times name a bar's start or end.")] = LabelOption.AUTO,
    adjustment: Annotated[
        AdjustmentOption, typer.Option(help="Whether prices are adjusted for splits, or for all actions.")
    ] = AdjustmentOption.AUTO,
    symbol: Annotated[str | None, typer.Option(help="Symbol of a file that has no such column.")] = None,
    refused: Annotated[Refused, typer.Option(help="Stop at symbols that break a rule, or drop them.")] = Refused.STOP,
    max_gap_bars: Annotated[int, typer.Option(min=0, help="Most bars that may be missing in a row.")] = 5,
    allow_empty: Annotated[bool, typer.Option("--allow-empty", help="Accept files without rows.")] = False,
    no_volume: Annotated[
        bool, typer.Option("--no-volume", help="Accept files without volumes; 0 is taken, so nothing can be filled.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything but write.")] = False,
    json: JsonOption = False,
) -> None:
    """Check files of bars, write them to the lake by month, and clean it.

    What was interrupted is finished by the same command; files that are in the lake already are passed over.

    \b
    Examples:
      qts data import bars.parquet
      qts data import bars.csv.gz --tz America/New_York --refused drop
      qts data import folder/ --label end --dry-run
    """
    from qts_core.adapters.bar_files import ReadOptions, find_files

    files, skipped = find_files(paths)
    if skipped:
        note(f"warning: not read: {', '.join(skipped[:5])}" + (" ..." if len(skipped) > 5 else ""))
    options = ReadOptions(tz, symbol, label.value, allow_empty, no_volume)
    run = _Import(files, options, adjustment, refused, max_gap_bars)
    if not run.todo:
        note(f"nothing to do: {len(files)} files are in the lake already")
    elif dry_run:
        if run.examine() is not None:
            note("nothing was written; without --dry-run these bars come in")
    else:
        run.write()
    if json:
        print_json(run.summary(dry_run=dry_run) | {"report": run.report(), "warnings": run.warnings})
    elif run.todo:
        summary = {k: v for k, v in run.summary(dry_run=dry_run).items() if not isinstance(v, list | tuple | bool)}
        print_table(tuple(summary), [tuple(summary.values())])


class _Import:
    """One run of the command: what it reads, and how far it came."""

    def __init__(
        self,
        files: Sequence[BarFile],
        options: ReadOptions,
        adjustment: AdjustmentOption,
        refused: Refused,
        max_gap_bars: int,
    ) -> None:
        from qts_core.adapters.bar_files import file_sha256
        from qts_core.data.import_ledger import ImportedFile, options_key, unfinished, without_imported

        self.settings, self.lake = open_lake()
        self.options, self.adjustment, self.refused, self.max_gap_bars = options, adjustment, refused, max_gap_bars
        key = options_key(asdict(options) | {"adjustment": adjustment})
        self.files = {file: ImportedFile(file.path.name, file_sha256(file.path), key) for file in files}
        wanted = without_imported(self.lake, self.files.values())
        self.todo = [file for file, entry in self.files.items() if entry in wanted]
        self.read: ImportResult | None = None
        self.candidate: Candidate | None = None
        self.admission: Admission | None = None
        given = {entry.sha256 for entry in self.files.values()}
        if left := [entry.name for entry in unfinished(self.lake) if entry.sha256 not in given]:
            note(f"warning: the import of {', '.join(left[:3])} was interrupted; run it again to finish it")

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know about the bars."""
        return (*(self.read.warnings if self.read else ()), *(self.candidate.notes if self.candidate else ()))

    def examine(self) -> Candidate | None:
        """Read and judge; nothing is written."""
        with progress_bar() as stage:
            advance = stage("reading", len(self.todo))
            return self._examined(lambda _path: advance())

    def write(self) -> None:
        """Read, judge and write; then clean."""
        from qts_core.data.admission import admit
        from qts_core.data.import_ledger import ImportState, write_ledger
        from qts_core.market.calendar import xnys

        with progress_bar() as stage:
            advance = stage("reading", len(self.todo))
            candidate = self._examined(lambda _path: advance())
            if candidate is None:
                return
            entries = [self.files[file] for file in self.todo]
            write_ledger(self.lake, entries, ImportState.STARTED)
            months = len(candidate.months)
            stages = {"write": stage("writing", months), "clean": stage("cleaning", months)}
            self.admission = admit(
                self.lake,
                candidate,
                calendar=xnys(),
                lineage={"file_sha256": self.read.sha256 if self.read else "", "label": self._label},
                instruments=self.settings.universe.instruments(candidate.symbols),
                progress=lambda what, _month: stages[what](),
            )
            write_ledger(self.lake, entries, ImportState.PARTLY if candidate.dropped else ImportState.DONE)

    def report(self) -> object:
        """Return the quality report as plain values."""
        return None if self.candidate is None else self.candidate.report.to_dict()

    def summary(self, *, dry_run: bool) -> dict[str, object]:
        """Return the counts of this run, JSON's and the table's."""
        from qts_core.data.quality.flags import real_bars

        done, candidate = self.admission, self.candidate
        cleaned = done.cleaned.values() if done else ()
        return {
            "rows": 0 if candidate is None else candidate.bars.height,
            "symbols": 0 if candidate is None else len(candidate.symbols),
            "months": 0 if candidate is None else len(candidate.months),
            "clean_rows": sum(real_bars(c.clean).height for c in cleaned),
            "quarantined_rows": sum(c.quarantine.height for c in cleaned),
            "files": len(self.todo),
            "files_unchanged": len(self.files) - len(self.todo),
            "label": self._label,
            "adjustment": "" if candidate is None else candidate.market.adjustment,
            "dropped": () if candidate is None else candidate.dropped,
            "dry_run": dry_run,
        }

    @property
    def _label(self) -> str:
        return "" if self.read is None else self.read.label

    def _examined(self, progress: Callable[[Path], None]) -> Candidate | None:
        from qts_core.adapters.bar_files import import_many
        from qts_core.adapters.clock import SystemClock
        from qts_core.data.admission import examine_bars
        from qts_core.data.quality.report import QualitySettings
        from qts_core.market.calendar import xnys

        self.read = import_many(self.todo, self.options, calendar=xnys(), progress=progress)
        if self.read.frame.is_empty():
            note("nothing to do: the files hold no bars")
            return None
        names = [file.path.name for file in self.todo]
        self.candidate = examine_bars(
            self.lake,
            self.read.frame,
            calendar=xnys(),
            now=SystemClock().now(),
            origin=names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more files",
            bar_minutes=self.read.bar_minutes,
            adjustment=self.adjustment.value,
            settings=QualitySettings(max_gap_bars=self.max_gap_bars),
            drop_refused=self.refused is Refused.DROP,
        )
        for warning in self.warnings:
            note(f"warning: {warning}")
        if self.candidate.dropped:
            note(f"dropped: {', '.join(self.candidate.dropped)}")
        show_report(self.candidate.report)
        return self.candidate
