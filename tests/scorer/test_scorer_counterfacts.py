"""Counter-facts: each is the score of changed records, made by hand here in another way, and each is feasible."""

import copy
import math
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.features.actions import load_actions
from riskml.features.catalog import load_catalog
from riskml.scorer import Scorer
from riskml.scorer.actions import parse_actions
from riskml.scorer.errors import InputError
from riskml.scorer.explaining.counterfacts import NOTE_EN, NOTE_ZH, TOGETHER, CounterFact, counterfacts
from riskml.scorer.scanning import scan
from riskml.scorer.scanning.context import Context, facts_program, parse_context

CATALOG = load_catalog().select([
    "visits_365d", "days_since_last_visit", "days_since_last_clean_visit", "fails_365d", "clean_streak",
    "last_visit_points", "orders_365d", "orders_overdue_now", "days_since_last_order", "penalties_1095d",
    "penalties_all", "abnormal_listed", "health_certificates_expired_365d", "health_certificates_expired_now",
    "days_until_health_certificate_expires", "all_fail_share_90d", "format_fail_share_365d", "person_penalties_1095d",
    "person_sites",
])  # fmt: skip
NAMES, PROGRAM = CATALOG.names, CATALOG.program({})
ACTIONS = parse_actions(load_actions(), "actions")
DAY = date(2025, 6, 1)
NOW = (DAY - date(1970, 1, 1)).days
SITE = {"site_id": "s1", "format_code": "C4", "subject_id": "u1", "registered_on": "2015-01-01"}
LEVELS = SimpleNamespace(of=lambda p: SimpleNamespace(code="A" if p < 0.5 else "B"))
HEADER: Any = SimpleNamespace(program=PROGRAM, actions=ACTIONS, levels=LEVELS)
Row = dict[str, Any]


def day(ago: int) -> str:
    return (DAY - timedelta(days=ago)).isoformat()


def event(event_id: str, code: str, ago: int, **more: Any) -> Row:
    return {"event_id": event_id, "code": code, "occurred_on": day(ago), "known_on": day(ago)} | more


def amendment(event_id: str, kind: str, ago: int, **more: Any) -> Row:
    return {"event_id": event_id, "kind": kind, "effective_on": day(ago), "known_on": day(ago)} | more


def features(events: Sequence[Row], amendments: Sequence[Row], context: Context | None = None) -> list[float]:
    return scan.features(PROGRAM, SITE, events, amendments, DAY, None, context)


def weighed(**weights: float) -> Callable[[Sequence[float]], float]:
    """A probability that rises with each feature as told; a missing one counts nothing."""

    def score(row: Sequence[float]) -> float:
        known = {name: 0.0 if math.isnan(value) else value for name, value in zip(NAMES, row, strict=True)}
        odds = weights.get("start", 0.0) + sum(weights.get(name, 0.0) * value for name, value in known.items())
        return 1.0 / (1.0 + math.exp(-odds))

    return score


def found(
    score: Callable[[Sequence[float]], float],
    events: Sequence[Row],
    amendments: Sequence[Row] = (),
    context: Context | None = None,
) -> dict[str, CounterFact]:
    row = features(events, amendments, context)
    facts = counterfacts(HEADER, score, row, SITE, events, amendments, DAY)
    assert len({one.action for one in facts}) == len(facts)
    return {one.action: one for one in facts}


def test_two_overdue_orders_that_are_closed_lower_the_score_as_the_records_then_say() -> None:
    orders = [event(f"o{n}", "RECT_ORDER", 60, due_on=day(30 - n)) for n in (1, 2)]
    score = weighed(start=math.log(22 / 78), orders_overdue_now=0.234)
    one = found(score, orders)["close_overdue_orders"]
    assert one.text_en == "if 2 overdue orders were closed: 0.31 -> 0.22"
    assert one.text_zh == "若 2 项逾期未整改责令均已整改：0.31 → 0.22"
    assert (one.event_ids, one.level_after) == (("o1", "o2"), "A")
    assert one.probability_after == score(features(orders, [amendment(f"o{n}", "end", 1) for n in (1, 2)]))
    alone = found(score, orders[:1])["close_overdue_orders"]
    assert alone.text_en.startswith("if 1 overdue order was closed: ")
    assert alone.text_zh.startswith("若 1 项逾期未整改责令已整改：")


def test_an_order_not_yet_due_is_another_action_than_an_overdue_one() -> None:
    orders = [event("late", "RECT_ORDER", 60, due_on=day(1)), event("early", "RECT_ORDER", 60, due_on=day(0))]
    facts = found(weighed(orders_365d=0.5), orders)
    assert facts["close_overdue_orders"].event_ids == ("late",)
    assert facts["close_orders_before_due"].event_ids == ("early",)
    assert facts[TOGETHER].event_ids == ("late", "early")
    assert facts[TOGETHER].probability_after == 0.5


