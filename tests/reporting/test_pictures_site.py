"""The picture of one site: facts where they happened, levels as blocks, and a fit that is not taken for a forecast."""

import dataclasses
from functools import cache
from typing import Any

import pandas as pd
import pytest

from drawn_pictures import held, words
from riskml.errors import DataError
from riskml.explanation.timeline import Timeline
from riskml.reporting.pictures import site

DAYS = pd.to_datetime([f"2024-{month:02d}-01" for month in range(2, 13)])
NONE = pd.NaT


def events() -> pd.DataFrame:
    rows = [
        ("visit", "2024-03-05", "2024-03-06", NONE, NONE, True),
        ("visit", "2024-06-05", "2024-06-06", NONE, NONE, False),
        ("visit", "2024-08-05", "2024-08-06", NONE, NONE, None),
        ("complaint", "2024-04-01", "2024-05-10", NONE, NONE, None),
        ("listing", "2023-02-01", "2024-01-01", "2024-07-01", NONE, None),
        ("certificate", "2024-09-01", "2024-09-02", NONE, "2027-01-01", None),
    ]
    table = pd.DataFrame(rows, columns=["kind", "occurred_on", "known_on", "ended_on", "valid_to", "failed"])
    for name in ("occurred_on", "known_on", "ended_on", "valid_to"):
        table[name] = pd.to_datetime(table[name])
    return table.assign(event_id="secret", text_en="secret", amount=987654.0, failed=table["failed"].astype("boolean"))


def timeline(**changes: Any) -> Timeline:
    """A site whose level rises once, scored by a model that had learned until July."""
    levels = pd.DataFrame({"as_of": DAYS, "level": [None, *["green"] * 4, *["red"] * 6]})
    scores = pd.DataFrame(
        {"as_of": DAYS, "probability": [0.1, 0.2, None, *[0.3] * 8], "in_sample": [day.month < 7 for day in DAYS]}
    )
    given: dict[str, Any] = {
        "site_id": "s1",
        "observed_from": pd.Timestamp("2024-01-01"),
        "observed_to": pd.Timestamp("2025-01-01"),
        "events": events(),
        "levels": levels,
        "scores": scores,
        "scale": pd.DataFrame({"level": ["green", "red"], "en": ["green", "red"], "zh": ["绿", "红"], "rank": [0, 1]}),
        "system": "x/default",
        "reconstructed": True,
        "trained_to": pd.Timestamp("2024-07-01"),
    }
    return Timeline(**{**given, **changes})


@cache
def picture() -> Any:
    """The picture of that site, drawn once."""
    return site.site_over_time(timeline())


def panels(chart: Any) -> list[dict[str, Any]]:
    return list(chart.drawing.to_dict()["vconcat"])


def test_a_mark_stands_on_the_day_it_happened_and_reaches_to_the_day_it_was_known() -> None:
    rows = held(picture(), "mark")
    told = {(row["mark"], row["occurred_on"][:10], row["known_on"][:10]) for row in rows}
    assert ("visit, failed", "2024-03-05", "2024-03-06") in told
    assert ("visit, passed", "2024-06-05", "2024-06-06") in told
    assert ("visit without an outcome", "2024-08-05", "2024-08-06") in told
    assert ("any other fact", "2024-04-01", "2024-05-10") in told


def test_a_listing_and_a_certificate_are_bars_cut_to_the_records() -> None:
    chart = picture().drawing.to_dict()
    rows = next(found for found in chart["datasets"].values() if {"first", "lane"} <= set(found[0]))
    told = {row["lane"]: (row["first"][:10], row["last"][:10]) for row in rows}
    assert told == {"listing": ("2024-01-01", "2024-07-01"), "certificate, award": ("2024-09-01", "2025-01-01")}


def test_days_of_one_level_are_one_block_and_days_without_a_level_are_none() -> None:
    chart = picture().drawing.to_dict()
    blocks = next(found for found in chart["datasets"].values() if "name" in found[0])
    told = [(row["name"], row["first"][:10], row["last"][:10]) for row in blocks]
    assert told == [("green", "2024-03-01", "2024-07-01"), ("red", "2024-07-01", "2025-01-01")]


def test_what_the_model_knew_in_advance_is_dashed_shaded_and_said() -> None:
    chart = picture()
    layers = panels(chart)[2]["layer"]
    assert [layer["mark"]["type"] for layer in layers] == ["rect", "line", "line", "point", "point"]
    assert layers[1]["mark"]["strokeDash"] == [3, 3]
    assert layers[2]["mark"]["strokeDash"] == [1, 0]
    data = chart.drawing.to_dict()["datasets"]
    fit, ahead = (data[layer["data"]["name"]] for layer in layers[3:])
    assert max(row["as_of"] for row in fit)[:10] == "2024-06-01"
    assert min(row["as_of"] for row in ahead)[:10] == "2024-07-01"
    assert "days before 2024-07-01, up to which the model learned" in words(chart)
    assert "No day shown is a forecast" not in words(chart)


def test_a_picture_without_a_forecast_says_so_and_one_of_forecasts_has_no_shade() -> None:
    fit = timeline().scores.assign(in_sample=True)
    assert "No day shown is a forecast." in words(site.site_over_time(timeline(scores=fit)))
    ahead = site.site_over_time(timeline(scores=fit.assign(in_sample=False)))
    assert [layer["mark"]["type"] for layer in panels(ahead)[2]["layer"]] == ["line", "point"]
    assert "Shaded" not in words(ahead)


def test_a_level_on_assumed_numbers_says_reconstructed_in_both_languages() -> None:
    assert "level by x/default, reconstructed" in words(picture())
    assert "等级：x/default（重构）" in words(site.site_over_time(timeline(), lang="zh"))
    stated = words(site.site_over_time(timeline(reconstructed=False)))
    assert "econstructed" not in stated


def test_panels_without_rows_are_left_out_and_the_days_stand_below_the_last() -> None:
    none = timeline().scores.head(0)
    only = site.site_over_time(timeline(levels=timeline().levels.head(0), scores=none))
    assert len(panels(only)) == 1
    for chart in (only, picture()):
        labelled = [panel["layer"][0]["encoding"]["x"]["axis"]["labels"] for panel in panels(chart)]
        assert labelled == [False] * (len(labelled) - 1) + [True]


def test_the_picture_speaks_the_language_of_the_timeline_unless_asked_for_another() -> None:
    chinese = words(site.site_over_time(timeline(lang="zh")))
    assert {"预测的不合格概率", "检查，不合格", "投诉举报", "红"} <= set(chinese.split("\n"))
    assert "predicted probability of failure" in words(site.site_over_time(timeline(lang="zh"), lang="en"))


def test_no_key_amount_or_word_of_a_record_is_carried() -> None:
    drawn = picture().drawing.to_json()
    assert "secret" not in drawn
    assert "987654" not in drawn


def test_nothing_to_show_is_refused_with_a_reason() -> None:
    bare = timeline()
    bare = dataclasses.replace(bare, events=bare.events.head(0), levels=bare.levels.head(0), scores=bare.scores.head(0))
    assert "Nothing to show: no event, no level and no probability" in words(site.site_over_time(bare))
    with pytest.raises(DataError, match="language 'fr' is unknown"):
        site.site_over_time(timeline(), lang="fr")  # type: ignore[arg-type]
