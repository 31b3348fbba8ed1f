"""The table of scores: nothing escapes from a cell, nothing is asked for, and what opens is what was known then."""

import dataclasses
import gzip
import json
import re
import sys
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from drawn_pictures import held, words
from riskml.errors import DataError, StudyError
from riskml.export.scoring import context_for, score_records
from riskml.records import Records
from riskml.records.log import raw_history
from riskml.reporting._browsing_details import LEAST
from riskml.reporting.browsing import Browser, browse
from riskml.reporting.pictures import scored
from riskml.scorer import Scorer
from tiny_models import AS_OF, Made, first_sites, made_of

EVIL = "</script><img src=x onerror=alert(1)>'\""
PERSON = "张三丰"
OPENED = 5
OURS = {"details", "summary", "p", "b", "ul", "li", "small"}
THEIRS = {
    "script",
    "table",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "th",
    "td",
    "div",
    "code",
    "br",
    "caption",
    "style",
    "span",
}


@pytest.fixture(scope="module")
def records() -> Records:
    return first_sites()


@pytest.fixture(scope="module")
def made(records: Records, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made_of(records, tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def scores(records: Records, made: Made) -> pd.DataFrame:
    return score_records(made.folder, records, AS_OF, reasons=2)


@pytest.fixture(scope="module")
def shown(records: Records, made: Made, scores: pd.DataFrame) -> Browser:
    return browse(scores, records=records, artifact=made.folder, opened=OPENED)


def plain(rows: int = 3, **columns: Any) -> pd.DataFrame:
    """Scores of a few sites."""
    ids = [f"s{place}" for place in range(rows)]
    fixed = {"site_id": ids, "as_of": pd.Timestamp(AS_OF), "probability": [place / 2000 for place in range(rows)]}
    return pd.DataFrame({**fixed, "level": "green", "reason_1": "a visit failed", **columns})


def cells(browser: Browser) -> list[list[str]]:
    """The rows that the table is made of, as the page carries them."""
    found = re.search(r'"data_json": (".*"),?$', browser.body, re.MULTILINE)
    assert found
    rows: list[list[str]] = json.loads(json.loads(found[1]))
    return rows


class Tags(HTMLParser):
    """Every tag of a text, with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, set[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name for name, _ in attrs}))


def tags(text: str) -> list[tuple[str, set[str]]]:
    parser = Tags()
    parser.feed(text)
    return parser.found


def test_the_page_asks_nobody_for_anything(shown: Browser, tmp_path: Path) -> None:
    text = shown.write(tmp_path / "scores.html").read_text(encoding="utf-8")
    assert "://" not in text
    assert "default-src 'none'" in text
    assert not [one for one in tags(text) if one[1] & {"src", "href", "data"} or one[0] in ("link", "iframe")]


def test_no_cell_holds_code_that_a_strict_page_refuses_to_run(shown: Browser) -> None:
    assert "keys_to_be_evaluated" not in shown.body
    assert "function (data" not in shown.body


def test_the_library_stands_in_the_page_as_its_makers_wrote_it(shown: Browser) -> None:
    from itables import options

    css, js = (gzip.decompress(b64decode(packed)) for packed in re.findall(r'open\("([^"]+)"\)', shown.body))
    assert js == Path(options.dt_bundle).read_bytes()
    assert css == Path(options.dt_bundle).with_suffix(".css").read_bytes()


def test_a_notebook_may_have_the_library_once(scores: pd.DataFrame) -> None:
    assert len(browse(scores, library=False).body) < len(browse(scores).body) - 100_000


def test_whatever_the_scores_and_records_say_is_escaped(records: Records, scores: pd.DataFrame) -> None:
    riskiest = {scores["site_id"][0]: EVIL}
    events = records.events.assign(
        site_id=EVIL,
        code=EVIL,
        event_id=EVIL + records.events["event_id"],
    )
    hostile = dataclasses.replace(
        records,
        sites=records.sites.replace(riskiest).assign(office=EVIL, format_code=EVIL),
        events=events,
        amendments=records.amendments.iloc[:0],
        inspections=records.inspections.iloc[:0],
    )
    said = scores.assign(site_id=scores["site_id"].replace(riskiest), reason_1=EVIL, level=EVIL)
    found = browse(said, records=hostile, opened=3)
    assert "<img" not in found.body
    assert {tag for row in cells(found) for cell in row for tag, _ in tags(str(cell))} == OURS
    assert {tag for tag, _ in tags(found.body)} <= OURS | THEIRS
    escaped = "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&#x27;&quot;"
    assert cells(found)[0][1:4] == [escaped] * 3
    assert cells(found)[0][5] == escaped
    assert cells(found)[0][6].count(escaped) > 4


def test_every_row_stands_in_the_table_riskiest_first(shown: Browser, scores: pd.DataFrame) -> None:
    assert [row[1] for row in cells(shown)] == scores["site_id"].tolist()
    assert [row[4] for row in cells(shown)] == [f"{100 * one:.1f}" for one in scores["probability"]]
    assert [row[1] for row in cells(browse(plain(3)))] == ["s2", "s1", "s0"]
    many = browse(plain(1500, reason_1="long " * 50), most=1200)
    assert len(cells(many)) == 1200
    assert "1,500 sites" in many.caption
    assert "1,200 are in this table" in many.caption


def test_the_first_sites_open_and_tell_the_reasons_of_the_scorer(
    records: Records, made: Made, scores: pd.DataFrame, shown: Browser
) -> None:
    rows = cells(shown)
    assert [row[-1].startswith("<details>") for row in rows] == [place < OPENED for place in range(len(rows))]
    history = raw_history(records, scores["site_id"][0])
    scorer = Scorer.load(made.folder).with_context(context_for(made.folder, records, AS_OF))
    score = scorer.score(history["site"], history["events"], AS_OF, history["amendments"])
    up, down = rows[0][-1].split("<p><b>Lowers the risk (log-odds, records behind it)</b></p>")
    for reasons, part in ((score.reasons_up, up), (score.reasons_down, down)):
        assert reasons
        for reason in reasons:
            moved = f"{reason.contribution:+.2f}".replace("-", "−")
            listed = f"<li>{reason.text_en} <small>{moved}" in part
            assert listed == (abs(reason.contribution) >= LEAST)
    assert rows[OPENED][-1] == "; ".join(scores[name][OPENED] for name in ("reason_1", "reason_2"))


def test_only_records_known_before_the_day_open(records: Records, scores: pd.DataFrame) -> None:
    some = records.events[records.events["site_id"] == scores["site_id"][0]].tail(1)
    some = some.assign(occurred_on=pd.Timestamp("2025-01-10"), inspection_id=None)
    known = {"known_early": "2025-01-14", "known_late": AS_OF}
    new = [some.assign(event_id=name, known_on=pd.Timestamp(on)) for name, on in known.items()]
    more = dataclasses.replace(records, events=pd.concat([records.events, *new], ignore_index=True))
    body = browse(scores, records=more, opened=1).body
    assert "known_early" in body
    assert "known_late" not in body


def test_nobody_is_named(records: Records, made: Made, scores: pd.DataFrame) -> None:
    sites = records.sites.assign(name=PERSON)
    inspections = records.inspections.assign(inspector=PERSON)
    peopled = dataclasses.replace(records, sites=sites, inspections=inspections)
    found = browse(scores, records=peopled, artifact=made.folder, opened=2)
    said = [repr(found), found.table.to_csv(), *(str(cell) for row in cells(found) for cell in row)]
    assert not [text for text in said if PERSON in text]
    assert PERSON not in found.body


def test_levels_sort_by_their_risk_and_are_named_in_the_language_of_the_reader(
    records: Records, made: Made, scores: pd.DataFrame
) -> None:
    header = Scorer.load(made.folder).header
    assert header.levels
    named = {one.code: f"<span hidden>{rank}</span>{one.zh}" for rank, one in enumerate(header.levels.names)}
    found = cells(browse(scores, records=records, artifact=made.folder, lang="zh", opened=1))
    assert [row[5] for row in found] == scores["level"].map(named).tolist()
    assert scores["level"].nunique() > 1
    assert "提高风险" in found[0][-1]
    assert "该日之前已知的记录" in found[0][-1]


def test_the_same_scores_make_the_same_page(shown: Browser, records: Records, made: Made, scores: pd.DataFrame) -> None:
    assert browse(scores, records=records, artifact=made.folder, opened=OPENED).body == shown.body


def test_the_printed_form_is_plain(shown: Browser) -> None:
    assert "<" not in repr(shown)
    assert "first 5 can be opened" in repr(shown)


def test_scores_of_another_artifact_or_of_other_records_are_refused(
    records: Records, made: Made, scores: pd.DataFrame
) -> None:
    with pytest.raises(DataError, match="the scores are of "):
        browse(scores.assign(artifact="f" * 64), records=records, artifact=made.folder)
    with pytest.raises(DataError, match="give the records that were scored"):
        browse(scores.assign(probability=scores["probability"] + 1e-6), records=records, artifact=made.folder)
    with pytest.raises(DataError, match="sites of the scores are not among the records"):
        browse(scores.replace({scores["site_id"][0]: "who"}), records=records, artifact=made.folder)


def test_what_is_no_table_of_scores_is_refused() -> None:
    with pytest.raises(DataError, match=r"scores lack \['probability'\]"):
        browse(plain().drop(columns="probability"))
    with pytest.raises(DataError, match="scores lack rows"):
        browse(plain(0))
    with pytest.raises(DataError, match="scores of 2 days"):
        browse(plain(2, as_of=[pd.Timestamp("2025-01-01"), pd.Timestamp("2025-01-02")]))
    with pytest.raises(DataError, match="'s' stands in several rows"):
        browse(plain(2, site_id=["s", "s"]))


def test_a_wrong_question_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="language 'fr'"):
        browse(plain(), lang="fr")
    with pytest.raises(StudyError, match="need the records too"):
        browse(plain(), artifact="models/sample")
    with pytest.raises(StudyError, match="got 0 and 50"):
        browse(plain(), most=0)
    with pytest.raises(StudyError, match=r"ends in \.html"):
        browse(plain()).write(tmp_path / "scores.csv")


def test_without_itables_the_message_is_one_line_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "itables.javascript", None)
    with pytest.raises(StudyError, match=r'needs the package itables: pip install "riskml\[notebooks\]"$'):
        browse(plain())


def test_the_pictures_of_a_day_tell_the_scores_of_the_table(records: Records, made: Made, scores: pd.DataFrame) -> None:
    site, said = scores["site_id"][0], scores["probability"][0]
    ends = held(scored.why(made.folder, records, site, AS_OF), "kind")
    assert 1 / (1 + np.exp(-ends[-1]["end"])) == pytest.approx(said)
    assert f"{said:.1%}" in words(scored.why(made.folder, records, site, AS_OF, lang="zh"))
    dots = scored.swarm(made.folder, records, AS_OF, top=1).drawing.to_dict()["datasets"].values()
    assert sum(len(rows) for rows in dots if {"x", "y"} <= rows[0].keys()) == len(scores)
    with pytest.raises(DataError, match="no site 'nobody' among"):
        scored.why(made.folder, records, "nobody", AS_OF)
