"""The list of event codes in an artifact: all that riskml, its sources and the records of the run know."""

import re
from importlib import resources
from pathlib import Path

import pandas as pd

from riskml.export.codes import SOURCES_ONLY, known_codes
from riskml.features.catalog import load_catalog
from riskml.grades.conventions import code_names
from riskml.records import read_records
from riskml.records.outcomes import VISIT_CODES
from riskml.records.source import source_names

FAMILIES = "|".join(
    [
        "ABN",
        "ACCIDENT",
        "AWARD",
        "CASE",
        "CERT",
        "COMMIT",
        "COMPL",
        "COMPLAINT",
        "DISHONEST",
        "HEALTH",
        "INTERVIEW",
        "OWNER",
        "PEN",
        "RECALL",
        "RECT",
        "REFUSE",
        "REPORT",
        "RISK",
        "SAMP",
        "SERIOUS",
        "VIOL",
        "VISIT",
    ]
)
ROOT = Path(__file__).parents[2]
CODE = re.compile(rf'"((?:{FAMILIES})(?:_[A-Z0-9]+)*)"')


def emitted() -> set[str]:
    """The texts in the bundled sources that look like event codes."""
    files = [resources.files("riskml.records.sources") / f"{name}.toml" for name in source_names()]
    return {code for file in files for code in CODE.findall(file.read_text(encoding="utf-8"))}


def test_every_code_of_visits_grades_catalog_and_sources_is_known() -> None:
    codes = known_codes()
    assert codes == sorted(set(codes))
    catalog = {code for feature in load_catalog().features for code in (*feature.codes, *feature.per)}
    assert {*VISIT_CODES, *code_names(), *catalog} <= set(codes)
    assert {"VIOL_CRITICAL", "PEN_FINE", "SAMP_SOLD", "HEALTH_CERT"} < emitted() <= set(codes)


def test_no_code_of_the_sources_alone_is_listed_in_vain() -> None:
    others = {*VISIT_CODES, *code_names()} | {code for f in load_catalog().features for code in (*f.codes, *f.per)}
    assert not others & set(SOURCES_ONLY)
    assert set(SOURCES_ONLY) <= emitted()


def test_codes_of_the_records_join_the_list() -> None:
    recorded = pd.Series(["MY_OWN", "VISIT", "MY_OWN"]).unique()
    assert set(known_codes(recorded)) == {*known_codes(), "MY_OWN"}


def test_every_event_of_the_sample_is_of_a_known_code() -> None:
    assert set(read_records(ROOT / "data" / "sample").events["code"]) <= set(known_codes())
