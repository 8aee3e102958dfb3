"""Expressions as immutable, hash-consed nodes: equal expressions are one object, computed once (specification 6)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from qts_core.features.operations import OPERATIONS, SOURCES, Parameters, Scope
from qts_core.market.errors import InvalidConfigError

__all__ = ["Node", "apply", "source"]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Node:
    """One operation on earlier nodes, or a source.

    Arithmetic with other nodes and numbers, ``abs`` and ``>`` make new nodes. Two nodes are the same expression
    exactly when they are the same object.

    Attributes
    ----------
    operation : str
        A key of ``OPERATIONS``, or a name of ``SOURCES``.
    parameters : tuple of int or float
    inputs : tuple of Node
    scope : Scope
        Cross-section when any part looks across symbols.
    warm_up_bars : int
        Existing bars before the first value, on data without gaps; a session or a longer timeframe adds its own wait.
    digest : str
        sha256 of the expression, the same in every process.
    """

    operation: str
    parameters: Parameters
    inputs: tuple[Node, ...]
    scope: Scope = field(repr=False)
    warm_up_bars: int = field(repr=False)
    digest: str = field(repr=False)

    def formula(self) -> str:
        """Return the expression as text."""
        words = [node.formula() for node in self.inputs] + [f"{p:g}" for p in self.parameters]
        return f"{self.operation}({', '.join(words)})" if words else self.operation

    def walk(self) -> Iterator[Node]:
        """Yield every distinct node of the expression, inputs first."""
        seen: set[Node] = set()
        stack: list[tuple[Node, bool]] = [(self, False)]
        while stack:
            node, is_expanded = stack.pop()
            if node in seen:
                continue
            if is_expanded:
                seen.add(node)
                yield node
            else:
                stack.append((node, True))
                stack.extend((each, False) for each in reversed(node.inputs))

    def __add__(self, other: Node | float) -> Node:
        return apply("add", self, other) if isinstance(other, Node) else apply("affine", self, scale=1.0, shift=other)

    def __radd__(self, other: float) -> Node:
        return self + other

    def __sub__(self, other: Node | float) -> Node:
        return apply("subtract", self, other) if isinstance(other, Node) else self + (-other)

    def __rsub__(self, other: float) -> Node:
        return apply("affine", self, scale=-1.0, shift=other)

    def __mul__(self, other: Node | float) -> Node:
        if isinstance(other, Node):
            return apply("multiply", self, other)
        return apply("affine", self, scale=other, shift=0.0)

    def __rmul__(self, other: float) -> Node:
        return self * other

    def __truediv__(self, other: Node | float) -> Node:
        return apply("divide", self, other) if isinstance(other, Node) else apply("divide_by", self, divisor=other)

    def __rtruediv__(self, other: float) -> Node:
        return apply("divide_into", self, numerator=other)

    def __neg__(self) -> Node:
        return self * -1.0

    def __abs__(self) -> Node:
        return apply("absolute", self)

    def __gt__(self, other: Node) -> Node:
        return apply("greater", self, other)

    def __lt__(self, other: Node) -> Node:
        return apply("greater", other, self)


_NODES: WeakValueDictionary[tuple[str, Parameters, tuple[Node, ...]], Node] = WeakValueDictionary()


def source(name: str) -> Node:
    """Return the leaf `name` of ``SOURCES``."""
    if name not in SOURCES:
        raise refusal("An expression reads an unknown source.", found=name, expected=f"one of {', '.join(SOURCES)}")
    return intern(name, (), ())


def apply(operation: str, *inputs: Node, **parameters: float) -> Node:
    """Return the node of `operation` on `inputs`; the same object whenever the arguments are equal.

    Parameters
    ----------
    operation : str
        A key of ``OPERATIONS``.
    *inputs : Node
    **parameters : int or float
        By the names the operation declares. Integers count bars and are at least 1 where they are a window.

    Raises
    ------
    InvalidConfigError
        QTS-FEAT-005 if the operation is unknown, or inputs or parameters do not fit it.
    """
    rule = OPERATIONS.get(operation)
    if rule is None:
        raise refusal("An expression uses an unknown operation.", found=operation, expected="a row of OPERATIONS")
    if len(inputs) != rule.inputs or not all(isinstance(node, Node) for node in inputs):
        raise refusal(
            "An operation got the wrong inputs.",
            where=operation,
            found=[type(node).__name__ for node in inputs],
            expected=f"{rule.inputs} expressions",
        )
    if any((width_of(node) > 1) != (operation == "part") for node in inputs):
        raise refusal(
            "An operation got several results where it takes one, or one where it takes several.",
            where=operation,
            found=[node.operation for node in inputs],
            expected="part(...) of an operation with several results",
        )
    if parameters.keys() != rule.parameters.keys():
        raise refusal(
            "An operation got the wrong parameters.",
            where=operation,
            found=sorted(parameters),
            expected=", ".join(rule.parameters) or "none",
        )
    values = tuple(checked(operation, name, kind, parameters[name]) for name, kind in rule.parameters.items())
    return intern(operation, values, inputs)


def width_of(node: Node) -> int:
    """Return how many results the node's operation writes."""
    rule = OPERATIONS.get(node.operation)
    return 1 if rule is None else rule.width


def checked(operation: str, name: str, kind: type[int] | type[float], value: float) -> int | float:
    """Return `value` as `kind`, or refuse it."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    lowest = 1 if name in {"window", "bars", "every", "runs"} else -math.inf
    is_zero_divisor = name == "divisor" and value == 0
    if not is_number or (kind is int and value != int(value)) or value < lowest or is_zero_divisor:
        rule = "a whole number" if kind is int else "a finite number"
        raise refusal(
            "An operation got a parameter that is not allowed.",
            where=f"{operation}.{name}",
            found=value,
            expected=rule + (" of at least 1" if lowest == 1 else ""),
        )
    return kind(value)


def intern(operation: str, parameters: Parameters, inputs: tuple[Node, ...]) -> Node:
    """Return the one node with these parts."""
    key = (operation, parameters, inputs)
    known = _NODES.get(key)
    if known is not None:
        return known
    rule = OPERATIONS.get(operation)
    is_crossing = rule is not None and rule.scope is Scope.CROSS_SECTION
    is_crossing = is_crossing or any(node.scope is Scope.CROSS_SECTION for node in inputs)
    warm_up = max((node.warm_up_bars for node in inputs), default=0)
    revision = 0 if rule is None else rule.revision
    text = f"{operation}/{revision}({','.join(n.digest for n in inputs)};{','.join(map(repr, parameters))})"
    node = Node(
        operation,
        parameters,
        inputs,
        Scope.CROSS_SECTION if is_crossing else Scope.TIME_SERIES,
        warm_up + (0 if rule is None else rule.warm_up(parameters)),
        hashlib.sha256(text.encode()).hexdigest(),
    )
    return _NODES.setdefault(key, node)


def refusal(what: str, *, found: object, expected: str, where: str = "") -> InvalidConfigError:
    """Return the error of a wrong expression."""
    return InvalidConfigError(
        "QTS-FEAT-005", what, where=where, found=found, expected=expected, fix="see docs/concepts/features.md"
    )
