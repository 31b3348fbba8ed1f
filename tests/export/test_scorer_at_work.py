"""The whole scorer of an exported model: context, reasons by topic, peers and counter-facts, each really passed on."""

import io
import json
import shutil
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from riskml.export.artifact import write_artifact
from riskml.export.header import make_header
from riskml.export.peers import peers_table
from riskml.export.scoring import context_for
from riskml.export.signing import sign
from riskml.features.actions import actions_for
from riskml.records import Records
from riskml.records.log import raw_history
from riskml.scorer import ArtifactError, InputError, Scorer
from riskml.scorer.__main__ import main
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


def test_another_context_leaves_what_was_asked_of_an_old_one(
    folder: Path, scorer: Scorer, records: Records, histories: list[dict[str, Any]]
) -> None:
    old = context_for(folder, records, "2024-09-01")
    refusing = Scorer.load(folder, today=AS_OF, on_stale="refuse").with_context(old)
    with pytest.raises(InputError, match="the context is of 2024-09-01, more than 100 days before as_of"):
        refusing.score(**histories[0], as_of=AS_OF)
    silent = Scorer.load(folder, today=AS_OF, on_stale="ignore").with_context(old)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = silent.score(**histories[0], as_of=AS_OF)
    with pytest.warns(UserWarning, match="the context is of 2024-09-01"):
        assert scorer.with_context(old).score(**histories[0], as_of=AS_OF) == found


KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2)]


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_key_given_to_load_refuses_what_it_has_not_signed(folder: Path, tmp_path: Path) -> None:
    artifact = Path(shutil.copytree(folder, tmp_path / "artifact"))
    with pytest.raises(ArtifactError, match="the artifact is not signed, but a public key was given"):
        Scorer.load(artifact, today=AS_OF, public_key=public(KEYS[0]))
    sign(artifact, KEYS[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ArtifactError, match="the artifact is signed by the key"):
        Scorer.load(artifact, today=AS_OF, public_key=public(KEYS[0]))
    signed = Scorer.load(artifact, today=AS_OF, public_key=public(KEYS[1]))
    assert signed.digest == Scorer.load(folder, today=AS_OF).digest


class Ends:
    """Standard input or output over bytes."""

    def __init__(self, data: bytes = b"") -> None:
        self.buffer = io.BytesIO(data)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, list[dict[str, Any]]]]:
    """Runs `python -m riskml.scorer` on objects; returns its exit code and its answers."""

    def run(artifact: Path, lines: list[dict[str, Any]], *options: str) -> tuple[int, list[dict[str, Any]]]:
        source, sink = Ends("".join(json.dumps(line) + "\n" for line in lines).encode()), Ends()
        monkeypatch.setattr(sys, "stdin", source)
        monkeypatch.setattr(sys, "stdout", sink)
        code = main([str(artifact), "--as-of", AS_OF, *options])
        return code, [json.loads(line) for line in sink.buffer.getvalue().splitlines()]

    return run


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_command_says_peers_and_levels_in_the_language_asked_for(
    made: Made, folder: Path, scorer: Scorer, histories: list[dict[str, Any]], command: Any, lang: str
) -> None:
    code, found = command(folder, histories[:5], "--top", "3", "--lang", lang)
    assert (code, len(found)) == (0, 5)
    for history, told in zip(histories, found, strict=False):
        score = scorer.score(**history, as_of=AS_OF, top=3)
        assert told["peers"] == getattr(score.peers, f"text_{lang}")
        peers = [getattr(one.peers, f"text_{lang}", None) for one in (*score.reasons_up, *score.reasons_down)]
        assert [one["peers"] for one in (*told["reasons"]["up"], *told["reasons"]["down"])] == peers
        assert any(peers)
    row = [None if value != value else value for value in scorer.features(**histories[0], as_of=AS_OF)]  # noqa: PLR0124
    (answer,) = command(made.folder, [{"features": row}], "--lang", lang)[1]
    level = Scorer.load(made.folder, today=AS_OF).level_of(answer["probability"])
    assert level is not None
    assert (answer["level"], answer["level_name"]) == (level.code, getattr(level, lang))


def test_the_command_uses_the_context_it_is_given_and_asks_its_age(
    folder: Path, scorer: Scorer, records: Records, histories: list[dict[str, Any]], command: Any, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    fresh = context_for(folder, records, AS_OF)
    (tmp_path / "context.json").write_text(json.dumps(fresh.as_dict()), encoding="utf-8")
    code, found = command(folder, histories, "--context", str(tmp_path / "context.json"))
    other = scorer.with_context(fresh)
    assert [one["probability"] for one in found] == [
        other.score(**history, as_of=AS_OF, top=0).probability for history in histories
    ]
    assert (code, capsys.readouterr().err) == (0, "")
    code, stored = command(folder, histories, "--on-stale", "ignore")
    assert (code, capsys.readouterr().err) == (0, "")
    assert [one["probability"] for one in stored] != [one["probability"] for one in found]
    assert command(folder, histories[:1])[0] == 0
    assert "Warning: the context is of 2024-04-01" in capsys.readouterr().err
    code, (refused,) = command(folder, histories[:1], "--on-stale", "refuse")
    assert code == 1
    assert "the context is of 2024-04-01, more than 100 days before as_of" in refused["error"]


def test_the_command_holds_the_artifact_to_a_key(
    folder: Path, histories: list[dict[str, Any]], command: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    artifact, key = Path(shutil.copytree(folder, tmp_path / "artifact")), tmp_path / "public.pem"
    key.write_bytes(public(KEYS[0]))
    assert command(artifact, histories[:1], "--public-key", str(key)) == (1, [])
    assert "the artifact is not signed, but a public key was given" in capsys.readouterr().err
    sign(artifact, KEYS[0].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert command(artifact, histories[:1], "--public-key", str(key))[0] == 0
