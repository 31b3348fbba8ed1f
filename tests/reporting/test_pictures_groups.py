"""Pictures of groups of sites and of what was never observed: the numbers of the tables, and clear refusals."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from drawn_pictures import held, words
from riskml.errors import DataError
from riskml.reporting._page import Run
from riskml.reporting.pictures.group_calibration import SHOWN, group_calibration
from riskml.reporting.pictures.labelled import labelled_share
from riskml.reporting.pictures.run import RunPictures


@pytest.fixture(scope="module")
def pictures(made: dict[str, Any]) -> RunPictures:
    """Of a run with all tables."""
    names = {"curve": "reliability", "budget_curve": "budget_curve"}
    return RunPictures(
        Path("runs/small"),
        Run(made["summary"], {**made["tables"], **{new: made[old] for old, new in names.items()}}),
    )


def test_fairness_shows_the_groups_of_one_attribute_with_the_values_of_the_table(
    pictures: RunPictures, made: dict[str, Any]
) -> None:
    table = made["tables"]["fairness"]
    found = table[(table["metric"] == "detection_rate") & (table["attribute"] == "office")]
    found = found[found["policy"].isin(["model", "grade_nanchang"])]
    shown = pictures.fairness(by="office")
    assert shown.title == "Whose failures are found? District office"
    values = {row["value"] for row in held(shown, "value") if row["value"] is not None}
    assert values == set(found["value"].dropna())
    assert pictures.fairness().title == shown.title, "the first attribute that the run has"
    assert pictures.fairness("zh", by="size").title == "谁的不合格被发现？面积"


def test_an_attribute_that_the_run_has_not_is_refused_with_those_it_has(pictures: RunPictures) -> None:
    for draw in (pictures.fairness, pictures.calibration_by_group):
        with pytest.raises(DataError, match=r"no groups by 'colour'; the run has those by \['office', 'size'\]"):
            draw(by="colour")


def test_a_group_that_fails_as_often_as_it_is_told_stands_at_one(pictures: RunPictures, made: dict[str, Any]) -> None:
    table = made["tables"]["fairness"]
    expected = table[(table["metric"] == "observed_expected") & (table["attribute"] == "office")]
    shown = pictures.calibration_by_group(by="office")
    rows = pd.DataFrame(held(shown, "value"))
    told = expected[expected["policy"] == "model"].sort_values("group")["value"]
    assert rows["value"].dropna().tolist() == pytest.approx(told.dropna().tolist())
    assert "failures over expected (one is right)" in words(shown)
    assert "实际与预期不合格之比（一为准确）" in words(pictures.calibration_by_group("zh"))


def test_of_many_groups_the_busiest_are_shown_and_counted() -> None:
    rows = [("format_code", f"g{place:03d}", place) for place in range(50)]
    table = pd.DataFrame(rows, columns=["attribute", "group", "n"]).assign(
        policy="model", metric="observed_expected", value=1.0, low=0.9, high=1.1, n_positive=20, reason=""
    )
    shown = group_calibration(table, by="format_code", lang="en")
    assert len(held(shown, "value")) == SHOWN
    assert f"The {SHOWN} groups with most visits, of 50." in shown.caption
    assert "g049" in words(shown)
    assert "no groups by 'size' to show" in words(group_calibration(table, by="size", lang="en"))


def test_the_labelled_share_is_that_of_the_table_at_each_budget(made: dict[str, Any], pictures: RunPictures) -> None:
    table = made["tables"]["selection"]
    share = table[table["metric"] == "labelled_share@0.20"]
    shown = pictures.labelled()
    values = {round(row["value"], 9) for row in held(shown, "value")}
    assert values == {round(one, 9) for one in share.loc[~share["policy"].str.contains(" - "), "value"]}
    assert "budget of" not in words(shown), "one budget needs no legend"
    perfect = share.iloc[:1].assign(policy="perfect", value=0.123)
    assert 0.123 not in [
        row["value"]
        for row in held(
            labelled_share(Run(made["summary"], {"selection": pd.concat([share, perfect])}), lang="en"), "value"
        )
    ]
    prescribed = share.assign(metric="labelled_share@prescribed")
    both = labelled_share(Run(made["summary"], {"selection": pd.concat([share, prescribed])}), lang="zh")
    assert {"预算20%", "按等级规定的次数"} <= set(words(both).split("\n"))
    none = labelled_share(Run(made["summary"], {"selection": table.head(0)}), lang="en")
    assert "there is no labelled share to show: 0 rows" in words(none)


def test_every_method_stands_in_the_picture_of_selection(pictures: RunPictures) -> None:
    assert pictures.selection().title == "Do all methods agree? Failures found, share (recall) at 20%"
    told = words(pictures.selection())
    assert "Naive: visited sites only (biased)" in told
    assert "Bounds whatever the unvisited sites are" in told
    assert {row["series"] for row in held(pictures.selection(), "series")} >= {"Model", "Last outcome"}
    assert "Model less Grade nanchang (reconstructed)" in pictures.selection_gained().title
