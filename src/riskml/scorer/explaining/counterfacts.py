"""What the score would be had a site's records said otherwise: an order closed, a penalty repaired, a visit passed.

Each counter-fact changes records, in a way that the bureau's own system could hold them on the day before the decision,
and scores them again; feature values that no record can bring about do not occur. It says how the score answers, not
what the act would do to the risk: the model knows what went along with failing, not what causes it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from math import isnan
from typing import TYPE_CHECKING, Any, Final

from riskml.scorer.actions import Action
from riskml.scorer.errors import InputError
from riskml.scorer.explaining.wording import sentence
from riskml.scorer.frozen import frozen
from riskml.scorer.scanning import scan
from riskml.scorer.scanning.days import EPOCH, LAST, day_number
from riskml.scorer.scanning.kernel import NEVER
from riskml.scorer.scanning.records_in import as_mappings

if TYPE_CHECKING:
    from riskml.scorer.header import Header

TOGETHER: Final = "together"
"""Name of the counter-fact of all that lower the score, at once."""
NOTE_EN: Final = "This is how the score would change if the records changed; it does not promise that the risk would."
NOTE_ZH: Final = "以上为记录变化后评分的变化，不代表采取措施后实际风险必然随之变化。"

_TOGETHER_EN: Final = "if all of this were so"
_TOGETHER_ZH: Final = "若以上各项均做到"
_DECIMALS: Final = (2, 3)
"""With the fewest of these a change is shown; one that none of them shows is left out."""

Version = Mapping[str, Any]
Rows = Sequence[Mapping[str, Any]]


@frozen
class CounterFact:
    """One change of the records that lowers the score.

    Attributes:
        action: its name in the artifact, or `TOGETHER`.
        text_en, text_zh: the change and what becomes of the probability, as a sentence.
        event_ids: the records changed, in the order of the events; a visit that was not made has none.
        probability_before, probability_after: as scored; before and after the change.
        level_after: code of the level after it, None if the artifact has no levels.
    """

    action: str
    text_en: str
    text_zh: str
    event_ids: tuple[str, ...]
    probability_before: float
    probability_after: float
    level_after: str | None


@frozen
class _Change:
    """What an action does to a site's records."""

    action: Action
    event_ids: tuple[str, ...]
    facts: int
    events: list[dict[str, Any]]
    amendments: list[dict[str, Any]]


def counterfacts(
    header: "Header",
    score_row: Callable[[Sequence[float]], float],
    row: Sequence[float],
    site: Any,
    events: Any,
    amendments: Any,
    as_of: "int | str | date",
    *,
    flat: Mapping[str, Any] | None = None,
) -> tuple[CounterFact, ...]:
    """What would lower a site's score: each action that concerns records of it, and all of these together.

    A change becomes known the day before the decision, so the scan sees it; nothing that became known on the day or
    later is looked at or changed. What the context says of other sites stays as it was, since nothing happened there.
    An action that would leave the score where it is, or raise it, is no advice and is left out.

    Args:
        header: of the artifact: its program, actions and levels.
        score_row: probability of a feature row.
        row: the features of the records as they are, context included; they are what `score_row` is asked first.
        site: as `scan.read` takes it, like the next two; none of them is changed.
        events: visits included.
        amendments: about these events.
        as_of: decision day.
        flat: `scan.arrays(header.program)`, for a caller who has it.

    Returns:
        The strongest first; equal ones in the order of the artifact's actions.

    Raises:
        InputError: for records that cannot be read, or that have other features than `row`.
    """
    day, program = day_number(as_of, "as_of"), header.program
    given, known = as_mappings(events, "event"), as_mappings(amendments, "amendment")
    records = scan.read(program, site, given, known)
    versions = records.versions
    others = {place: value for place, value in enumerate(row) if program["features"][place]["from"] == "context"}

    _check_row(row, scan.features_of(program, records, day, flat), others)

    def probability(changes: Sequence[_Change]) -> float:
        more = [event for change in changes for event in change.events]
        later = [amendment for change in changes for amendment in change.amendments]
        changed = scan.features_of(program, scan.read(program, site, [*given, *more], [*known, *later]), day, flat)
        return score_row([others.get(place, value) for place, value in enumerate(changed)])

    before = score_row(row)
    changes = [change for action in header.actions if (change := _change(action, program, versions, given, day))]
    lower = [(change, after) for change in changes if _apart(before, after := probability([change])) and after < before]
    found = [
        _told(header, change.action.name, *_said(change), change.event_ids, before, after) for change, after in lower
    ]
    if len(lower) > 1:
        every = [change for change, _ in lower]
        after = probability(every)
        if after < before and _apart(before, after):
            ids = {event_id for change in every for event_id in change.event_ids}
            ordered = tuple(dict.fromkeys(version["event_id"] for version in versions if version["event_id"] in ids))
            found.append(_told(header, TOGETHER, _TOGETHER_EN, _TOGETHER_ZH, ordered, before, after))
    return tuple(sorted(found, key=lambda one: one.probability_after))


