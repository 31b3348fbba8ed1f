"""The gallery: every picture is on it, with the words of its docstring."""

import inspect
from pathlib import Path
from types import ModuleType

import pytest

from pictures_page import PAGE, page, told
from riskml.reporting import pictures
from riskml.reporting.pictures import lag, quality, scored, site, visits
from riskml.reporting.pictures import map as maps
from riskml.reporting.pictures.picture import Picture
from riskml.reporting.pictures.run import OWN, PICTURES


def test_the_page_is_made_from_the_docstrings() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python tests/pictures_page.py"


@pytest.mark.parametrize("room", [visits, lag, quality, maps, site, scored], ids=lambda room: room.__name__)
def test_every_picture_is_on_the_page_and_says_how_to_read_it(room: ModuleType) -> None:
    own = [one for name, one in inspect.getmembers(room, inspect.isfunction) if one.__module__ == room.__name__]
    made = [one for one in own if one.__name__[0] != "_" and inspect.signature(one).return_annotation is Picture]
    assert made
    for one in made:
        assert f"### {one.__name__}\n" in page()
        assert "**How to read it:**" in told(one)[1]


def test_every_picture_of_a_run_is_on_the_page() -> None:
    assert not [name for name in (*PICTURES, *OWN) if f"\nrun.{name}()\n" not in page()]


def test_no_other_file_draws_pictures_unseen() -> None:
    """A new file of pictures is added to the page, or is one that others draw with."""
    folder = Path(pictures.__file__).parent
    helping = {"panels", "picture", "places", "level_looks", "visit_counts", "run_tables", "nothing", "__init__"}
    shown = {"visits", "lag", "quality", "map", "site", "scored", "run", "run_checks", "run_grades", "run_policies"}
    shown |= {"run_reasons", "moves", "group_calibration", "labelled", "beeswarm", "reasons"}
    assert {path.stem for path in folder.glob("*.py")} == helping | shown
