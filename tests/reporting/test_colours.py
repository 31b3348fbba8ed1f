"""Colours: told apart by those who do not see red and green apart, and words that are read on their ground."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from riskml.reporting import _explanation_charts, looks
from riskml.reporting.charts import BOUNDS, COLOURS, GRADE_COLOURS, GREY, INK, RISING
from riskml.reporting.pictures import beeswarm, labelled, lag, level_looks, moves, reasons, site, visits
from riskml.reporting.pictures import map as maps

DEUTAN = np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]])
PROTAN = np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]])
"""Simulation matrices of severity one (Machado, Oliveira and Fernandes 2009, table 1), on linear RGB."""
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])
OKABE_ITO = ("#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")
APART = 17.0
"""The CIE 1976 distance of the nearest two colours of Okabe and Ito (2008) to a deutan eye; a difference is just
noticed at 2.3 (Mahy, Van Eycken and Oosterlinck 1994). No two colours of a picture lie nearer."""
TOGETHER = {
    "policies": [*COLOURS.values(), *GRADE_COLOURS, BOUNDS["perfect"], BOUNDS["random"]],
    "kinds of visits": list(visits.KIND_COLOURS),
    "groups of facts": [series.colour for series, _ in lag.GROUPS],
    "marks of a site": [mark.colour for mark in site.MARKS],
    "moves": [one.colour for one in moves.LOOKS],
    "reasons": [reasons.RAISES, reasons.LOWERS, GREY],
    "budgets": [colour for colour, _ in labelled.LOOKS],
    "dots of a fact": [*beeswarm.LOW_TO_HIGH[::3], *(look[1] for look in beeswarm.OTHER_LOOKS.values())],
    "ends of a value": [beeswarm.LOW_TO_HIGH[0], beeswarm.LOW_TO_HIGH[-1]],
}
"""Colours that stand in one picture."""


def lab(colour: str, seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIE L*a*b* of a colour as somebody sees it."""
    light = np.array([linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5)])
    shares = (TO_XYZ @ np.clip(seen @ light, 0, 1)) / WHITE
    roots = np.where(shares > 216 / 24389, np.cbrt(shares), (24389 / 27 * shares + 16) / 116)
    return np.array([116 * roots[1] - 16, 500 * (roots[0] - roots[1]), 200 * (roots[1] - roots[2])])


def linear(part: float) -> float:
    """A part of an sRGB colour, 0 to 1, as an amount of light (IEC 61966-2-1, 1999)."""
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21, by relative luminance (WCAG 2.1, W3C 2018)."""
    dark, light = sorted(
        sum(
            share * linear(int(colour[at : at + 2], 16) / 255)
            for share, at in zip((0.2126, 0.7152, 0.0722), (1, 3, 5), strict=True)
        )
        for colour in (one, other)
    )
    return (light + 0.05) / (dark + 0.05)


def distance(one: str, other: str, seen: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(lab(one, seen) - lab(other, seen)))


def test_the_measure_knows_what_the_eye_knows() -> None:
    everybody = np.eye(3)
    assert distance("#000000", "#ffffff", everybody) == pytest.approx(100, abs=0.1)
    assert distance("#d70000", "#5c6b00", everybody) > 2 * APART
    nearest = min(distance(one, other, DEUTAN) for one, other in combinations(OKABE_ITO, 2))
    assert nearest == pytest.approx(APART, abs=0.1)
    assert distance("#8a6f00", "#b35900", DEUTAN) < APART < distance("#8a6f00", "#b35900", everybody)


@pytest.mark.parametrize("seen", [np.eye(3), DEUTAN, PROTAN], ids=["everybody", "deutan", "protan"])
@pytest.mark.parametrize("picture", TOGETHER)
def test_colours_of_one_picture_are_told_apart(picture: str, seen: NDArray[np.float64]) -> None:
    near = {
        (one, other): round(distance(one, other, seen), 1)
        for one, other in combinations(TOGETHER[picture], 2)
        if distance(one, other, seen) < APART
    }
    assert not near


def test_levels_next_to_each_other_are_told_apart_and_every_level_has_a_form_of_its_own() -> None:
    for colours in (list(level_looks.NAMED.values()), list(level_looks.RANKED)):
        for one, other in pairwise(colours):
            assert distance(one, other, DEUTAN) > APART
    assert len(set(level_looks.SHAPES)) == len(level_looks.RANKED)


def test_words_are_read_on_paper_and_in_the_darkest_cell() -> None:
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert min(contrast(one, "#ffffff") for one in (INK, looks.QUIET)) >= 4.5
    assert min(contrast(INK, one) for one in RISING) >= 4.5


def test_marks_are_seen_against_the_paper() -> None:
    """Graphics need 3 to 1 (WCAG 2.1, 1.4.11); light colours only where a darker line or a form tells the same."""
    drawn = [COLOURS["model"], COLOURS["last_outcome"], GREY, INK, reasons.RAISES]
    assert min(contrast(one, "#ffffff") for one in drawn) >= 3.0
    steps = [contrast(one, "#ffffff") for one in maps.RISING]
    assert steps == sorted(steps)
    assert contrast(_explanation_charts.PALE, COLOURS["model"]) >= 2.5
