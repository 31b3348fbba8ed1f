"""How old an artifact and its context may be: what is too old warns or is refused, as the caller chose."""

import warnings
from datetime import date
from typing import Final

from riskml.scorer.errors import ArtifactError, InputError
from riskml.scorer.header import Header
from riskml.scorer.scanning.context import Context
from riskml.scorer.scanning.days import EPOCH, day_number

CHOICES: Final = ("warn", "refuse", "ignore")
TO_CALLER: Final = 4
"""Frames between the warning and whoever called the scorer, about."""


def check_choice(name: str, value: str) -> None:
    """Refuse what is none of `CHOICES`.

    Raises:
        InputError: with the argument's name and what is allowed.
    """
    if value not in CHOICES:
        raise InputError(f"{name} must be one of {list(CHOICES)}, got {value!r}")


def check_expiry(header: Header, today: "str | date", on_expired: str) -> None:
    """Warn of, or refuse, an artifact on or after the day it expires.

    Args:
        header: of the artifact.
        today: day against which it is held.
        on_expired: "warn" or "refuse".

    Raises:
        ArtifactError: if it is expired and to be refused.
        InputError: if `today` is no day.
    """
    if day_number(today, "today") < day_number(header.expires_on, "expires_on"):
        return
    text = f"artifact {header.name!r} expired on {header.expires_on}; train on newer records and export again"
    if on_expired == "refuse":
        raise ArtifactError(text)
    warnings.warn(text, UserWarning, stacklevel=TO_CALLER - 1)


def usable(context: Context, header: Header, day: int, on_stale: str) -> Context | None:
    """The context as it may be used on a decision day; None, with a warning, if it is of a later day.

    Args:
        context: totals of other sites.
        header: of the artifact, which says how old they may be.
        day: day number of the decision day.
        on_stale: "warn", "refuse" or "ignore", of a context older than that.

    Raises:
        InputError: if it is too old and to be refused.
    """
    made = date.fromordinal(context.as_of + EPOCH)
    fresh = "score with Scorer.with_context of that day (riskml context makes it)"
    if context.as_of > day:
        text = f"the context is of {made}, later than as_of: what it says of other sites counts as missing; {fresh}"
        warnings.warn(text, UserWarning, stacklevel=TO_CALLER)
        return None
    if day - context.as_of > header.context_days and on_stale != "ignore":
        text = f"the context is of {made}, more than {header.context_days} days before as_of; {fresh}"
        if on_stale == "refuse":
            raise InputError(text)
        warnings.warn(text, UserWarning, stacklevel=TO_CALLER)
    return context
