"""From two registered versions to their comparison: predictions, folds, parameters, features, gates."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from qts_core.config.settings import Settings
from qts_core.data.ingest import load_panel
from qts_core.data.market_source import market_instruments
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataCorruptionError, DataNotFoundError, ModelError
from qts_core.market.membership import membership_mask
from qts_core.models.bundle import ModelBundle
from qts_core.models.manifest import Manifest
from qts_core.ports.lake import LakePort
from qts_core.ports.registry import RegisteredVersion
from qts_core.ports.research_store import GateRecord
from qts_core.research.comparison.compared import Comparison, GateRow, Side
from qts_core.research.comparison.scored import Scored, span_comparison
from qts_core.research.tools import ResearchTools
from qts_core.research.training_manifest import read_manifest
from qts_core.research.training_summary import TrainingSummary, predictions_of_version, training_of_version
from qts_core.research.version_reference import SEMANTIC_TAG
from qts_core.targets import judged_values, labels_for, parse_target

__all__ = ["compare_versions"]

OPERATIONAL = ("enabled", "training.retrain_frequency")
"""Settings of a model that decide when it is trained, not what it learns."""


def compare_versions(
    lake: LakePort, settings: Settings, tools: ResearchTools, first: RegisteredVersion, second: RegisteredVersion, *,
    calendar: TradingCalendar,
) -> Comparison:  # fmt: skip
    """Compare two registered versions on the bars of which both have an out-of-sample prediction.

    Parameters
    ----------
    lake : LakePort
        With the predictions that the trainings left, and the bars.
    settings : Settings
        Name the universe.
    tools : ResearchTools
    first, second : RegisteredVersion
        The first is the one to beat; the folds are those of the second.
    calendar : TradingCalendar

    Raises
    ------
    ModelError
        QTS-MODEL-078 if the lake has no predictions of one of them.
    """
    trainings = _training(lake, first), _training(lake, second)
    scored = _scored(lake, settings, trainings, calendar)
    spans = [(fold.name, fold.test) for fold in trainings[1].folds]
    folds = tuple(span_comparison(scored, name, (span[0], span[1])) for name, span in spans)
    whole = (min(span[0] for _, span in spans), max(span[1] for _, span in spans))
    manifests = [ModelBundle(tools.registry.download(v.model, v.version)).manifest for v in (first, second)]
    features = [{f.name: f.hash for f in manifest.features} for manifest in manifests]
    records = [tools.gates.latest(v.model, v.version) for v in (first, second)]
    return Comparison(
        _side(first, manifests[0]), _side(second, manifests[1]), folds, span_comparison(scored, "all", whole),
        has_same_plan=trainings[0].plan_hash == trainings[1].plan_hash, correlation=scored.correlation(),
        parameters=_differences(*(_choices(lake, manifest) for manifest in manifests)),
        only_first=tuple(sorted(set(features[0]) - set(features[1]))),
        only_second=tuple(sorted(set(features[1]) - set(features[0]))),
        changed=tuple(n for n in sorted(set(features[0]) & set(features[1])) if features[0][n] != features[1][n]),
        gates=_gates(*records),
    )  # fmt: skip


def _training(lake: LakePort, version: RegisteredVersion) -> TrainingSummary:
    key = version.model.removeprefix("qts_")
    found = training_of_version(lake, key, version.version, version.bundle_sha256)
    if found is None:
        raise ModelError(
            "QTS-MODEL-078", "the lake holds no out-of-sample predictions of a version",
            where=f"{version.model} version {version.version}", found="a bundle that was trained elsewhere or earlier",
            expected="the predictions that its training left", fix=f"train it again with `qts train {key}`",
        )  # fmt: skip
    return found


def _scored(
    lake: LakePort, settings: Settings, trainings: tuple[TrainingSummary, TrainingSummary], calendar: TradingCalendar
) -> Scored:
    symbols = tuple(sorted({*trainings[0].symbols, *trainings[1].symbols}))
    panel = load_panel(lake, calendar=calendar, symbols=symbols)
    members = membership_mask(market_instruments(lake, settings.universe, panel.symbols), panel.timeline)
    scores, outcomes = [], []
    for training in trainings:
        target = parse_target(training.target)
        scores.append(predictions_of_version(lake, training, panel.timeline, panel.symbols))
        outcomes.append(judged_values(target, labels_for(target, panel, members), panel))
    horizon = max(training.horizon_bars for training in trainings)
    return Scored(panel.timeline, (scores[0], scores[1]), (outcomes[0], outcomes[1]), horizon).common()


def _side(version: RegisteredVersion, manifest: Manifest) -> Side:
    span = manifest.training
    return Side(
        version.model, version.version, version.tags.get(SEMANTIC_TAG, ""), version.aliases, version.bundle_sha256,
        span.first.isoformat(), span.last.isoformat(), manifest.target,
    )  # fmt: skip


def _choices(lake: LakePort, manifest: Manifest) -> dict[str, str]:
    """Return every choice of a training by dotted name: from its training set, else what the bundle holds."""
    held = dict(manifest.configuration) or {f"parameter.{k}": str(v) for k, v in manifest.parameters.items()}
    try:
        stored = read_manifest(lake, manifest.training.training_set)
    except (DataNotFoundError, DataCorruptionError):
        return held
    chosen = _flat(stored.settings.model_dump(mode="json"))
    return {name: text for name, text in chosen.items() if name not in OPERATIONAL}


def _flat(content: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in content.items():
        nested = _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": str(value)}
        found |= nested
    return found


def _differences(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    names = sorted({*first, *second})
    return {n: (first.get(n, ""), second.get(n, "")) for n in names if first.get(n) != second.get(n)}


def _gates(first: GateRecord | None, second: GateRecord | None) -> tuple[GateRow, ...]:
    judged = [_judged(record) for record in (first, second)]
    names = list(dict.fromkeys([*judged[0], *judged[1]]))
    return tuple(GateRow(name, judged[0].get(name), judged[1].get(name)) for name in names)


def _judged(record: GateRecord | None) -> dict[str, tuple[str, float]]:
    if record is None:
        return {}
    gates = json.loads(record.report)["gates"]
    return {
        g["name"].removeprefix("gate."): (_verdict(g), np.nan if g["value"] is None else float(g["value"]))
        for g in gates
    }


def _verdict(gate: Mapping[str, object]) -> str:
    if not gate.get("applies", True):
        return "not applicable"
    return "passed" if gate["passed"] else "refused"
