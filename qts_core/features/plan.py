"""From expressions to an order of kernel calls with as few buffers as possible (ARCHITECTURE section 3)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from qts_core.features.graph import Node
from qts_core.features.operations import COUNTS, OPERATIONS, SOURCES, Operation, Scope
from qts_core.features.spec import Catalogue

__all__ = ["Place", "Plan", "Reach", "Step"]


class Reach(IntEnum):
    """What a step reads for one result, and so what can be computed side by side: symbols, rows, or nothing."""

    SYMBOL = 0
    """The symbol, now and before."""
    INSTANT = 1
    """All symbols, now."""
    EVERYTHING = 2
    """All symbols, now and before."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value lives while a block is computed: `kind` is source, scratch or wide, `index` its number."""

    kind: str
    index: int


@dataclass(frozen=True, slots=True)
class Step:
    """One kernel call.

    Attributes
    ----------
    operation : Operation
    reach : Reach
    inputs, output : Place
    features : tuple of int
        Outputs of the plan that its result is.
    parameters : tuple of int or float
    state_size, state_at : int
        Floats remembered per symbol, and how many those of other steps stand before them in the engine's memory. The
        memory follows the expressions, not the order of execution, so that a better order keeps old snapshots.
    digest : str
        Of the expression: the same in every plan that computes it.
    """

    operation: Operation
    reach: Reach
    inputs: tuple[Place, ...]
    output: Place
    features: tuple[int, ...]
    parameters: tuple[int | float, ...]
    state_size: int
    state_at: int
    digest: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compute for a list of named expressions.

    Attributes
    ----------
    names : tuple of str
        The F outputs in order.
    steps : tuple of Step
        Each after the steps whose results it reads, in stages: what needs only its own symbol, then what looks
        across symbols, then what reads those, and so on.
    copies : tuple of (int, Place)
        Outputs whose value is a source.
    scratch : int
        Buffers needed for intermediate results.
    wide : tuple of int
        How many results stand in each buffer of an operation that writes several.
    hash : str
        sha256 of names and expressions.
    """

    names: tuple[str, ...]
    steps: tuple[Step, ...]
    copies: tuple[tuple[int, Place], ...]
    scratch: int
    wide: tuple[int, ...]
    hash: str

    @classmethod
    def of(cls, features: Catalogue | Mapping[str, Node]) -> Plan:
        """Lay out the distinct nodes of all features, inputs first.

        An intermediate result gives its buffer back after its last reader, so that a block stays in the cache.
        """
        if isinstance(features, Catalogue):
            features = {spec.name: spec.expression for spec in features}
        declared = list(dict.fromkeys(node for root in features.values() for node in root.walk()))
        memory = state_places(declared)
        ordered = in_stages(declared)
        outputs: dict[Node, list[int]] = {}
        for index, root in enumerate(features.values()):
            outputs.setdefault(root, []).append(index)
        readers = Counter(node for each in ordered for node in set(each.inputs))
        places: dict[Node, Place] = {}
        free: list[int] = []
        scratch = 0
        wide: list[int] = []
        steps = []
        for node in ordered:
            if node.operation in SOURCES:
                places[node] = Place("source", SOURCES.index(node.operation))
                continue
            rule = OPERATIONS[node.operation]
            if rule.width > 1:
                places[node] = Place("wide", len(wide))
                wide.append(rule.width)
            elif free:
                places[node] = Place("scratch", free.pop())
            else:
                places[node] = Place("scratch", scratch)
                scratch += 1
            inputs = tuple(places[each] for each in node.inputs)
            asked = tuple(outputs.get(node, ()))
            steps.append(
                Step(rule, reach_of(node), inputs, places[node], asked, node.parameters, *memory[node], node.digest)
            )
            for each in dict.fromkeys((*node.inputs, node)):
                readers[each] -= each is not node
                if readers[each] == 0 and places[each].kind == "scratch":
                    free.append(places[each].index)
        copies = tuple(
            (index, places[root]) for root, asked in outputs.items() if root.operation in SOURCES for index in asked
        )
        text = "\n".join(f"{name} {root.digest}" for name, root in features.items())
        return cls(
            tuple(features), tuple(steps), copies, scratch, tuple(wide), hashlib.sha256(text.encode()).hexdigest()
        )

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles that some step reads, sorted."""
        return tuple(sorted({step.operation.context for step in self.steps} - {"", COUNTS}))

    def features_of(self, number: int) -> tuple[str, ...]:
        """Return the outputs that depend on the result of a step, in the order of the plan."""
        made, asked = {self.steps[number].output}, set(self.steps[number].features)
        for step in self.steps[number + 1 :]:
            if made.isdisjoint(step.inputs):
                made.discard(step.output)  # the buffer has been given to another result
            else:
                made.add(step.output)
                asked.update(step.features)
        return tuple(self.names[index] for index in sorted(asked))

    def state_size(self) -> int:
        """Return how many floats all steps remember per symbol."""
        return sum(step.state_size for step in self.steps)


def state_places(nodes: Sequence[Node]) -> dict[Node, tuple[int, int]]:
    """Return how many floats each operation remembers per symbol, and how many stand before them."""
    places = {}
    used = 0
    for node in nodes:
        if node.operation in OPERATIONS:
            size = OPERATIONS[node.operation].state_size(node.parameters)
            places[node] = size, used
            used += size
    return places


def in_stages(nodes: Sequence[Node]) -> list[Node]:
    """Order nodes so that as few borders as possible lie between those that look at different things."""
    stage: dict[Node, int] = {}
    reach = {node: reach_of(node) for node in nodes}
    for node in nodes:
        behind = (stage[each] + (reach[each] > reach[node]) for each in node.inputs)
        stage[node] = max(behind, default=0)
    return sorted(nodes, key=lambda node: (stage[node], reach[node]))


def reach_of(node: Node) -> Reach:
    """Return what the node's own operation looks at."""
    rule = OPERATIONS.get(node.operation)
    if rule is None or rule.scope is not Scope.CROSS_SECTION:
        return Reach.SYMBOL
    return Reach.EVERYTHING if rule.state_size(node.parameters) else Reach.INSTANT
