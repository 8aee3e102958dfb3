"""Blocking checks of what every stored table of bars promises, judged by Great Expectations (checklist C-07)."""

from collections.abc import Iterator

import dagster as dg

from qts_core.adapters.clock import SystemClock
from qts_core.adapters.expectations import validate
from qts_core.data.contracts import CONTRACTS, Aspect, Expected
from qts_core.data.ingest import WHOLE
from qts_dagster.defs.resources import Platform
from qts_dagster.lib.contracts import aspect_specs, expected_bars, read_months, verdicts
from qts_dagster.lib.months import months_in_run

__all__ = ["contract_checks"]

BARS = tuple(Aspect)
SIDE = (Aspect.SCHEMA, Aspect.RANGES, Aspect.KEYS)


def contract_checks() -> list[dg.AssetChecksDefinition]:
    """Return the checks of the stored tables, those of the side tables on the asset that writes them."""
    return [
        _of_bars("raw_bars"),
        _of_bars("clean_bars"),
        _of_side_table("quarantine", on="clean_bars"),
        _of_side_table("corporate_actions", on="corporate_actions"),
        _of_side_table("adjusted_bars", on="adjusted_bars"),
        _of_side_table("instruments", on="raw_bars"),
    ]


def _of_bars(name: str) -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(specs=aspect_specs(name, BARS), name=f"contract_of_{name}")
    def contract(context: dg.AssetCheckExecutionContext, platform: Platform) -> Iterator[dg.AssetCheckResult]:
        lake = platform.lake
        months = months_in_run(context.run.tags, lake.months(name))
        frame, stored = read_months(lake, CONTRACTS[name], months)
        expected = expected_bars(platform.source(), platform.calendar, months, SystemClock().now())
        yield from verdicts(validate(frame, CONTRACTS[name], expected, stored=stored), name, months, BARS)

    return contract


def _of_side_table(name: str, *, on: str) -> dg.AssetChecksDefinition:
    prefix = "" if name == on else f"{name}_"

    @dg.multi_asset_check(specs=aspect_specs(on, SIDE, prefix=prefix), name=f"contract_of_{name}")
    def contract(context: dg.AssetCheckExecutionContext, platform: Platform) -> Iterator[dg.AssetCheckResult]:
        lake = platform.lake
        stored_months = lake.months(name)
        months = stored_months if stored_months == (WHOLE,) else months_in_run(context.run.tags, stored_months)
        frame, stored = read_months(lake, CONTRACTS[name], months)
        yield from verdicts(
            validate(frame, CONTRACTS[name], Expected(), stored=stored), on, months, SIDE, prefix=prefix
        )

    return contract
