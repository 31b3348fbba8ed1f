"""The algorithmic transparency record: its fields, its blanks, no number but the run's, hostile names kept as text."""

import copy
import re
from typing import Any

import pytest

from riskml.errors import DataError
from riskml.export import _transparency_law as law
from riskml.export import _transparency_words as words
from riskml.export._use_words import BLANK, LIMITS, LISTS
from riskml.export.card_facts import RunFacts
from riskml.export.transparency import blanks, render_transparency
from small_runs import CARD, MODEL, REGISTER, TRAINING, Summary, entry, fairness, ratio, small_summary

FIGURE = re.compile(r"\d+(?:[.,]\d+)*")


@pytest.fixture
def summary() -> Summary:
    return {**small_summary(), "register": REGISTER, "source": "bureau_x"}


def halves(summary: Summary, **more: Any) -> list[str]:
    return render_transparency(RunFacts(summary, **{**CARD, "model": MODEL, **more})).split("\n---\n\n")


def test_every_field_of_both_tiers_stands_in_both_languages(summary: Summary) -> None:
    fields = [field for _, held in (("", words.OVERVIEW), *words.SECTIONS, ("", words.ASSESSMENTS)) for field in held]
    for part, lang, mark in zip(halves(summary), ("en", "zh"), (":", "："), strict=True):
        assert [name[lang] for name, _ in fields if f"**{name[lang]}**{mark}" not in part] == []  # type: ignore[literal-required]
    english, chinese = halves(summary)
    assert english.startswith("# Algorithmic transparency record: small\n")
    assert chinese.startswith("# 算法透明度记录：small\n")
    for sign in ("\n## ", "\n### ", "\n- ", "\n  - ", "\n| "):
        assert english.count(sign) == chinese.count(sign) > 0


def test_the_numbers_of_the_run_stand_in_both_languages(summary: Summary) -> None:
    summary["policies"]["model"] |= {"calibration_slope": entry(0.7, 0.2), "calibration_intercept": entry(0.1, 0.2)}
    wanted = ["41.2% [38.2, 44.2]", "31.0% [28.0, 34.0]", "+10.2 [+8.7, +11.7]", "0.541 [0.531, 0.551]", "8,123"]
    wanted += ["1,204", "15,877", "66.2%", "33.8%", "50,123", "7,001", "0.70 [0.50, 0.90]", "feed" * 16, "2025-07-01"]
    wanted += ["2024-07-01", "0123abcd", "0.1.0+ffff", "bureau\\_x", "3,456", "333"]
    for part in halves(summary):
        assert [figure for figure in wanted if figure not in part] == []


def test_owner_contact_and_assessments_are_blanks_and_their_number_is_told(summary: Summary) -> None:
    for part, blank in zip(halves(summary), BLANK.values(), strict=True):
        lines = part.splitlines()
        told = int(FIGURE.findall(lines[2])[0])
        assert part.count(str(blank)) == blanks(part) == told
        for name in ("Contact", "Organisation", "Senior responsible owner", "联系方式", "单位", "主要负责人"):
            assert [line for line in lines if line.startswith(f"- **{name}**") and not line.endswith(str(blank))] == []
    english, _ = halves(summary)
    assert "- **Contact**: [to be filled by the bureau]" in english
    assert english.splitlines()[-1].endswith("[to be filled by the bureau] |"), "what was not read is claimed by nobody"


def test_no_number_but_names_of_laws_and_methods_is_written_by_hand() -> None:
    fields = [told for _, held in (("", words.OVERVIEW), *words.SECTIONS, ("", words.ASSESSMENTS)) for _, told in held]
    fixed = [*fields, *(one for row in words.RISKS for one in row), *(row[2] for row in law.PROVISIONS), *LIMITS]
    fixed += [one for held in LISTS.values() for one in held]
    found = {number for one in fixed for said in one.values() for number in FIGURE.findall(str(said))}
    assert found <= {"95"}, "the level of the intervals is the only number that is not of the run"


def test_every_provision_names_its_articles_and_says_where_it_is_answered() -> None:
    for provision, asked, answer in law.PROVISIONS:
        assert FIGURE.search(provision["en"])
        assert min(len(asked["zh"]), len(asked["en"])) > 20
        assert (
            "{blank}" in answer["en"] or "See" in answer["en"] or "{fairness}" in answer["en"] or "must" in answer["en"]
        )
        for one in (provision, asked, answer):
            assert one["en"].count("{") == one["zh"].count("{")


def test_what_only_the_bureau_does_is_never_asserted(summary: Summary) -> None:
    english, _ = halves(summary)
    for name in ("How it is used", "Integration into the process", "Human decisions and review", "Appeals and review"):
        field = english[english.index(f"**{name}**") :]
        assert "[to be filled by the bureau]" in field[: re.search(r"\n(?:- |#)", field).start()]  # type: ignore[union-attr]


def test_the_verdicts_on_groups_are_the_ones_of_the_card(summary: Summary) -> None:
    english, chinese = halves(summary, tables=fairness(ratio("north", 1.2, 1.6), ratio("south", 0.9, 1.3)))
    assert english.count("For 1 of 2 group figures the whole 95% interval lies off 1") == 2
    assert chinese.count("2项分组指标中有1项的95%区间完全偏离1") == 2


def test_hostile_names_cannot_break_the_record(summary: Summary) -> None:
    hostile = "a|b](x)<img src=x>\n# head `c` **d** {blank} [to be filled by the bureau]"
    features = [{"name": hostile, "text_en": hostile, "text_zh": hostile, "monotone": -1}]
    plain = "\n---\n\n".join(halves(summary))
    broken = {**summary, "study": hostile, "source": hostile, "notes": [{"en": hostile, "zh": hostile}]}
    attacked = "\n---\n\n".join(halves(broken, features=features))
    assert "<img" not in attacked.replace("\\<img", "")
    assert "\n# head" not in attacked
    assert len(attacked.splitlines()) == len(plain.splitlines())
    assert blanks(attacked) == blanks(plain), "a name cannot pass for a blank"
    rows = [line.replace("\\|", "") for line in attacked.splitlines() if line.startswith("| ")]
    assert {row.count("|") for row in rows} == {4}


def test_the_record_is_the_same_every_time_and_changes_nothing(summary: Summary) -> None:
    before = copy.deepcopy(summary)
    assert halves(summary) == halves(summary)
    assert summary == before


def test_a_run_without_tables_register_or_artifact_still_has_a_record(summary: Summary) -> None:
    del summary["register"], summary["source"]
    english, _ = halves(summary, model=None)
    assert "digest –" in english
    assert "No comparison of groups of sites was at hand." in english


def test_a_summary_that_lacks_a_key_is_refused(summary: Summary) -> None:
    del summary["verdict"]
    with pytest.raises(DataError, match=r"summary lacks \['verdict'\]"):
        render_transparency(RunFacts(summary, features=[], training=TRAINING))
