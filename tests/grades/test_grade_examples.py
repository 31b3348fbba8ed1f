"""Every system file proves itself by its worked examples, and those agree with the shared golden cases."""

import json
import os
from dataclasses import replace
from pathlib import Path

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
    wrong = replace(system, examples=(replace(system.examples[1], points=1.5),))
    assert failed_examples(wrong) == ["nanchang NC2: points is 1.25, the example says 1.5"]


def test_the_shared_golden_cases_of_nanchang_hold() -> None:
    shared = os.environ.get("RISKML_SHARED")
    if not shared:
        pytest.skip("RISKML_SHARED is not set; it names the folder that holds grades/golden.json")
    cases = json.loads((Path(shared) / "grades" / "golden.json").read_text(encoding="utf-8"))
    system = load_system("nanchang")
    cases = [case for case in cases if case["system"] == "nanchang"]
    assert [case["id"] for case in cases] == [example.id for example in system.examples]
    for case in cases:
        veto = [{"code": "SERIOUS", "age_days": 1}] if case["input"]["veto"] else []
        events = (*case["input"]["events"], *veto)
        row = run_example(system, Example(case["id"], {}, events, None, None, None))
        assert row["level"] == case["grade"], case["id"]
        if case["score"] is not None:
            assert row["points"] == case["score"], case["id"]
