"""Frozen dataclasses that cost little to define: their methods are shared, not compiled anew for every class.

`dataclass(frozen=True)` compiles six methods for a class; the classes of the scorer together would take a good part of
the time in which a fresh process is to have loaded an artifact and scored a row. What these classes do is the same.
"""

from dataclasses import FrozenInstanceError, dataclass, fields
from typing import NoReturn, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def frozen(cls: type[T]) -> type[T]:
    """Make a class a frozen dataclass; default values are values, made once for all instances.

    >>> @frozen
    ... class Point:
    ...     x: int
    ...     y: int = 0
    >>> Point(1), Point(x=1) == Point(1, 0), Point(1) == Point(2), len({Point(1), Point(1)})
    (Point(x=1, y=0), True, False, 1)
    >>> Point(1).x = 2
    Traceback (most recent call last):
    dataclasses.FrozenInstanceError: cannot change 'x' of Point
    >>> Point()
    Traceback (most recent call last):
    TypeError: Point() needs x, y; got ()
    """
    own = set(vars(cls))
    made = dataclass(init=False, repr=False, eq=False)(cls)
    names = tuple(field.name for field in fields(made))  # type: ignore[arg-type]
    defaults = {name: vars(made)[name] for name in names if name in vars(made)}

    def fill(self: object, *given: object, **named: object) -> None:
        values = dict(zip(names, given, strict=False))
        found = {**defaults, **values, **named}
        if len(given) > len(names) or values.keys() & named.keys() or found.keys() != set(names):
            raise TypeError(f"{made.__name__}() needs {', '.join(names)}; got {(*given, *named)!r:.80}")
        vars(self).update((name, found[name]) for name in names)

    def values_of(self: object) -> tuple[object, ...]:
        held = vars(self)
        return tuple(held[name] for name in names)

    def equal(self: object, other: object) -> bool:
        return values_of(self) == values_of(other) if type(other) is type(self) else NotImplemented

    def shown(self: object) -> str:
        return f"{made.__name__}({', '.join(f'{name}={vars(self)[name]!r}' for name in names)})"

    def hashed(self: object) -> int:
        return hash(values_of(self))

    methods = {"__init__": fill, "__eq__": equal, "__repr__": shown, "__hash__": hashed}
    for name, method in methods.items():
        if name not in own:
            setattr(made, name, method)
    vars(made)["__dataclass_params__"].frozen = True  # so that a frozen dataclass may inherit from it
    made.__setattr__, made.__delattr__ = _refuse, _refuse  # type: ignore[method-assign]
    return made


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot change {name!r} of {type(self).__name__}")
