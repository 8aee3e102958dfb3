"""What is kept of a report beside its page: enough to list it, quote it and hold it against another."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from qts_core.market.ids import digest
from qts_core.market.panel import Floats
from qts_core.report.context import Context
from qts_core.report.inputs import ReportInput
from qts_core.report.sections.identity import lineage
from qts_core.report.sections.verdict import verdict

__all__ = ["COST_MODE", "ReportRecord", "record_of"]

COST_MODE: Final = "cost mode"
"""Name of the costs of a run among what it is told by."""

ID_LENGTH = 12


@dataclass(frozen=True, slots=True, eq=False)
class ReportRecord:
    """One report as values.

    Attributes
    ----------
    id : str
        Of what was run: equal runs have equal ids.
    name : str
        File name of the page without its ending.
    title, headline : str
    is_synthetic : bool
    days : tuple of date
        The D sessions out of sample.
    net, gross, benchmark : float64 [D]
        Returns of each session, ratios; the benchmark's are NaN without one.
    figures : mapping of str to float
        Every metric by name.
    hashes, configuration : mapping of str to str
        What it was made of, and with which settings (dotted names).
    features : tuple of str
    links : tuple of (str, str)
        Words and address of every place in the lineage.
    """

    id: str
    name: str
    title: str
    headline: str
    is_synthetic: bool
    days: tuple[date, ...]
    net: Floats
    gross: Floats
    benchmark: Floats
    figures: Mapping[str, float]
    hashes: Mapping[str, str]
    configuration: Mapping[str, str]
    features: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> str:
        """Return JSON; NaN as null, floats in full."""
        content = asdict(self)
        content["days"] = [day.isoformat() for day in self.days]
        for name in ("net", "gross", "benchmark"):
            content[name] = [_known(value) for value in getattr(self, name).tolist()]
        content["figures"] = {name: _known(value) for name, value in self.figures.items()}
        return json.dumps(content, allow_nan=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> ReportRecord:
        """Read what :meth:`to_json` wrote.

        Raises
        ------
        ValueError
            If it is no record.
        """
        content: dict[str, Any] = json.loads(text)  # raw JSON is of any shape
        try:
            return cls(
                **{
                    **content,
                    "days": tuple(date.fromisoformat(day) for day in content["days"]),
                    **{name: _numbers(content[name]) for name in ("net", "gross", "benchmark")},
                    "figures": {k: math.nan if v is None else float(v) for k, v in content["figures"].items()},
                    "features": tuple(content["features"]),
                    "links": tuple((str(words), str(href)) for words, href in content["links"]),
                }
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no report: {error}") from error


def record_of(
    given: ReportInput, name: str, *, configuration: Mapping[str, str] | None = None, features: Sequence[str] = ()
) -> ReportRecord:
    """Return what is kept of a report.

    Parameters
    ----------
    name : str
        File name of its page without the ending.
    configuration : mapping of str to str, optional
        Effective settings by dotted name.
    features : sequence of str
        What the model saw.
    """
    context = Context.of(given)
    who = given.identity
    hashes = {
        "configuration": who.configuration_hash, "data": who.data_hash, "features": who.catalogue_hash,
        "model": who.model_version, "code": who.code_commit, COST_MODE: who.cost_model,
        "seed": "" if who.seed is None else str(who.seed),
    }  # fmt: skip
    nothing = np.full(len(context.net), np.nan)
    return ReportRecord(
        id=digest({"title": who.title, **hashes, "earned": context.net.returns.tolist()})[:ID_LENGTH],
        name=name,
        title=who.title,
        headline=verdict(context).headline,
        is_synthetic=who.is_synthetic,
        days=context.net.dates,
        net=context.net.returns,
        gross=context.gross.returns,
        benchmark=nothing if context.benchmark is None else context.benchmark.returns,
        figures={key: measured.value for key, measured in context.measures.items()},
        hashes=hashes,
        configuration=dict(configuration or {}),
        features=tuple(features),
        links=tuple((f"{line.what}: {line.label}", line.href) for line in lineage(context) if line.href),
    )


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _numbers(values: Sequence[float | None]) -> Floats:
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)
