"""The compiled catalog, checked and laid out as the flat integer lists that the scan reads."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from riskml.scorer.errors import ArtifactError
from riskml.scorer.scanning import context as others
from riskml.scorer.scanning import kernel
from riskml.scorer.scanning.kernel import NEVER, SCALE

ORIGINS: Final = ("events", "site", "site_days", "site_until", "category", "calendar", "context")
"""Where a feature comes from: the site's events by the scan, its own row (a number, the days since a day or until one,
a category), the calendar (month of the decision day), or the other sites (`scorer.scanning.context`)."""
MAX_CODES: Final = 255
MAX_WINDOW: Final = 100_000
"""Longest window in days."""

AGGREGATES: Final = {
    "count": kernel.VALUE,
    "sum": kernel.VALUE,
    "max_severity": kernel.VALUE,
    "max_quantity": kernel.VALUE,
    "decayed": kernel.SCALED,
    "share": kernel.RATIO,
    "mean": kernel.RATIO,
    "days_since_last": kernel.SINCE,
    "days_since_first": kernel.FIRST,
    "last_value": kernel.RECENT,
    "streak": kernel.STREAK,
    "overdue": kernel.VALUE,
    "in_force": kernel.VALUE,
    "expired": kernel.VALUE,
    "days_until_expiry": kernel.UNTIL,
    "days_since_last_without": kernel.WITHOUT,
    "trend": kernel.TREND,
}
"""Aggregates over the events of a feature's codes within its window, as they hold on the decision day.

A window of W days is half-open, `[as_of - W, as_of)` on occurred_on; without one all events before `as_of` count.
With skip_repaired, events repaired by then do not count, neither those of `codes` nor those of `per`.

count: how many. sum: of quantity. max_severity, max_quantity: 0 if none. decayed: sum of quantity x 2^(-age /
half-life), in fixed point. share: events of `codes` per event of `per` (missing if none of `per`). mean: quantity per
event (missing if none). days_since_last, days_since_first: age of the latest or earliest (missing if none). last_value:
quantity of the latest, by day then by day known then the largest (missing if none). streak: events of `codes` after the
last of `per`. overdue: due_on < as_of; an order that ended no longer holds. in_force: no valid_to, or valid_to >=
as_of. expired: valid_to < as_of. days_until_expiry: the smallest valid_to - as_of of those in force (missing if none
has a valid_to). days_since_last_without: age of the latest event of `codes` for which no event of `per` has the same
occurred_on and the same inspection_id, or none like it (missing if there is none): the last clean visit. trend: how
many in the window less how many in the equally long one before, `[as_of - 2W, as_of - W)`.
"""
WITH_PER: Final = ("share", "streak", "days_since_last_without")
"""Aggregates that compare the events of `codes` with those of `per`; the others have no `per`."""
WITH_WINDOW: Final = ("trend",)
"""Aggregates that need a window."""

_MEASURES: Final = {
    "sum": kernel.QUANTITY,
    "max_severity": kernel.SEVERITY,
    "max_quantity": kernel.LARGEST,
    "decayed": kernel.WEIGHTED,
    "days_since_last": kernel.LATEST,
    "days_since_first": kernel.EARLIEST,
    "last_value": kernel.LAST,
    "overdue": kernel.OVERDUE,
    "in_force": kernel.IN_FORCE,
    "expired": kernel.EXPIRED,
    "days_until_expiry": kernel.SOONEST,
}
"""What the tally of a feature's codes keeps, for the features that are read from one slot."""
ZERO_WITHOUT: Final = (kernel.VALUE, kernel.SCALED, kernel.TREND, kernel.STREAK)
"""Forms whose value is 0 where nothing happened; that of the others is missing."""

_MISSING: Final = (kernel.RATIO, kernel.SINCE, kernel.FIRST, kernel.UNTIL, kernel.RECENT, kernel.WITHOUT)
"""Forms whose value is missing where nothing happened; that of the others is 0."""
_LOOKS_AGAIN: Final = (kernel.STREAK, kernel.WITHOUT)
"""Forms that look at the events again."""

_Tally = tuple[int, tuple[int, ...], bool, int]
"""What it keeps, of which codes, whether repaired events are left out, by which decay table (-1: none)."""
_Use = tuple[_Tally, int]
"""A tally and a window of it."""


