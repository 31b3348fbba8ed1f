"""Every system file proves itself by its worked examples, and those agree with the shared golden cases."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from riskml.grades import failed_examples, load_system, system_names
from riskml.grades.examples import run_example
from riskml.grades.system import Example


@pytest.mark.parametrize("name", system_names())
def test_all_worked_examples_of_every_system_hold(name: str) -> None:
    system = load_system(name)
    assert system.examples, f"{name} has no [[example]]"
    assert failed_examples(system) == []


@pytest.mark.parametrize("name", system_names())
def test_every_variant_of_every_system_can_be_read(name: str) -> None:
    for variant in load_system(name).variants:
        assert load_system(f"{name}/{variant}").variant == variant


def test_a_wrong_example_is_found_and_told() -> None:
    system = load_system("nanchang")
    wrong = replace(system, examples=(replace(system.examples[1], score=1.5),))
    assert failed_examples(wrong) == ["nanchang NC2: score is 1.25, the example says 1.5"]


def golden() -> list[dict[str, Any]]:
    """The shared cases, without the one that is no grading system."""
    shared = os.environ.get("RISKML_SHARED")
    if not shared:
        pytest.skip("RISKML_SHARED is not set; it names the folder that holds grades/golden.json")
    cases = json.loads((Path(shared) / "grades" / "golden.json").read_text(encoding="utf-8"))
    return [case for case in cases if case["system"] != "equal_budget"]


def as_example(case: dict[str, Any]) -> Example:
    """A shared case as an example; "veto" stands for the system's serious-violation list."""
    given = dict(case["input"])
    events = given.pop("events", [])
    if given.pop("veto", False):
        if "events" in case["input"]:
            events = [*events, {"code": "SERIOUS", "age_days": 1}]
        else:
            given["SERIOUS"] = True
    if "sum" in given:
        given["score"] = given.pop("sum")
    return Example(case["id"], {}, tuple(events), None, None, None, given=given)


def test_every_shared_golden_case_holds() -> None:
    for case in golden():
        system = load_system(case["system"])
        row = run_example(system, as_example(case))
        assert row["level"] == str(case["grade"]), case["id"]
        if case["score"] is not None:
            assert row["score"] == pytest.approx(case["score"], abs=5e-5), case["id"]


def test_every_shared_golden_case_stands_in_its_system_file() -> None:
    for case in golden():
        mine = {example.id: example for example in load_system(case["system"]).examples}[case["id"]]
        assert (mine.score, mine.level) == (case["score"], str(case["grade"]))
