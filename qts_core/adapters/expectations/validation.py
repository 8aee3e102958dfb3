"""Judge a frame by its contract with Great Expectations: in memory, writing nothing and asking nobody.

The library costs five seconds and 280 MB to import, so it is imported here, inside the functions, and only by asset
checks; what runs often validates in polars.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from qts_core.adapters.expectations.results import AspectResult, Breach, ContractResult
from qts_core.adapters.expectations.suite import Item, suite_of, type_suite, types_of
from qts_core.data.contracts import Aspect, Expected, TableContract
from qts_core.data.schemas import Schema

if TYPE_CHECKING:
    from great_expectations.data_context import EphemeralDataContext

__all__ = ["SHOWN", "validate"]

SHOWN = 20
"""Failing rows kept of each part of a contract."""


def validate(
    frame: pl.DataFrame, contract: TableContract, expected: Expected | None = None, *, stored: Schema | None = None
) -> ContractResult:
    """Judge `frame` by `contract`.

    Parameters
    ----------
    frame : DataFrame
        One month or several of the table.
    contract : TableContract
    expected : Expected, optional
        How many rows there should be and how new the newest; without it any number and any age will do.
    stored : mapping of str to polars type, optional
        Columns and types as they are stored, where `frame` holds only some of them; its own by default.

    Notes
    -----
    Only the columns that an expectation looks at are handed to pandas.
    """
    expected = expected or Expected()
    with warnings.catch_warnings():
        # Importing the library and its pandas code brings deprecations that are not ours to mend.
        warnings.simplefilter("ignore")
        context = _context()
        judged = _judge(context, types_of(contract, stored or frame.schema), list(type_suite()), ())
        items = list(suite_of(contract, expected))
        askable = [item for item in items if set(item.columns) <= set(frame.columns)]
        judged += _judge(context, frame, askable, contract.key)
    judged += [_unasked(item, frame) for item in items if item not in askable]
    aspects = dict.fromkeys(item.aspect for item, _, _ in judged)
    return ContractResult(contract.table, frame.height, {aspect: _collect(aspect, judged) for aspect in aspects})


_Judged = tuple[Item, Breach | None, pl.DataFrame]


def _context() -> EphemeralDataContext:
    """Return a context that lives in memory, draws no progress bars and sends nothing home."""
    # Read by the library when it is imported; versions before 1.20 report their use otherwise.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    return gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        ),
    )


def _judge(
    context: EphemeralDataContext, frame: pl.DataFrame, items: Sequence[Item], key: Sequence[str]
) -> list[_Judged]:
    import great_expectations as gx

    needed = list(dict.fromkeys(column for item in items for column in item.columns))
    rows = frame.select(needed).to_pandas() if needed else frame.select(pl.lit(0).alias("row")).to_pandas()
    name = f"table_{len(context.data_sources.all())}"
    asset = context.data_sources.add_pandas(name).add_dataframe_asset(name)
    batch = asset.add_batch_definition_whole_dataframe(name).get_batch({"dataframe": rows})
    suite = gx.ExpectationSuite(name=name, expectations=[item.expectation for item in items])
    done = batch.validate(suite, result_format={"result_format": "SUMMARY", "partial_unexpected_count": SHOWN})
    # The library returns the results in an order of its own: each is found again by what it expects.
    results = {_identity(result.expectation_config): result for result in done.results}
    return [_verdict(item, results[_identity(item.expectation.configuration)], frame, key) for item in items]


def _identity(configuration: Any) -> str:  # Any: the library's configuration objects carry no useful type
    return f"{configuration.type} {sorted((k, str(v)) for k, v in configuration.kwargs.items() if k != 'batch_id')}"


def _verdict(item: Item, result: Any, frame: pl.DataFrame, key: Sequence[str]) -> _Judged:  # Any: as above
    if result.success:
        return item, None, frame.clear()
    raised = [info["exception_message"] for info in _exceptions(result.exception_info) if info["raised_exception"]]
    if raised:
        why = str(raised[0]).splitlines()[0][:200]
        return item, Breach(item.words, f"could not be judged: {why}", 0), frame.clear()
    details = result.result
    if "unexpected_count" not in details:
        return item, Breach(item.words, f"found {str(details.get('observed_value'))[:200]}", 0), frame.clear()
    count = int(details["unexpected_count"])
    places = [int(place) for place in details.get("partial_unexpected_index_list") or ()][:SHOWN]
    columns = dict.fromkeys([*(k for k in key if k in frame.columns), *item.columns])
    shown = frame[places].select(list(columns))
    return item, Breach(item.words, f"{count:,} of {frame.height:,} rows do not", count), shown


def _unasked(item: Item, frame: pl.DataFrame) -> _Judged:
    missing = ", ".join(column for column in item.columns if column not in frame.columns)
    return item, Breach(item.words, f"could not be judged: no column {missing}", 0), frame.clear()


def _exceptions(info: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the exceptions of one result, which come one by one or by the metric that raised them."""
    return [info] if "raised_exception" in info else list(info.values())


def _collect(aspect: Aspect, judged: Sequence[_Judged]) -> AspectResult:
    mine = [(breach, rows) for item, breach, rows in judged if item.aspect is aspect]
    failing = [rows for breach, rows in mine if breach is not None and rows.height]
    together = pl.concat(failing, how="diagonal").unique(maintain_order=True) if failing else pl.DataFrame()
    return AspectResult(len(mine), tuple(breach for breach, _ in mine if breach is not None), together.head(SHOWN))
