"""The printed form of a system: both languages, and no assumed number passes for a published one."""

import re

import pytest

from riskml.errors import StudyError
from riskml.grades import describe, load_system, system_names


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", system_names())
def test_every_system_is_described_in_both_languages(name: str, lang: str) -> None:
    system = load_system(name)
    text = describe(system, lang)  # type: ignore[arg-type]
    for level in system.levels:
        assert (level.zh if lang == "zh" else level.en) in text
        assert (level.response_zh if lang == "zh" else level.response_en) in text
    assert all(path in text for path in system.numbers)


def test_an_assumed_number_is_marked_as_reconstructed() -> None:
    text = describe(load_system("nanchang"))
    assert "status     reconstructed: outline public, points assumed" in text
    assert re.search(r"RECT_ORDER rectification order +0\.5 \[reconstructed\] +2 \[reconstructed\]", text)
    assert re.search(r"yellow +1 < points <= 3 \[reconstructed: wuhan\] +1 \[reconstructed\]", text)
    assert re.search(r"PEN_FINE fine +1 \[published: wuhan\]", text)
    assert re.search(r"SERIOUS serious-violation list +red +while listed", text)


def test_a_published_system_has_no_mark_of_reconstruction() -> None:
    assert "reconstructed" not in describe(load_system("chicago_risk"))
    assert "推定" not in describe(load_system("chicago_risk"), "zh")
    assert "推定重构: 框架公开" in describe(load_system("nanchang"), "zh")


def test_the_variant_tells_how_repair_counts() -> None:
    assert "repaired: counts half" in describe(load_system("nanchang/repair_half"))
    assert "信用修复：不计分" in describe(load_system("nanchang"), "zh")


def test_another_language_is_refused() -> None:
    with pytest.raises(StudyError, match="unknown language 'fr'; allowed are en and zh"):
        describe(load_system("nanchang"), "fr")  # type: ignore[arg-type]
