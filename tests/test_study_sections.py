"""The sections [tuning] and [promotion] of a study: defaults that hold, and what is refused, with what is allowed."""

from pathlib import Path

import pytest

from riskml.errors import StudyError
from riskml.study import Study, project_root
from riskml.study_checks import TUNED
from studies import write_study


def test_the_default_ranges_hold_the_default_settings(tmp_path: Path) -> None:
    study = Study.load(write_study(tmp_path))
    for name in TUNED:
        low, high = study["tuning"][name]
        assert low <= study["model"][name] <= high
    assert study["promotion"]["calibration_slope"] == (0.8, 1.25)
    assert study["promotion"]["calibration_intercept"] == (-0.2, 0.2)
    assert study["promotion"]["fairness"] is True


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("[tuning]\ntrials = 0", r"\[tuning\] trials must be at least 1, got 0"),
        ("[tuning]\norigins = 0", r"\[tuning\] origins must be at least 1, got 0"),
        ("[tuning]\ntrees = [50]", r"\[tuning\] trees must be two numbers, the lower one first, got \[50\]"),
        ("[tuning]\ntrees = [50, 20]", r"\[tuning\] trees must be two numbers, the lower one first"),
        ("[tuning]\ntrees = [5.0, 20]", r"\[tuning\] trees must be two whole numbers from 1 to 5000, got \[5\.0, 20\]"),
        ("[tuning]\nl2 = [0, 20]", r"\[tuning\] l2 must be two numbers from 0\.001 to 10000\.0, got \[0, 20\]"),
        ("[tuning]\nfeature_share = [0.5, 2]", r"\[tuning\] feature_share must be two numbers from 0\.05 to 1\.0"),
        ("[tuning]\ntree = [5, 20]", r"key 'tree' is unknown; .* did you mean 'trees'"),
        ("[promotion]\nmargin = -0.1", r"\[promotion\] margin must be 0 or more, got -0\.1"),
        ("[promotion]\ncalibration_origins = 3", r"calibration_origins must be from 1 to the 2 origins of \[splits\]"),
        ("[promotion]\ncalibration_slope = [2.0, 1.0]", r"calibration_slope must be two numbers, the lower one first"),
        ("[promotion]\nvalid_days_left = -1", r"valid_days_left must be 0 or more, got -1"),
        ("[promotion]\nfairness = 1", r"\[promotion\]: fairness must be true or false, got 1"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, lines: str, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        Study.load(write_study(tmp_path, tail=lines))


def test_no_study_takes_the_name_of_the_champions_folder(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="name 'champion' is kept for the promoted model's folder"):
        Study.load(write_study(tmp_path, name="champion"))


def test_the_project_is_the_nearest_folder_with_a_pyproject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").touch()
    assert project_root(tmp_path / "studies" / "deep" / "a.toml") == tmp_path
    monkeypatch.chdir(tmp_path)
    assert project_root(Path("here")) == tmp_path