def test_what_is_closed_repaired_revoked_or_not_yet_known_is_left_alone() -> None:
    due = {"due_on": day(30)}
    events = [
        event("open", "RECT_ORDER", 60, **due),
        event("closed", "RECT_ORDER", 60, **due),
        event("revoked", "RECT_ORDER", 60, **due),
        event("closed later", "RECT_ORDER", 60, **due),
        event("unknown", "RECT_ORDER", 60, **due) | {"known_on": day(0)},
        event("fine", "PEN_FINE", 500),
        event("mended", "PEN_FINE", 500),
    ]
    amendments = [
        amendment("closed", "end", 1),
        amendment("revoked", "revoke", 9),
        amendment("closed later", "end", 0),
        amendment("mended", "repair", 3),
    ]
    facts = found(weighed(orders_365d=0.5, penalties_1095d=0.5), events, amendments)
    assert facts["close_overdue_orders"].event_ids == ("open", "closed later")
    assert facts["repair_penalties"].event_ids == ("fine",)


@pytest.mark.parametrize(("ago", "repaired"), [(365, False), (366, True)])
def test_a_penalty_is_repaired_only_after_its_wait(ago: int, repaired: bool) -> None:
    facts = found(weighed(penalties_1095d=0.5), [event("fine", "PEN_FINE", ago)])
    assert ("repair_penalties" in facts) == repaired


def test_the_wait_runs_from_when_the_penalty_was_first_known() -> None:
    corrected = amendment("fine", "correct", 10, column="quantity", value="2")
    facts = found(weighed(penalties_1095d=0.5), [event("fine", "PEN_FINE", 400)], [corrected])
    assert facts["repair_penalties"].event_ids == ("fine",)


def test_a_correction_that_is_not_yet_known_is_no_second_record() -> None:
    order = event("o", "RECT_ORDER", 60, due_on=day(30))
    later = amendment("o", "correct", 0, column="quantity", value="5")
    one = found(weighed(orders_365d=0.5), [order], [later])["close_overdue_orders"]
    assert one.event_ids == ("o",)
    assert one.text_en.startswith("if 1 overdue order was closed: ")


def test_a_penalty_that_cannot_be_repaired_is_not() -> None:
    assert found(weighed(penalties_1095d=0.5), [event("stop", "PEN_STOP", 500), event("warn", "PEN_WARN", 500)]) == {}


def test_a_certificate_is_renewed_for_as_long_as_it_ran() -> None:
    cert = event("h", "HEALTH_CERT", 400, valid_to=day(100))
    score = weighed(start=-1.0, health_certificates_expired_now=1.0, days_until_health_certificate_expires=0.001)
    one = found(score, [cert])["renew_health_certificates"]
    assert one.text_en == "if 1 expired health certificate was renewed: 0.50 -> 0.33"
    assert one.probability_after == pytest.approx(1 / (1 + math.exp(1 - 0.299)))


def test_one_more_visit_finds_nothing_and_costs_no_points() -> None:
    events = [event("v:VISIT", "VISIT", 200, inspection_id="v", quantity=12)]
    score = weighed(start=1.0, last_visit_points=0.1, clean_streak=-0.4)
    one = found(score, events)["pass_a_visit"]
    assert one.event_ids == ()
    clean = event("w:VISIT", "VISIT", 1, inspection_id="w", quantity=0)
    assert one.probability_after == score(features([*events, clean], []))
    assert one.text_en.startswith("if one more visit found no problem: ")
    twice = [*events, event("one more visit:VISIT", "VISIT", 90, inspection_id="one more visit")]
    assert "pass_a_visit" in found(score, twice)


def test_what_leaves_the_score_or_raises_it_is_no_advice() -> None:
    orders = [event("o", "RECT_ORDER", 60, due_on=day(30))]
    assert found(weighed(), orders) == {}
    assert found(weighed(orders_365d=-0.5), orders) == {}
    assert found(weighed(orders_365d=0.001), orders) == {}
    assert found(weighed(orders_365d=0.004), orders)["close_overdue_orders"].text_en.endswith(": 0.501 -> 0.500")


def test_persons_behind_one_record_are_counted() -> None:
    gap = event("g", "HEALTH_CERT_EXPIRED", 20, quantity=3)
    one = found(weighed(health_certificates_expired_365d=1.0), [gap])["make_up_health_certificates"]
    assert one.text_en.startswith("if 3 missing health certificates were made up: ")


