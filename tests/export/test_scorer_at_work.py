"""The whole scorer of an exported model: context, reasons by topic, peers and counter-facts, each really passed on."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from riskml.export.artifact import write_artifact
from riskml.export.header import make_header
from riskml.export.peers import peers_table
from riskml.export.scoring import context_for
from riskml.features.actions import actions_for
from riskml.records import Records
from riskml.records.log import raw_history
from riskml.scorer import InputError, Scorer
from riskml.scorer.explaining.topics import topics
from tiny_models import AS_OF, ORIGIN, Made

pytestmark = pytest.mark.filterwarnings("ignore:the context is of")


@pytest.fixture(scope="module")
def folder(made: Made, records: Records, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with actions and peers."""
    table, catalog = made.table, made.table.catalog
    actions = actions_for(catalog.program(table.categories)["codes"])
    calibration = made.fitted.calibration.as_dict()
    count = len(records.sites)
    peers = peers_table(
        records.sites,
        table.values[:count],
        np.linspace(0.0, 1.0, count),
        catalog=catalog,
        as_of="2024-04-01",
    )
    place = tmp_path_factory.mktemp("at_work")
    write_artifact(
        place,
        header=make_header(ORIGIN, catalog, table.categories, calibration, None, actions=actions),
        model_text=made.fitted.boosted.text,
        selftest_rows=table.values[:20].tolist(),
        context=made.context,
        peers=peers,
    )
    return place


@pytest.fixture(scope="module")
def scorer(folder: Path) -> Scorer:
    return Scorer.load(folder, today=AS_OF)


@pytest.fixture(scope="module")
def histories(records: Records) -> list[dict[str, Any]]:
    """The busiest sites."""
    busiest = records.events["site_id"].value_counts().index[:25]
    return [raw_history(records, site) for site in busiest]


def test_a_context_handed_over_is_the_one_that_counts(
    folder: Path, scorer: Scorer, records: Records, histories: list[dict[str, Any]]
) -> None:
    fresh = context_for(folder, records, AS_OF)
    other, changed = scorer.with_context(fresh), 0
    for history in histories:
        given, stored = scorer.score(**history, as_of=AS_OF, context=fresh), scorer.score(**history, as_of=AS_OF)
        assert given == other.score(**history, as_of=AS_OF)
        changed += given.raw != stored.raw
        assert scorer.features(**history, as_of=AS_OF, context=fresh) == pytest.approx(
            other.features(**history, as_of=AS_OF), abs=0, nan_ok=True
        )
    assert changed > 3


def test_counter_facts_start_from_the_score_of_the_same_context(
    folder: Path, scorer: Scorer, records: Records, histories: list[dict[str, Any]]
) -> None:
    fresh, told = context_for(folder, records, AS_OF), 0
    for history in histories:
        facts = scorer.counterfacts(**history, as_of=AS_OF, context=fresh)
        before = scorer.score(**history, as_of=AS_OF, context=fresh, top=0).probability
        assert all(fact.probability_before == before > fact.probability_after for fact in facts)
        told += len(facts)
    assert told > 10


def test_a_reason_gathers_its_topic_and_all_reasons_make_the_score(
    scorer: Scorer, histories: list[dict[str, Any]]
) -> None:
    names = [feature.name for feature in scorer.header.features]
    heads = topics(scorer.header.program)
    gathered = 0
    for history in histories:
        score = scorer.score(**history, as_of=AS_OF, top=len(names))
        reasons = [*score.reasons_up, *score.reasons_down]
        told = [{heads[names.index(name)] for name in reason.features} for reason in reasons]
        assert all(len(one) == 1 for one in told)
        assert len({head for one in told for head in one}) == len(reasons)
        gathered += sum(len(reason.features) > 1 for reason in reasons)
        expected = scorer.contributions(scorer.features(**history, as_of=AS_OF))[1]
        moved = scorer.header.calibration.odds(score.raw) - scorer.header.calibration.odds(expected)
        assert sum(reason.contribution for reason in reasons) == pytest.approx(moved, abs=1e-9)
    assert gathered > 10


def test_a_score_is_compared_with_that_of_its_peers(scorer: Scorer, histories: list[dict[str, Any]]) -> None:
    for history in histories:
        score = scorer.score(**history, as_of=AS_OF)
        assert score.peers == scorer.peers.of_probability(history["site"], score.probability)
        assert score.peers is not None
        assert any(reason.peers for reason in (*score.reasons_up, *score.reasons_down))
        assert scorer.score(**history, as_of=AS_OF, top=0).peers is None


def test_a_code_that_is_on_no_list_is_refused_by_every_door(scorer: Scorer, histories: list[dict[str, Any]]) -> None:
    history = histories[0]
    strange = {**history["events"][0], "event_id": "x1", "code": "VISIT_FIAL"}
    events = [*history["events"], strange]
    for door in (scorer.score, scorer.features, scorer.counterfacts):
        with pytest.raises(InputError, match=r"code 'VISIT_FIAL' is of another code list.*did you mean 'VISIT_FAIL'"):
            door(history["site"], events, AS_OF, history["amendments"])
