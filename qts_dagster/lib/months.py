"""Materialise months: every month carries the version of its own content, so that Dagster knows what is up to date."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from qts_core.ports.lake import LakePort
from qts_dagster.lib.metadata import Metadata, number
from qts_dagster.lib.partitions import month_key

__all__ = ["MonthDone", "MonthEvents", "materialise_months", "months_in_run", "outcome", "version_from", "version_of"]

DATA_VERSION_TAG = "dagster/data_version"
VERSION_CHARACTERS = 16
UNCHANGED = "unchanged"
COMPUTED = "computed"

MonthEvents = Iterator[dg.MaterializeResult | dg.AssetMaterialization]  # type: ignore[type-arg]


@dataclass(frozen=True, slots=True)
class MonthDone:
    """One month of an asset.

    Attributes
    ----------
    version : str
        Of its content: equal content has an equal version.
    metadata : Metadata
    is_unchanged : bool
        Whether what was stored was made from the same inputs by the same code, so that nothing was computed.
    """

    version: str
    metadata: Metadata
    is_unchanged: bool

    def described(self) -> Metadata:
        """Return the metadata with what was done."""
        return {**outcome(is_unchanged=self.is_unchanged), **self.metadata}


def outcome(*, is_unchanged: bool) -> Metadata:
    """Return the metadata that says whether something was computed: ``unchanged`` or ``computed``."""
    return {"outcome": number(UNCHANGED if is_unchanged else COMPUTED)}


def materialise_months(context: dg.AssetExecutionContext, compute: Callable[[str], MonthDone]) -> MonthEvents:
    """Compute every month of the run in order and tell Dagster about each.

    Notes
    -----
    Dagster stamps all partitions of one run with one data version. A run of one month is told by one event; a run of
    several by one event for the run and one for each month, which carries its own version and what is to be seen.
    """
    keys = sorted(context.partition_keys)
    done = {key: compute(month_key(key)) for key in keys}
    if len(keys) == 1:
        [only] = done.values()
        yield dg.MaterializeResult(data_version=dg.DataVersion(only.version), metadata=only.described())
        return
    together = hashlib.sha256("".join(month.version for month in done.values()).encode()).hexdigest()
    yield dg.MaterializeResult(
        data_version=dg.DataVersion(together[:VERSION_CHARACTERS]),
        metadata={
            "months": number(len(done)),
            "months_unchanged": number(sum(month.is_unchanged for month in done.values())),
        },
    )
    for key, month in done.items():
        yield dg.AssetMaterialization(
            context.asset_key, partition=key, metadata=month.described(),
            tags={**_provenance(context, key), DATA_VERSION_TAG: month.version},
        )  # fmt: skip


def version_of(lake: LakePort, tables: Sequence[str], month: str) -> str:
    """Return the data version of one month of `tables` together: a hash of their content."""
    return version_from(lake.data_hash(table, [month]) for table in tables)


def version_from(hashes: Iterable[str]) -> str:
    """Return one data version of several hashes."""
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()[:VERSION_CHARACTERS]


def months_in_run(tags: Mapping[str, str], stored: Sequence[str]) -> tuple[str, ...]:
    """Return the months that a run with `tags` is about, of those `stored`; all of them when it names none."""
    first = tags.get("dagster/asset_partition_range_start") or tags.get("dagster/partition")
    last = tags.get("dagster/asset_partition_range_end") or first
    if first is None or last is None:
        return tuple(stored)
    return tuple(month for month in stored if month_key(first) <= month <= month_key(last))


def _provenance(context: dg.AssetExecutionContext, partition: str) -> Mapping[str, str]:
    """Return the tags of the run's event for `partition`: code version, and versions of the inputs."""
    wanted = dg.AssetRecordsFilter(asset_key=context.asset_key, asset_partitions=[partition])
    [record] = context.instance.fetch_materializations(wanted, limit=1).records
    event = record.asset_materialization
    return {} if event is None else dict(event.tags or {})