def test_what_the_context_says_of_others_stays_as_it_was() -> None:
    """Counted without care, the site's own visit and repaired penalty would turn up at its peers."""
    groups = {group["name"]: {"": [9] * 99} for group in PROGRAM["context"]["groups"]}
    wide = len(PROGRAM["context"]["facts"]) + 1
    keys = {"all": "", "format": "C4"}
    totals = [20] * wide
    named = {name: {keys[name]: totals} if name in keys else {} for name in groups}
    person = next(group for group in PROGRAM["context"]["groups"] if group["name"] == "person")
    named["person"] = {scan_key(person): totals}
    context = parse_context({"as_of": NOW, "totals": totals, "groups": named}, PROGRAM)
    events = [event("fine", "PEN_FINE", 500), event("v:VISIT", "VISIT", 30, inspection_id="v", quantity=0)]
    score = weighed(
        start=-11.0, person_penalties_1095d=0.4, format_fail_share_365d=3.0, penalties_1095d=1.0, visits_365d=-0.5
    )
    facts = found(score, events, (), context)
    for name, changed in (
        ("repair_penalties", (events, [amendment("fine", "repair", 1)])),
        ("pass_a_visit", ([*events, event("w:VISIT", "VISIT", 1, inspection_id="w", quantity=0)], [])),
    ):
        assert facts[name].probability_after == score(by_hand(events, [], *changed, context))
        assert facts[name].probability_after != score(features(*changed, context))


def scan_key(group: Row) -> str:
    from riskml.scorer.scanning.context import group_key

    key = group_key(group, SITE)
    assert key is not None
    return key


def own_facts(events: Sequence[Row], amendments: Sequence[Row]) -> list[int]:
    """The site's part in the totals, counted by the scan, then 1 as it stood on the day."""
    return [*map(int, scan.features(facts_program(PROGRAM), SITE, events, amendments, DAY)), 1]


def by_hand(
    events: Sequence[Row], amendments: Sequence[Row], later: Sequence[Row], then: Sequence[Row], context: Context
) -> list[float]:
    """Features of changed records with the context of a bureau that holds them: its totals move with the site."""
    moved = [b - a for a, b in zip(own_facts(events, amendments), own_facts(later, then), strict=True)]

    def shifted(counts: Sequence[int]) -> tuple[int, ...]:
        return tuple(a + b for a, b in zip(counts, moved, strict=True))

    groups = {name: {key: shifted(counts) for key, counts in keys.items()} for name, keys in context.groups.items()}
    return features(later, then, Context(context.as_of, shifted(context.totals), groups))


CODES = ["RECT_ORDER", "PEN_FINE", "PEN_STOP", "ABN", "HEALTH_CERT", "HEALTH_CERT_EXPIRED", "VISIT", "VISIT_FAIL"]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    events, amendments = [], []
    for number in range(draw(st.integers(0, 7))):
        known = draw(st.integers(-3, 900))
        code = draw(st.sampled_from(CODES))
        one = event(f"e{number}", code, known + draw(st.integers(0, 20)), quantity=draw(st.integers(0, 3)))
        one |= {"known_on": day(known)}
        if code == "RECT_ORDER":
            one |= {"due_on": day(draw(st.integers(-20, 400)))}
        if code == "HEALTH_CERT":
            one |= {"valid_to": day(draw(st.integers(-300, 300)))}
        events.append(one)
        kind = draw(st.sampled_from(["", "", "end", "revoke", "repair"]))
        if kind:
            amendments.append(amendment(one["event_id"], kind, draw(st.integers(-5, max(known, -5)))))
    return events, amendments


CODE_OF = {
    "close_overdue_orders": "RECT_ORDER",
    "close_orders_before_due": "RECT_ORDER",
    "repair_penalties": "PEN_FINE",
    "leave_abnormal_list": "ABN",
    "make_up_health_certificates": "HEALTH_CERT_EXPIRED",
    "renew_health_certificates": "HEALTH_CERT",
    "pass_a_visit": "VISIT",
}


def changed_by_hand(name: str, events: list[Row], amendments: list[Row]) -> tuple[list[Row], list[Row]]:
    """What an action does, said once more, of raw rows: ages in days, no versions."""

    def over(event_id: str, *kinds: str) -> bool:
        mine = [one for one in amendments if one["event_id"] == event_id and one["kind"] in kinds]
        return any(max(one["known_on"], one["effective_on"]) < day(0) for one in mine)

    held = [one for one in events if one["known_on"] < day(0) and not over(one["event_id"], "end", "revoke")]
    if name == "pass_a_visit":
        return [*events, event("n:VISIT", "VISIT", 1, inspection_id="n", quantity=0)], amendments
    held = [one for one in held if one["code"] == CODE_OF[name]]
    if name == "close_overdue_orders":
        held = [one for one in held if one["due_on"] < day(0)]
    if name == "close_orders_before_due":
        held = [one for one in held if one["due_on"] >= day(0)]
    if name == "repair_penalties":
        held = [one for one in held if one["known_on"] < day(365) and not over(one["event_id"], "repair")]
    if name == "renew_health_certificates":
        more = []
        for one in held:
            if one["valid_to"] < day(0):
                term = date.fromisoformat(one["valid_to"]) - date.fromisoformat(one["occurred_on"])
                until = DAY - timedelta(days=1) + max(term, timedelta(days=1))
                more.append(amendment(one["event_id"], "correct", 1, column="valid_to", value=until.isoformat()))
        return events, amendments + more
    kind = "repair" if name == "repair_penalties" else "end"
    return events, amendments + [amendment(one["event_id"], kind, 1) for one in held]


