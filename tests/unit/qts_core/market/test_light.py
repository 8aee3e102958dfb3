"""Light dataclasses do what the standard library's frozen ones do."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace

import pytest

from qts_core.market.light import changed, light


@dataclass(frozen=True, slots=True)
class Plain:
    """As the standard library makes it."""

    name: str
    amount: float
    notes: Mapping[str, str] = field(default_factory=dict)
    place: int = 7


@light
@dataclass(frozen=True, slots=True)
class Light:
    """The same, made cheaply."""

    name: str
    amount: float
    notes: Mapping[str, str] = field(default_factory=dict)
    place: int = 7


@pytest.mark.parametrize(
    ("given", "named"),
    [(("a", 1.5), {}), (("a",), {"amount": 2.0}), (("a", 2.0, {"x": "y"}, 3), {}), ((), {"amount": 1.0, "name": "b"})],
)
def test_it_takes_what_the_plain_one_takes(given: tuple[object, ...], named: dict[str, object]) -> None:
    made, plain = Light(*given, **named), Plain(*given, **named)  # type: ignore[arg-type]
    assert asdict(made) == asdict(plain)
    assert repr(made) == repr(plain).replace("Plain", "Light")
    assert [f.name for f in fields(made)] == [f.name for f in fields(plain)]
    assert type(made) is Light


@pytest.mark.parametrize(("given", "named"), [((), {}), (("a",), {}), (("a", 1.0), {"colour": 1})])
def test_it_refuses_what_the_plain_one_refuses(given: tuple[object, ...], named: dict[str, object]) -> None:
    for kind in (Plain, Light):
        with pytest.raises(TypeError):
            kind(*given, **named)  # type: ignore[arg-type]


def test_it_cannot_be_changed() -> None:
    made = Light("a", 1.0)
    with pytest.raises(FrozenInstanceError):
        made.amount = 2.0  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del made.name


def test_it_equals_by_content_and_hashes_alike() -> None:
    notes: tuple[tuple[str, str], ...] = (("x", "y"),)
    one, other = (Light("a", 1.0, notes) for _ in range(2))  # type: ignore[arg-type]
    assert one == other
    assert hash(one) == hash(other)
    assert one != Light("b", 1.0, notes)  # type: ignore[arg-type]


def test_a_default_that_is_made_is_made_for_each() -> None:
    assert Light("a", 1.0).notes is not Light("a", 1.0).notes


def test_a_changed_copy_is_what_replace_gives_and_leaves_the_first_alone() -> None:
    first = Light("a", 1.0)
    second = changed(first, amount=3.0, place=9)
    assert second == replace(first, amount=3.0, place=9)
    assert first == Light("a", 1.0)
    with pytest.raises(FrozenInstanceError):
        second.place = 1  # type: ignore[misc]
    with pytest.raises(AttributeError):
        changed(first, colour=1)  # type: ignore[call-arg]


def test_it_can_be_copied() -> None:
    made = Light("a", 1.0, {"x": "y"})
    assert copy.deepcopy(made) == made


def test_a_class_with_more_than_plain_fields_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Derived:
        amount: float
        twice: float = field(init=False, default=0.0)

    @dataclass(frozen=True, slots=True)
    class Checked:
        amount: float

        def __post_init__(self) -> None:
            assert self.amount

    for kind in (Derived, Checked):
        with pytest.raises(TypeError, match="more than plain fields"):
            light(kind)