def check_program(program: Mapping[str, Any]) -> None:
    """Refuse a program (the compiled catalog) whose parts are unknown or out of bounds.

    Raises:
        ArtifactError: with the feature and what is wrong with it.
    """
    codes = program.get("codes")
    tables = program.get("tables")
    if not isinstance(codes, list) or len(codes) > MAX_CODES or not isinstance(tables, list):
        raise ArtifactError(f"the feature program needs a list of at most {MAX_CODES} codes and a list of decay tables")
    for feature in program["features"]:
        name, source = feature.get("name"), feature.get("from")
        if source not in ORIGINS:
            raise ArtifactError(f"feature {name!r}: unknown origin {source!r}")
        if source == "events":
            _check_feature(feature, f"feature {name!r}", len(codes), len(tables))
        elif source == "context":
            _check_context_feature(feature, f"feature {name!r}", program["context"])
    others.check_program_context(program.get("context"), len(codes))
    for fact in others.facts_program(program)["features"]:
        _check_feature(fact, "a fact of the context", len(codes), len(tables))
    if any(type(weight) is not int or not 0 <= weight <= SCALE for table in tables for weight in table):
        raise ArtifactError(f"a decay table holds a weight that is not an integer from 0 to {SCALE}")


def _check_feature(feature: Mapping[str, Any], what: str, codes: int, tables: int) -> None:
    aggregate, window = feature.get("aggregate"), feature["window"]
    places = [*feature["codes"], *feature["per"]]
    if aggregate not in AGGREGATES or any(type(place) is not int or not 0 <= place < codes for place in places):
        raise ArtifactError(f"{what}: unknown aggregate {aggregate!r} or code out of bounds")
    if window is not None and (type(window) is not int or not 0 < window <= MAX_WINDOW):
        raise ArtifactError(f"{what}: a window is 1 to {MAX_WINDOW} days or null, got {window!r}")
    if aggregate in WITH_WINDOW and window is None:
        raise ArtifactError(f"{what}: the aggregate {aggregate} needs a window")
    if aggregate == "decayed" and not 0 <= feature["table"] < tables:
        raise ArtifactError(f"{what}: decay table {feature['table']} of {tables}")


def _check_context_feature(feature: Mapping[str, Any], what: str, context: Mapping[str, Any]) -> None:
    facts, aggregate = len(context["facts"]), feature.get("aggregate")
    shrunk = aggregate in (others.SHARE, others.PER_SITE)
    places = [feature["fact"], feature["per"]] if shrunk else [feature["fact"]]
    if aggregate not in others.AGGREGATES or any(type(p) is not int or not 0 <= p <= facts for p in places):
        raise ArtifactError(f"{what}: unknown aggregate {aggregate!r} or fact out of bounds")
    if type(feature["group"]) is not int or not 0 <= feature["group"] < len(context["groups"]):
        raise ArtifactError(f"{what}: group {feature['group']!r} of {len(context['groups'])}")
    if shrunk and (type(feature["prior"]) is not int or not 0 < feature["prior"] <= MAX_WINDOW):
        raise ArtifactError(f"{what}: a prior is 1 to {MAX_WINDOW}, got {feature['prior']!r}")


