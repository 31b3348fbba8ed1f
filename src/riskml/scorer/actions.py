"""What a business can do about its records, as model.json lists it: the actions that counter-facts are made of."""

from typing import Any, Final

from riskml.scorer.checks import MAX_DAYS, Check, filled, list_of, one_of, table_of, text
from riskml.scorer.errors import ArtifactError
from riskml.scorer.frozen import frozen

KINDS: Final = ("end", "end_overdue", "repair", "renew", "clean_visit")
"""A status or an order in force ends (end_overdue: one past its due day, end: any other), a penalty is repaired, an
expired certificate is renewed, a visit finds nothing."""
MAX_ACTIONS: Final = 100


@frozen
class Action:
    """One thing that a business can do ("close the overdue orders").

    Attributes:
        kind: one of `KINDS`.
        codes: event codes that it concerns.
        after_days: a record must have been known for that many days before it can be repaired; 0 = at once.
    """

    name: str
    text_en: str
    text_zh: str
    kind: str
    codes: tuple[str, ...]
    after_days: int = 0


def parse_actions(value: object, where: str) -> tuple[Action, ...]:
    """The actions of a decoded JSON list.

    Raises:
        ArtifactError: for other keys, an unknown kind, a number out of bounds, or two of one name.
    """
    actions: tuple[Action, ...] = list_of(_action, at_most=MAX_ACTIONS)(value, where)
    if len({action.name for action in actions}) < len(actions):
        raise ArtifactError(f"{where}: two actions have the same name")
    return actions


def _action(value: object, where: str) -> Action:
    return Action(**table_of(value, where, _ACTION))


def _wait(value: Any, where: str) -> int:
    if type(value) is not int or not 0 <= value <= MAX_DAYS:
        raise ArtifactError(f"{where} must be a number of days from 0 to {MAX_DAYS}, got {value!r:.80}")
    return value


_ACTION: Final[dict[str, Check]] = {
    "name": filled,
    "text_en": text,
    "text_zh": text,
    "kind": one_of(*KINDS),
    "codes": list_of(filled),
    "after_days": _wait,
}
