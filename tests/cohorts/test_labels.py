"""Label versions: what was given under two code sets is one outcome only where a map says so."""

import numpy as np
import pandas as pd
import pytest

from riskml.cohorts import Fold, definitions, refuse_mixed_folds
from riskml.cohorts.labels import refuse_unknown
from riskml.errors import StudyError

BOTH = ("fail", "fail_broad")
FOLD = Fold(origin=50, train=np.array([0, 1]), calibrate=np.array([2]), test=np.array([3, 4]))


def test_one_version_needs_no_map() -> None:
    assert definitions("fail", ["v1", "v1"], defined=BOTH) == {"v1": "fail"}
    assert definitions("fail", [], defined=BOTH) == {}


def test_a_map_of_another_outcome_is_no_map() -> None:
    with pytest.raises(StudyError, match=r"'fail_broad' was given under the label versions \['v1', 'v2'\]"):
        definitions("fail_broad", ["v1", "v2"], {"fail": {"v1": "fail", "v2": "fail"}}, defined=BOTH)


def test_a_version_that_the_map_leaves_out_is_named() -> None:
    with pytest.raises(StudyError, match=r"leaves out the versions \['v3'\]; write .*\"v3\" = \"fail\""):
        definitions("fail", ["v1", "v3"], {"fail": {"v1": "fail"}}, defined=BOTH)


def test_a_definition_that_the_records_lack_is_named() -> None:
    with pytest.raises(
        StudyError, match=r"names \['harm'\]; definitions of these records are \['fail', 'fail_broad'\]"
    ):
        definitions("fail", ["v1", "v2"], {"fail": {"v1": "harm", "v2": "fail"}}, defined=BOTH)


@pytest.mark.parametrize("old", [0, 2, 3])
def test_a_fold_that_learns_from_one_version_and_is_judged_by_another_is_refused(old: int) -> None:
    version = pd.Series(["new"] * 4 + [None], dtype="str")
    refuse_mixed_folds([FOLD], version, outcome="fail")
    version.iloc[old] = "old"
    with pytest.raises(StudyError, match=r"origin 1970-02-20: outcome 'fail' .* \['new', 'old'\]"):
        refuse_mixed_folds([FOLD], version, outcome="fail")
    refuse_mixed_folds([FOLD], version, outcome="fail", label_map={"fail": {"new": "fail", "old": "fail_broad"}})


def test_a_row_outside_the_fold_may_have_any_version() -> None:
    version = pd.Series(["new"] * 5 + ["old"], dtype="str")
    refuse_mixed_folds([FOLD], version, outcome="fail")


@pytest.mark.parametrize(
    ("label_map", "message"),
    [
        ({"fial": {"v1": "fail"}}, r"for the outcome 'fial', which is unknown; known are .* did you mean 'fail'\?"),
        ({"fail": {"v-1": "fail"}}, r"names the label version 'v-1', which is unknown; .* did you mean 'v1'\?"),
        ({"fail": {"v1": "fail_brod"}}, r"gives 'v1' the definition 'fail_brod', .* did you mean 'fail_broad'\?"),
        ({"fail": {"v1": "xyz"}}, r"known are \['fail', 'fail_broad'\]$"),
    ],
)
def test_a_map_of_something_unknown_is_refused_with_the_nearest_name(
    label_map: dict[str, dict[str, str]], message: str
) -> None:
    with pytest.raises(StudyError, match=message):
        refuse_unknown(label_map, outcomes=BOTH, versions=["v1", "v2"])