@settings(max_examples=30, deadline=None)
@given(history=histories(), weights=st.lists(st.sampled_from([-0.5, -0.1, 0.0, 0.01, 0.2, 0.8]), min_size=15))
def test_every_counter_fact_is_the_score_of_the_changed_records(
    history: tuple[list[Row], list[Row]], weights: list[float]
) -> None:
    events, amendments = history
    kept = copy.deepcopy(history)
    score = weighed(**dict(zip(NAMES, weights, strict=False)))
    facts = found(score, events, amendments)
    assert (events, amendments) == kept
    before = score(features(events, amendments))
    after = {name: score(features(*changed_by_hand(name, events, amendments))) for name in CODE_OF}
    advised = {name for name, value in after.items() if f"{value:.3f}" != f"{before:.3f}" and value < before}
    assert set(facts) - {TOGETHER} == advised
    for name in advised:
        assert (facts[name].probability_before, facts[name].probability_after) == (before, after[name])
        assert set(facts[name].event_ids) <= {one["event_id"] for one in events if one["known_on"] < day(0)}
    if TOGETHER in facts:
        both = (list(events), list(amendments))
        for name in advised:
            more = changed_by_hand(name, events, amendments)
            both = both[0] + more[0][len(events) :], both[1] + more[1][len(amendments) :]
        assert facts[TOGETHER].probability_after == score(features(*both))
    values = [one.probability_after for one in facts.values()]
    assert values == sorted(values)


@settings(max_examples=30, deadline=None)
@given(history=histories())
def test_what_became_known_on_the_day_or_later_changes_nothing(history: tuple[list[Row], list[Row]]) -> None:
    events, amendments = history
    known = [one for one in events if one["known_on"] < day(0)]
    ids = {one["event_id"] for one in known}
    told = [one for one in amendments if one["known_on"] < day(0) and one["event_id"] in ids]
    score = weighed(orders_365d=0.3, penalties_1095d=0.3, abnormal_listed=0.3, visits_365d=-0.1)
    assert found(score, events, amendments) == found(score, known, told)


def test_the_scorer_itself_scores_the_changed_records_alike(small_files: Any, tmp_path: Any) -> None:
    """With an artifact: its own program, calibration and levels; an end of a visit stands in for an order."""
    action = {"name": "end", "text_en": "if {value} ended", "text_zh": "若{value}", "kind": "end", "codes": ["VISIT"]}
    for name, data in small_files(actions=[action | {"after_days": 0}]).items():
        (tmp_path / name).write_bytes(data)
    scorer = Scorer.load(tmp_path, on_expired="ignore")
    events = [event(f"e{n}", "VISIT", 20 + n, inspection_id=f"i{n}") for n in range(5)]
    ends = [amendment(f"e{n}", "end", 1) for n in range(5)]
    lowered = 0
    for area, change, street in product((-1.0, 0.5, 2.0), (-1.0, 1.0), ("street 6", "street 7")):
        site = {"site_id": "s1", "area": area, "change": change, "street": street, "score": 0.5}
        row = scorer.features(site, events, DAY)
        before, after = scorer.score(site, events, DAY), scorer.score(site, events, DAY, ends)
        for one in counterfacts(scorer.header, scorer.score_row, row, site, events, (), DAY):
            lowered += 1
            assert (one.probability_after, one.level_after) == (after.probability, after.level)
            assert one.probability_before == before.probability
            assert one.text_en.startswith("if 5 ended: ")
    assert lowered


def test_a_row_of_other_records_is_refused() -> None:
    """Such as of rows that were used up by the first reading."""
    orders = [event("o", "RECT_ORDER", 60, due_on=day(30))]
    row = features(orders, [])
    with pytest.raises(InputError, match="score the same records of the same day, held in a list"):
        counterfacts(HEADER, weighed(), row, SITE, iter(()), (), DAY)
    with pytest.raises(InputError, match="score the same records of the same day"):
        counterfacts(HEADER, weighed(), row, SITE, orders, (), DAY + timedelta(days=1))


def test_the_note_says_that_a_score_is_no_promise() -> None:
    assert "does not promise" in NOTE_EN
    assert "不代表" in NOTE_ZH
