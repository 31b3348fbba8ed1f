"""The cheap frozen dataclass does what dataclass(frozen=True) does."""

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any

import pytest

from riskml.scorer.frozen import frozen


@frozen
class Cheap:
    """Two numbers and a text."""

    x: float
    y: float
    name: str = "none"

    @cached_property
    def total(self) -> float:
        return self.x + self.y


@dataclass(frozen=True)
class Plain:
    """The same, by the standard library."""

    x: float
    y: float
    name: str = "none"


both = pytest.mark.parametrize("kind", [Cheap, Plain])


@both
def test_it_is_made_by_place_and_by_name_with_defaults(kind: Any) -> None:
    made = kind(1, y=2)
    assert (made.x, made.y, made.name) == (1, 2, "none")
    assert kind(1, 2, "a").name == kind(name="a", y=2, x=1).name == "a"
    assert repr(made) == f"{kind.__name__}(x=1, y=2, name='none')"


@both
@pytest.mark.parametrize(("given", "named"), [((1,), {}), ((1, 2, "a", 4), {}), ((1, 2), {"x": 1}), ((1, 2), {"z": 1})])
def test_wrong_arguments_are_refused(kind: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        kind(*given, **named)


@both
def test_it_cannot_be_changed(kind: Any) -> None:
    made = kind(1, 2)
    for name in ("x", "new"):
        with pytest.raises(FrozenInstanceError):
            setattr(made, name, 3)
    with pytest.raises(FrozenInstanceError):
        del made.x
    assert made == kind(1, 2)


@both
def test_equal_values_are_equal_and_hash_alike(kind: Any) -> None:
    assert kind(1, 2) == kind(1.0, 2.0)
    assert hash(kind(1, 2)) == hash(kind(1.0, 2.0))
    assert kind(1, 2) != kind(1, 3)
    assert kind(1, 2) != (1, 2, "none")


@both
def test_the_tools_of_dataclasses_work_on_it(kind: Any) -> None:
    made = kind(1, 2)
    assert [field.name for field in fields(made)] == ["x", "y", "name"]
    assert asdict(made) == {"x": 1, "y": 2, "name": "none"}
    assert replace(made, y=5) == kind(1, 5)


@both
def test_copies_are_equal(kind: Any) -> None:
    made = kind(1, 2)
    assert copy.deepcopy(made) == copy.copy(made) == made
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301 - its own bytes


def test_a_frozen_dataclass_may_inherit_from_it() -> None:
    @dataclass(frozen=True)
    class More(Cheap):
        z: float = 9.0

    assert (More(1, 2).total, More(1, 2, z=4).z) == (3, 4)
    with pytest.raises(FrozenInstanceError):
        More(1, 2).x = 3  # type: ignore[misc]


def test_a_method_of_the_class_itself_is_kept() -> None:
    @frozen
    class Shown:
        x: int

        def __repr__(self) -> str:
            return "shown"

    assert repr(Shown(1)) == "shown"


def test_a_cached_property_is_kept_and_is_no_part_of_the_value() -> None:
    made = Cheap(1, 2)
    assert made.total == 3
    assert vars(made)["total"] == 3
    assert made == Cheap(1, 2)
    assert vars(replace(made, x=5)) == {"x": 5, "y": 2, "name": "none"}