def _check_row(row: Sequence[float], found: Sequence[float], others: Mapping[int, float]) -> None:
    """Refuse a row of other records: a change would be weighed against a score that was never theirs."""
    for place, (told, own) in enumerate(zip(row, found, strict=True)):
        if place not in others and told != own and not (isnan(told) and isnan(own)):
            raise InputError(
                f"the row says {told} for feature {place}, the records {own}; score the same records of the same day, "
                "held in a list, which can be read more than once"
            )


def _change(
    action: Action, program: Mapping[str, Any], versions: Sequence[Version], events: Rows, day: int
) -> _Change | None:
    """What an action does to records in force on a day; None if there is none that it concerns."""
    codes = {place for place, code in enumerate(program["codes"]) if code in action.codes}
    if not codes:
        return None
    if action.kind == "clean_visit":
        return _Change(action, (), 1, _clean_visit(action, program, events, day), [])
    first: dict[str, int] = {}
    for version in versions:
        first[version["event_id"]] = min(version["known_on"], first.get(version["event_id"], NEVER))
    concerned = [
        version
        for version in versions
        if version["code"] in codes
        and max(version["known_on"], version["occurred_on"]) < day <= version["gone_on"]
        and first[version["event_id"]] + action.after_days < day
        and _concerns(action.kind, version, day)
    ]
    if not concerned:
        return None
    ids = tuple(version["event_id"] for version in concerned)
    facts = sum(max(1, version["quantity"]) for version in concerned)
    return _Change(action, ids, facts, [], [_amendment(action.kind, version, day) for version in concerned])


def _concerns(kind: str, version: Version, day: int) -> bool:
    """Whether a record in force on a day is in the state that an action of this kind puts right."""
    if kind in ("end", "end_overdue"):
        return bool((version["due_on"] < day) == (kind == "end_overdue"))
    return bool(version["repaired_on"] >= day if kind == "repair" else version["valid_to"] < day)


def _amendment(kind: str, version: Version, day: int) -> dict[str, Any]:
    """The row that says so, known the day before; a certificate runs as long again as it did."""
    on = _iso(day - 1)
    amendment = {"event_id": version["event_id"], "effective_on": on, "known_on": on}
    if kind != "renew":
        return {**amendment, "kind": "repair" if kind == "repair" else "end"}
    until = day - 1 + max(1, version["valid_to"] - version["occurred_on"])
    return {**amendment, "kind": "correct", "column": "valid_to", "value": _iso(min(until, LAST))}


def _clean_visit(action: Action, program: Mapping[str, Any], events: Rows, day: int) -> list[dict[str, Any]]:
    """One more visit, made and known the day before, with no severity points."""
    taken = {str(event.get(name)) for event in events for name in ("event_id", "inspection_id")}
    visit = "one more visit"
    while any(name == visit or name.startswith(f"{visit}:") for name in taken):
        visit += "+"
    row = {"occurred_on": _iso(day - 1), "known_on": _iso(day - 1), "inspection_id": visit, "quantity": 0}
    codes = [code for code in action.codes if code in program["codes"]]
    return [{**row, "event_id": f"{visit}:{code}", "code": code} for code in codes]


def _iso(day: int) -> str:
    return date.fromordinal(day + EPOCH).isoformat()


def _said(change: _Change) -> tuple[str, str]:
    texts = change.action.text_en, change.action.text_zh
    en, zh = (sentence(text, float(change.facts), "", "") for text in texts)
    return en, zh


def _told(
    header: "Header", name: str, en: str, zh: str, event_ids: tuple[str, ...], before: float, after: float
) -> CounterFact:
    old, new = _apart(before, after) or ("", "")
    level = header.levels.of(after).code if header.levels else None
    return CounterFact(name, f"{en}: {old} -> {new}", f"{zh}：{old} → {new}", event_ids, before, after, level)


def _apart(before: float, after: float) -> tuple[str, str] | None:
    """Two probabilities with as few decimals as tell them apart; None if three do not.

    >>> _apart(0.31, 0.224), _apart(0.314, 0.312), _apart(0.3141, 0.3142)
    (('0.31', '0.22'), ('0.314', '0.312'), None)
    """
    for decimals in _DECIMALS:
        shown = f"{before:.{decimals}f}", f"{after:.{decimals}f}"
        if shown[0] != shown[1]:
            return shown
    return None
