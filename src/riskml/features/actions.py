"""What a business can do about its records, read from TOML and narrowed to what a model looks at."""

import tomllib
from collections.abc import Iterable
from dataclasses import asdict
from importlib import resources
from typing import Any

from riskml.errors import ArtifactError, StudyError
from riskml.scorer.actions import parse_actions


def actions_for(codes: Iterable[str]) -> list[dict[str, Any]]:
    """The actions that change records which a model reads, as the header of its artifact lists them.

    Args:
        codes: the event codes of the model's feature program.

    >>> [action["name"] for action in actions_for(["RECT_ORDER"])]
    ['close_overdue_orders', 'close_orders_before_due']
    """
    read = set(codes)
    found = [{**action, "codes": [code for code in action["codes"] if code in read]} for action in load_actions()]
    return [action for action in found if action["codes"]]


def load_actions() -> list[dict[str, Any]]:
    """All actions that come with riskml, in their order."""
    text = (resources.files("riskml.features") / "actions.toml").read_text(encoding="utf-8")
    return parsed_actions(text, where="actions.toml")


def parsed_actions(text: str, *, where: str) -> list[dict[str, Any]]:
    """Read a list of actions as TOML.

    Raises:
        StudyError: for text that is no TOML, another table than [[action]], an unknown or absent key, an unknown kind,
            two actions of one name, or one without codes or texts.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{where} is not valid TOML: {error}") from error
    rows = table.get("action")
    if set(table) != {"action"} or not isinstance(rows, list):
        raise StudyError(f"{where}: needs [[action]] tables and nothing else, got {sorted(table)}")
    try:
        actions = parse_actions([{"after_days": 0, **row} for row in rows], where)
    except ArtifactError as error:
        raise StudyError(str(error)) from error
    for action in actions:
        if not action.codes or not action.text_en or not action.text_zh:
            raise StudyError(f"{where}: action {action.name!r} needs codes and a text in both languages")
    return [{**asdict(action), "codes": list(action.codes)} for action in actions]
