"""Groups of sites by what the records hold, and what is said of groups that are too small."""

import re

import numpy as np
import pandas as pd

from riskml.evaluation.calibration_table import LARGEST, SIZES
from riskml.evaluation.enough import COUNTED, PLACES, REASONS, too_few
from riskml.evaluation.fairness.site_groups import site_groups
from riskml.evaluation.fairness.words import SIZE_NAMES


def test_a_sum_that_misses_the_number_needed_by_rounding_is_enough() -> None:
    assert too_few(sum([0.1] * 200) - 1e-12, "expected failures") == ""
    assert too_few(19.9, "expected failures") == "not enough data: 19 expected failures, 20 are needed"


def test_every_reason_has_one_chinese_form() -> None:
    reasons = [too_few(3, noun, place=place) for noun in COUNTED for place in PLACES]
    reasons += [
        "a count, not an estimate",
        "fewer than two levels have 20 settled visits",
        "levels left out, with fewer than 20 settled visits: red, orange",
        "there is no settled visit",
    ]
    for reason in reasons:
        found = [match.expand(zh) for pattern, zh in REASONS if (match := re.fullmatch(pattern, reason))]
        assert len(found) == 1, reason
        assert [*re.findall("[0-9]+|red, orange", found[0])] == [*re.findall("[0-9]+|red, orange", reason)]


def test_groups_of_sites_are_those_that_the_records_hold() -> None:
    sites = pd.DataFrame(
        {
            "site_id": ["s1", "s2", "s3"],
            "office": ["o1", None, "o2"],
            "area_m2": [20.0, np.nan, 700.0],
            "subject_id": ["92440300MA5EXAMPX1", "52440300MA5EXAMPX1", "unknown"],
            "format_code": pd.array([None, None, None], dtype="str"),
        }
    )
    rows = pd.DataFrame({"site_id": ["s3", "s1", "s2"]}, index=[7, 8, 9])
    groups = site_groups(rows, sites)
    assert {name: members.fillna("-").tolist() for name, members in groups.items()} == {
        "office": ["o2", "o1", "-"],
        "size": ["4: above 500 m2", "1: up to 50 m2", "-"],
        "legal_form": ["-", "household", "other"],
    }
    assert groups["office"].index.tolist() == [7, 8, 9]


def test_every_group_of_floor_area_has_a_name() -> None:
    assert list(SIZE_NAMES) == [*(name for _, name in SIZES), LARGEST]
