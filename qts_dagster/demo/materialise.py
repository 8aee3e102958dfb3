"""Materialise assets in this process, on the instance that `make dev` shows."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from qts_core.market.errors import DataError

__all__ = ["AssetRun", "materialise", "open_instance"]

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True, slots=True)
class AssetRun:
    """What one run did: seconds and rows of each asset, and the metadata of its last materialisation.

    Assets that come out of one step have the seconds of all of it.
    """

    seconds: Mapping[str, float]
    rows: Mapping[str, int]
    metadata: Mapping[str, Mapping[str, object]]


def open_instance(home: Path) -> dg.DagsterInstance:
    """Open the Dagster instance under `home`; the first time it gets the embedded default configuration."""
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    shipped = Path("dagster.yaml")
    if shipped.is_file():
        shutil.copyfile(shipped, folder / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(folder)
    return dg.DagsterInstance.get()


def materialise(
    definitions: dg.Definitions, instance: dg.DagsterInstance, assets: Sequence[str], *, months: Sequence[str] = ()
) -> AssetRun:
    """Materialise `assets`, on a range of month partitions if `months` are given.

    Raises
    ------
    DataError
        If a blocking check failed. What an asset raises itself comes through as it is.
    """
    tags = {RANGE_START: months[0], RANGE_END: months[-1]} if months else {}
    keys = [dg.AssetKey(name) for name in assets]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        job = definitions.resolve_implicit_global_asset_job_def()
    try:
        result = job.execute_in_process(instance=instance, asset_selection=keys, tags=tags, run_config=QUIET)
    except dg.DagsterError as error:
        raise DataError(
            "QTS-DATA-018", "Dagster stopped the run", where=", ".join(assets), found=str(error).replace("\n", " "),
            fix="open the run in the Dagster UI (`make dev`) to see the failing rows",
        ) from error  # fmt: skip
    return _summary(result)


def _summary(result: dg.ExecuteInProcessResult) -> AssetRun:
    steps = {str(e.step_key): e.step_success_data.duration_ms / 1000 for e in result.get_step_success_events()}
    seconds: dict[str, float] = {}
    rows: dict[tuple[str, str | None], int] = {}
    metadata: dict[str, Mapping[str, object]] = {}
    for event in result.get_asset_materialization_events():
        made = event.step_materialization_data.materialization
        name = made.asset_key.to_user_string()
        count = made.metadata.get("dagster/row_count")
        # A month may be told of twice; it has its rows once.
        rows[name, made.partition] = int(str(count.value)) if count is not None else 0
        metadata[name] = {key: value.value for key, value in made.metadata.items()}
        seconds[name] = steps.get(str(event.step_key), 0.0)
    total = {name: sum(count for (asset, _), count in rows.items() if asset == name) for name in metadata}
    return AssetRun(seconds, total, metadata)
