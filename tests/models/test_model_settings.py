"""The sections [model] and [calibration] of a study: what is allowed, and what is said of the rest."""

from pathlib import Path

import pytest

from riskml.errors import StudyError
from riskml.study import Study
from studies import write_study


def load(folder: Path, lines: str) -> Study:
    path = write_study(folder)
    path.write_text(path.read_text().replace("trees = 60\n", f"trees = 60\n{lines}\n"))
    return Study.load(path)


def test_early_stopping_severity_and_the_maps_are_read(tmp_path: Path) -> None:
    study = load(
        tmp_path, 'early_stopping = 20\nseverity = true\nleniency = true\n[calibration]\nmaps = ["platt", "isotonic"]'
    )
    assert (study["model"]["early_stopping"], study["model"]["severity"], study["model"]["leniency"]) == (
        20,
        True,
        True,
    )
    assert study["calibration"]["maps"] == ("platt", "isotonic")
    assert load(tmp_path, "")["calibration"]["maps"] == ("none", "platt", "beta", "isotonic")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            "early_stopping = -1",
            r"\[model\] early_stopping must be 0 for none, or so many trees without a gain",
        ),
        ("early_stopping = true", r"\[model\]: early_stopping must be a whole number, got True"),
        ("severity = 1", r"\[model\]: severity must be true or false, got 1"),
        ('[calibration]\nmaps = ["plat"]', r"\[calibration\] maps must be some of \['none', 'platt', 'beta', 'isoto"),
        ("[calibration]\nmaps = []", r"\[calibration\] maps must be some of"),
        ('[calibration]\nmap = ["platt"]', r"key 'map' is unknown; allowed are \['maps'\]; did you mean 'maps'"),
    ],
)
def test_what_is_not_allowed_is_refused_with_what_is(tmp_path: Path, lines: str, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        load(tmp_path, lines)
