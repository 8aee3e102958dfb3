"""Materialise months: every month carries the version of its own content, so that Dagster knows what is up to date."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from qts_core.ports.lake import LakePort
from qts_dagster.lib.metadata import Metadata, number
from qts_dagster.lib.partitions import month_key
from qts_dagster.lib.results import MonthEvents

__all__ = [
    "MonthDone",
    "materialise_months",
    "materialise_together",
    "months_in_run",
    "outcome",
    "version_from",
    "version_of",
]

DATA_VERSION_TAG = "dagster/data_version"
CONTENT = "content"
VERSION_CHARACTERS = 16
UNCHANGED = "unchanged"
COMPUTED = "computed"


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
        """Return the metadata with what was done and the identity of the content."""
        return {**outcome(is_unchanged=self.is_unchanged), **self.metadata, CONTENT: number(self.version)}


def outcome(*, is_unchanged: bool) -> Metadata:
    """Return the metadata that says whether something was computed: ``unchanged`` or ``computed``."""
    return {"outcome": number(UNCHANGED if is_unchanged else COMPUTED)}


def materialise_months(context: dg.AssetExecutionContext, compute: Callable[[str], MonthDone]) -> MonthEvents:
    """Compute every month of the run in order and tell Dagster about each, as :func:`materialise_together`."""
    yield from materialise_together(context, lambda month: {context.asset_key: compute(month)})


def materialise_together(
    context: dg.AssetExecutionContext,
    compute: Callable[[str], Mapping[dg.AssetKey, MonthDone]],
    *,
    before: Sequence[str] = (),
) -> MonthEvents:
    """Compute every month of the run in order, several assets at once, and tell Dagster about each asset and month.

    Parameters
    ----------
    compute : callable
        Given ``YYYY-MM``, returns the month of every asset of the run, an asset after those that it depends on.
    before : sequence of str
        Partitions before those of the run that it may change; told of when it does.

    Notes
    -----
    Dagster stamps all partitions of one run with one data version. A month whose content is what Dagster saw last keeps
    its version, those that are new or changed share one; the more frequent of them is the run's, and months of another
    are told of once more with theirs. So a backfill of months nobody has seen costs one event a month.
    """
    keys = sorted(context.partition_keys)
    done = {key: compute(month_key(key)) for key in (*sorted(before), *keys)}
    for asset in done[keys[0]]:
        months = {key: done[key][asset] for key in keys}
        versions = _versions(context, asset, months)
        [(common, _)] = Counter(versions.values()).most_common(1)
        for key, month in months.items():
            context.add_asset_metadata(month.described(), asset, key)
        yield dg.MaterializeResult(asset_key=asset, data_version=dg.DataVersion(common))
        again = {key: (month, versions[key]) for key, month in months.items() if versions[key] != common}
        again |= {key: (month, month.version) for key in before if not (month := done[key][asset]).is_unchanged}
        provenance = _provenance(context, asset, keys[0]) if again else {}
        for key, (month, version) in again.items():
            tags = {**provenance, DATA_VERSION_TAG: version}
            yield dg.AssetMaterialization(asset, partition=key, metadata=month.described(), tags=tags)


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


def _versions(context: dg.AssetExecutionContext, asset: dg.AssetKey, months: Mapping[str, MonthDone]) -> dict[str, str]:
    """Return the data version of each month: the one it has in Dagster if its content is the same, else a new one."""
    seen = _seen(context, asset, list(months))
    kept = {key: version for key, (content, version) in seen.items() if content == months[key].version}
    fresh = version_from(month.version for key, month in months.items() if key not in kept)
    return {key: kept.get(key, fresh) for key in months}


def _seen(context: dg.AssetExecutionContext, asset: dg.AssetKey, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return content and data version of the months as Dagster saw them last."""
    newest = context.instance.event_log_storage.get_latest_storage_id_by_partition(
        asset, dg.DagsterEventType.ASSET_MATERIALIZATION, set(keys)
    )
    if not newest:
        return {}
    wanted = dg.AssetRecordsFilter(asset_key=asset, storage_ids=list(newest.values()))
    found: dict[str, tuple[str, str]] = {}
    for record in context.instance.fetch_materializations(wanted, limit=len(newest)).records:
        event = record.asset_materialization
        if event is not None and event.partition is not None and CONTENT in event.metadata:
            found[event.partition] = str(event.metadata[CONTENT].value), str((event.tags or {})[DATA_VERSION_TAG])
    return found


def _provenance(context: dg.AssetExecutionContext, asset: dg.AssetKey, partition: str) -> Mapping[str, str]:
    """Return the tags of the run's own event: code version, and versions of the inputs; the same for each month."""
    wanted = dg.AssetRecordsFilter(asset_key=asset, asset_partitions=[partition])
    [record] = context.instance.fetch_materializations(wanted, limit=1).records
    event = record.asset_materialization
    return {} if event is None else dict(event.tags or {})
