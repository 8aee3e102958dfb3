"""What models learn to foretell: the labels of each target of models.yaml by month, with when they are known."""

from collections.abc import Iterator, Mapping

import dagster as dg
import numpy as np

from qts_core.adapters.expectations import validate
from qts_core.config.models import ModelsSettings
from qts_core.data.contracts import Aspect, Expected
from qts_core.report.figures import bar_chart, histogram_chart
from qts_core.report.formats import Format, decimals, percent
from qts_core.research.label_months import LabelMaker, LabelMonth, label_contract, labels_table, months_ahead
from qts_core.targets import Target, parse_target
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.automation import MONTHLY, owners
from qts_dagster.lib.contracts import aspect_specs, read_months, verdicts
from qts_dagster.lib.metadata import Metadata, image, number, partition_metadata
from qts_dagster.lib.months import MonthDone, materialise_together, months_in_run, version_of
from qts_dagster.lib.partitions import month_key, months_of, partition_key, single_run
from qts_dagster.lib.results import MonthEvents

__all__ = ["label_assets", "label_checks", "targets_of"]

TAGS = {"layer": "gold", "spec": "6.5", "cost": "cpu", **MONTHLY}
ASPECTS = (Aspect.SCHEMA, Aspect.RANGES, Aspect.KEYS)


def targets_of(models: ModelsSettings) -> tuple[Target, ...]:
    """Return the targets of the models that are trained, each once, in the order of models.yaml."""
    names = dict.fromkeys(parse_target(entry.target).name for entry in models.models.values() if entry.enabled)
    return tuple(parse_target(name) for name in names)


def label_assets(platform: Platform) -> list[dg.AssetsDefinition]:
    """Define the labels in the group `features`, on the months of the lake's market."""
    targets = {dg.AssetKey(labels_table(target)): target for target in targets_of(platform.settings.models)}
    if not targets:
        return []

    @dg.multi_asset(
        name="label_months", specs=[_spec(target) for target in targets.values()], can_subset=True,
        partitions_def=months_of(platform.source()), backfill_policy=single_run(),
    )  # fmt: skip
    def label_months(context: dg.AssetExecutionContext, platform: Platform) -> MonthEvents:
        lake = platform.lake
        maker = LabelMaker(lake, platform.settings, platform.calendar)
        asked = {key: target for key, target in targets.items() if key in context.selected_asset_keys}
        run = [month_key(key) for key in context.partition_keys]
        ending = {m for target in asked.values() for m in maker.months_ending_in(target, run)}

        def compute(month: str) -> Mapping[dg.AssetKey, MonthDone]:
            return {
                key: MonthDone(
                    version_of(lake, [labels_table(target)], month),
                    _metadata(target, done),
                    is_unchanged=done.is_unchanged,
                )
                for key, target in asked.items()
                for done in [maker.refresh(target, month)]
            }

        yield from materialise_together(context, compute, before=[partition_key(m) for m in ending - set(run)])

    return [label_months]


def label_checks(platform: Platform) -> list[dg.AssetChecksDefinition]:
    """Return the blocking checks of what the tables of labels promise."""
    return [_contract(target) for target in targets_of(platform.settings.models)]


def _spec(target: Target) -> dg.AssetSpec:
    ahead = dg.TimeWindowPartitionMapping(
        start_offset=0, end_offset=months_ahead(target), allow_nonexistent_upstream_partitions=True
    )
    classes = f" Classes: {', '.join(target.spec.classes)}." if target.spec.classes else ""
    return dg.AssetSpec(
        labels_table(target), deps=[dg.AssetDep("clean_bars", partition_mapping=ahead)], group_name="features",
        owners=owners["research"], kinds={"numpy", "parquet"}, tags=TAGS, code_version="1",
        description=f"What `{target.name}` foretells, h = {target.horizon_bars} bars: {target.spec.meaning}.{classes}"
        "\n\nOne row per symbol and bar whose label is known. `ts_known` is the end of the last bar that the label "
        "uses: read as of any moment, the table holds what could be known then. The labels of a month's last bars end "
        "in the month after and come with it.",
    )  # fmt: skip


def _contract(target: Target) -> dg.AssetChecksDefinition:
    name = labels_table(target)

    @dg.multi_asset_check(specs=aspect_specs(name, ASPECTS), name=f"contract_of_{name}")
    def contract(context: dg.AssetCheckExecutionContext, platform: Platform) -> Iterator[dg.AssetCheckResult]:
        lake, declared = platform.lake, label_contract(target)
        months = months_in_run(context.run.tags, lake.months(name))
        frame, stored = read_months(lake, declared, months)
        yield from verdicts(validate(frame, declared, Expected(), stored=stored), name, months, ASPECTS)

    return contract


def _metadata(target: Target, done: LabelMonth) -> Metadata:
    label = done.frame["label"].to_numpy()
    told: Metadata = {
        **partition_metadata(done.partition),
        "unit": number(target.spec.unit),
        "horizon_bars": number(target.horizon_bars),
    }
    if not len(label):
        return told
    told["known_until"] = number(str(done.frame["ts_known"].max()))
    if target.is_classification:
        shares = [float(np.mean(label == index)) for index in range(len(target.spec.classes))]
        drawing = bar_chart(target.spec.classes, shares, title="Share of each class", value_format=percent)
        return {**told, "classes": image(drawing, "Share of each class among the labels of the month.")}
    return {
        **told,
        "mean": number(float(label.mean())),
        "deviation": number(float(label.std())),
        "distribution": image(
            histogram_chart(label, title="Labels", unit="labels", value_format=_written(target)),
            f"How the labels of the month spread, in {target.spec.unit}; the outermost half per cent joins the ends.",
        ),
    }


def _written(target: Target) -> Format:
    return percent if target.spec.unit == "ratio" else decimals
