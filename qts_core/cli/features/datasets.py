"""`qts features datasets`: the training sets of the lake, what is in them, and whether they are whole (spec. 7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.output import note, print_json, print_table
from qts_core.market.errors import ExitCode

if TYPE_CHECKING:
    from qts_core.research.training_manifest import TrainingManifest

__all__ = ["datasets_app"]

datasets_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Training sets: list, show, verify them down to every file."
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Hash = Annotated[str, typer.Argument(help="Hash of a training set; its first digits are enough.")]
DIGITS = 12


@datasets_app.command("list")
def list_datasets(json: Json = False) -> None:
    """Print every training set, whichever model it was made for.

    \b
    Examples:
      qts features datasets list
    """
    from qts_core.cli.data.shared import open_lake
    from qts_core.research.training_sets import stored_sets

    _, lake = open_lake()
    found = sorted(stored_sets(lake), key=lambda each: (each.model, each.sha256))
    if json:
        print_json([_summary(each) for each in found])
        return
    if not found:
        note("No training set yet. `qts train MODEL` makes one.")
        return
    columns = ("training set", "model", "target", "as of", "samples", "features", "symbols", "folds")
    print_table(columns, [tuple(_summary(each).values())[: len(columns)] for each in found])


@datasets_app.command("show")
def show_dataset(training_set: Hash, json: Json = False) -> None:
    """Print what a training set was made of: features, symbols, files, hashes.

    \b
    Examples:
      qts features datasets show 3f9a2c
    """
    from qts_core.cli.data.shared import open_lake
    from qts_core.research.training_manifest import read_manifest

    _, lake = open_lake()
    manifest = read_manifest(lake, training_set)
    if json:
        print_json(manifest.model_dump(mode="json"))
        return
    content = {
        **_summary(manifest), "training_set": manifest.sha256, "samples_hash": manifest.samples_hash,
        "data_hash": manifest.data_hash, "plan_hash": manifest.plan_hash, "catalogue": manifest.catalogue_hash,
        "overlapping labels": manifest.overlap,
    }  # fmt: skip
    for key, value in content.items():
        typer.echo(f"{key + ':':20}{value}")
    parts = [pin.partition for pin in manifest.pinned]
    typer.echo("")
    print_table(
        ("table", "month", "files", "rows", "bytes", "sha256"),
        [(p.table, p.month, len(p.segments), p.rows, p.bytes, p.sha256[:16]) for p in parts],
    )


@datasets_app.command("verify")
def verify_dataset(
    training_set: Hash,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Also make the samples again and compare.")] = False,
    json: Json = False,
) -> None:
    """Read every file of a training set and check it; exit code 3 when one is gone or changed.

    \b
    Examples:
      qts features datasets verify 3f9a2c
      qts features datasets verify 3f9a2c --rebuild
    """
    from qts_core.cli.data.shared import open_lake
    from qts_core.market.calendar import xnys
    from qts_core.research.training_manifest import read_manifest
    from qts_core.research.training_sets import changed_files
    from qts_core.research.training_sets import rebuild as make_again

    _, lake = open_lake()
    manifest = read_manifest(lake, training_set)
    changed = changed_files(lake, manifest)
    if rebuild and not changed:
        make_again(lake, manifest, calendar=xnys())
    if json:
        print_json(
            {
                "training_set": manifest.sha256,
                "files": len(manifest.files),
                "changed": [{"file": each.file, "problem": each.problem} for each in changed],
                "is_rebuilt": rebuild and not changed,
            }
        )
    else:
        for each in changed:
            note(f"changed: {lake.root}/{each.file}: {each.problem}")
        again = ", and the very same samples come of them" if rebuild and not changed else ""
        whole = len(manifest.files) - len(changed)
        note(f"{manifest.sha256[:DIGITS]}: {whole} of {len(manifest.files)} files are those of then{again}")
    if changed:
        raise typer.Exit(ExitCode.CORRUPT)


def _summary(manifest: TrainingManifest) -> dict[str, object]:
    return {
        "training_set": manifest.sha256[:DIGITS],
        "model": manifest.model,
        "target": manifest.target,
        "as_of": manifest.as_of.isoformat() if manifest.as_of else "",
        "samples": manifest.samples,
        "features": len(manifest.features),
        "symbols": len(manifest.symbols),
        "folds": manifest.folds,
        "files": len(manifest.files),
    }
