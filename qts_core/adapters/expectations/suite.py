"""From a contract to the expectations that Great Expectations judges; says each one in words too."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from qts_core.data.contracts import Aspect, Expected, TableContract
from qts_core.data.schemas import Schema

if TYPE_CHECKING:
    from great_expectations.expectations import Expectation

__all__ = ["Item", "suite_of", "type_suite", "types_of"]

TYPES = ("column", "declared", "stored")
ABSENT = "absent"


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One expectation: the part of the contract it belongs to, itself in words, the columns it looks at."""

    aspect: Aspect
    words: str
    columns: tuple[str, ...]
    expectation: Expectation


def suite_of(contract: TableContract, expected: Expected) -> Iterator[Item]:
    """Yield what `contract` and the caller expect of a frame, types apart."""
    yield from _nulls(contract)
    yield from _values(contract)
    yield from _keys(contract)
    yield from _rows(expected)
    yield from _newest(expected)


def type_suite() -> Iterator[Item]:
    """Yield what is expected of the table that :func:`types_of` makes."""
    import great_expectations.expectations as gxe

    yield Item(
        Aspect.SCHEMA, "columns and types are the declared ones", TYPES,
        gxe.ExpectColumnPairValuesToBeEqual(column_A="declared", column_B="stored"),
    )  # fmt: skip


def types_of(contract: TableContract, columns: Schema) -> pl.DataFrame:
    """Return one row for each column declared or stored, with its polars type here and there."""
    names = list(dict.fromkeys([*contract.columns, *columns]))
    declared, stored = (
        [str(kinds[name]) if name in kinds else ABSENT for name in names] for kinds in (contract.columns, columns)
    )
    return pl.DataFrame(dict(zip(TYPES, (names, declared, stored), strict=True)))


def _nulls(contract: TableContract) -> Iterator[Item]:
    import great_expectations.expectations as gxe

    for column in contract.required:
        yield Item(
            Aspect.SCHEMA, f"{column} is never null", (column,), gxe.ExpectColumnValuesToNotBeNull(column=column)
        )


def _values(contract: TableContract) -> Iterator[Item]:
    import great_expectations.expectations as gxe

    for r in contract.ranges:
        low, high = (None if math.isinf(bound) else bound for bound in (r.low, r.high))
        yield Item(
            Aspect.RANGES, _range_words(r.column, low, high, ">" if r.is_open else ">="), (r.column,),
            gxe.ExpectColumnValuesToBeBetween(
                column=r.column, min_value=low, max_value=high, strict_min=r.is_open, strict_max=r.is_open
            ),
        )  # fmt: skip
    for order in contract.orders:
        yield Item(
            Aspect.RANGES, f"{order.column} >= {order.floor}", (order.column, order.floor),
            gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                column_A=order.column, column_B=order.floor, or_equal=True, ignore_row_if="either_value_is_missing"
            ),
        )  # fmt: skip
    for choice in contract.choices:
        yield Item(
            Aspect.RANGES, f"{choice.column} is one of the {len(choice.allowed)} declared", (choice.column,),
            gxe.ExpectColumnValuesToBeInSet(column=choice.column, value_set=list(choice.allowed)),
        )  # fmt: skip


def _keys(contract: TableContract) -> Iterator[Item]:
    import great_expectations.expectations as gxe

    words = f"{', '.join(contract.key)} {'is' if len(contract.key) == 1 else 'together are'} unique"
    one = gxe.ExpectColumnValuesToBeUnique(column=contract.key[0])
    several = gxe.ExpectCompoundColumnsToBeUnique(column_list=list(contract.key)) if len(contract.key) > 1 else one
    yield Item(Aspect.KEYS, words, contract.key, several)


def _rows(expected: Expected) -> Iterator[Item]:
    import great_expectations.expectations as gxe

    most = "" if expected.most_rows is None else f" and at most {expected.most_rows:,}"
    yield Item(
        Aspect.ROW_COUNT, f"at least {expected.least_rows:,}{most} rows", (),
        gxe.ExpectTableRowCountToBeBetween(min_value=expected.least_rows, max_value=expected.most_rows),
    )  # fmt: skip


def _newest(expected: Expected) -> Iterator[Item]:
    if expected.newest is None:
        return
    import great_expectations.expectations as gxe

    yield Item(
        Aspect.FRESHNESS, f"the newest bar starts at {expected.newest:%Y-%m-%d %H:%M} UTC or later", ("ts_event",),
        gxe.ExpectColumnMaxToBeBetween(column="ts_event", min_value=expected.newest),
    )  # fmt: skip


def _range_words(column: str, low: float | None, high: float | None, above: str) -> str:
    below = "<" if above == ">" else "<="
    if high is None:
        return f"{column} {above} {low:g}"
    return f"{column} {below} {high:g}" if low is None else f"{low:g} {below} {column} {below} {high:g}"