def arrays(program: Mapping[str, Any]) -> dict[str, Any]:
    """The program's event features as the integer lists that the scan reads, by the scan's argument names.

    Features that keep the same of the same codes share one tally. `entry[first[c]:first[c + 1]]` are the tallies of
    code c; `place[t * (len(bounds) + 1) + b]` is the slot of tally t for an age of the b-th stretch between `bounds`
    (0: outside its windows), `begin[t]` its first slot; `user[user_first[t]:user_first[t + 1]]` are the features that
    stay 0, or NaN for those in `missing`, unless tally t is touched; `form`, `slot`, `other`, `window` say how a
    feature is made. `member` has rows of flags by code: for each feature that looks at the events again one for
    `codes`, one for `per`.
    """
    found = [f for f in program["features"] if f["from"] == "events"]
    uses = [_uses(f) for f in found]
    windows: dict[_Tally, set[int]] = {}
    for tally, window in (use for some in uses for use in some):
        windows.setdefault(tally, set()).add(window)
    number = {tally: t for t, tally in enumerate(windows)}
    bounds = sorted({window for some in windows.values() for window in some} - {NEVER})
    begin, slots = _slots(windows)
    forms = [AGGREGATES[f["aggregate"]] for f in found]
    again = {f: row for row, f in enumerate(f for f, form in enumerate(forms) if form in _LOOKS_AGAIN)}
    codes = range(len(program["codes"]))
    first, entry = _grouped([(c, t) for tally, t in number.items() for c in tally[1]], len(codes))
    user_first, user = _grouped([(number[some[0][0]], f) for f, some in enumerate(uses)], len(number))
    starts = [sum(len(table) for table in program["tables"][:t]) for t in range(len(program["tables"]))] + [0]
    return {
        "bounds": bounds,
        "first": first,
        "entry": entry,
        "measure": [tally[0] for tally in number],
        "skip": [int(tally[2]) for tally in number],
        "place": [s for tally, some in windows.items() for s in _places(tally, sorted(some), slots, [*bounds, NEVER])],
        "table": [starts[tally[3]] for tally in number],
        "length": [len(program["tables"][tally[3]]) if tally[3] >= 0 else 0 for tally in number],
        "tables": [weight for table in program["tables"] for weight in table],
        "begin": begin,
        "user_first": user_first,
        "user": user,
        "form": forms,
        "slot": [slots[some[-1] if f in again else some[0]] for f, some in enumerate(uses)],
        "other": [2 * again[f] if f in again else slots[some[-1]] for f, some in enumerate(uses)],
        "window": [_window(f) for f in found],
        "member": [int(c in found[f][part]) for f in again for part in ("codes", "per") for c in codes],
        "missing": [f for f, form in enumerate(forms) if form in _MISSING],
    }


def reads_visits(program: Mapping[str, Any]) -> bool:
    """Whether a feature of the program asks which events came from one inspection."""
    return any(AGGREGATES.get(f.get("aggregate", "")) == kernel.WITHOUT for f in program["features"])


def _uses(feature: Mapping[str, Any]) -> list[_Use]:
    """The tallies of a feature: the first, untouched, leaves it 0 or NaN; the last is read beside it."""
    window = _window(feature)
    codes, per = (tuple(sorted(set(feature[part]))) for part in ("codes", "per"))
    aggregate, skip = feature["aggregate"], bool(feature["skip_repaired"])
    ones = ((kernel.ONE, codes, skip, -1), window)
    if aggregate == "share":
        return [((kernel.ONE, per, skip, -1), window), ones]
    if aggregate == "mean":
        return [ones, ((kernel.QUANTITY, codes, skip, -1), window)]
    if aggregate == "trend":
        return [(ones[0], 2 * window), ones]
    if aggregate == "streak":
        return [ones, ((kernel.LATEST, per, skip, -1), window)]
    return [((_MEASURES.get(aggregate, kernel.ONE), codes, skip, feature.get("table", -1)), window)]


def _window(feature: Mapping[str, Any]) -> int:
    return NEVER if feature["window"] is None else int(feature["window"])


def _slots(windows: Mapping[_Tally, set[int]]) -> tuple[list[int], dict[_Use, int]]:
    """The first slot of each tally (and the end of the last), and the slot of each window of it.

    Slots 0 and 1 take what is outside.
    """
    begin, slots = [2], {}
    for tally, some in windows.items():
        nested = tally[0] < kernel.LATEST
        for rank, window in enumerate(sorted(some)):
            slots[tally, window] = begin[-1] + rank * nested
        begin.append(begin[-1] + (len(some) if nested else 1 + (tally[0] == kernel.LAST)))
    return begin, slots


def _places(tally: _Tally, windows: Sequence[int], slots: Mapping[_Use, int], bounds: Sequence[int]) -> list[int]:
    """The slot of each stretch of ages that ends at one of `bounds`: that of the narrowest window that holds it."""
    holding = [next((window for window in windows if window >= bound), 0) for bound in bounds]
    return [slots[tally, window] if window else 0 for window in holding]


def _grouped(pairs: Sequence[tuple[int, int]], groups: int) -> tuple[list[int], list[int]]:
    """Values by group as one list, and where each group begins in it (and the end of the last)."""
    members: list[list[int]] = [[] for _ in range(groups)]
    for group, value in pairs:
        members[group].append(value)
    first = [0]
    for some in members:
        first.append(first[-1] + len(some))
    return first, [value for some in members for value in some]
