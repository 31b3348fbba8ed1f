"""The map of sites: true to scale, few sites give no value, what is not on it is counted, nobody is named or asked."""

import math
import re
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from drawn_pictures import held, words
from riskml.errors import DataError
from riskml.export.wording import Text, text
from riskml.reporting.charts import WIDTH
from riskml.reporting.pictures import map as maps
from riskml.reporting.pictures.level_looks import level_colours, level_shapes
from riskml.reporting.pictures.places import in_cells, plane

LEVELS: dict[str, Text] = {"green": text("green", "绿"), "red": text("red", "红")}


def sites(number: int = 60, seed: int = 1) -> pd.DataFrame:
    """Sites of a town."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "site_id": [f"secret{place}" for place in range(number)],
            "name": "Wang Xiaoming",
            "lon": 114.0 + rng.random(number) * 0.2,
            "lat": 22.5 + rng.random(number) * 0.1,
            "probability": rng.random(number).round(3),
            "level": np.where(rng.random(number) < 0.2, "red", "green"),
        }
    )


def haversine(one: Any, other: Any) -> float:
    """Kilometres between two places on a sphere."""
    lon1, lat1, lon2, lat2 = map(math.radians, (one.lon, one.lat, other.lon, other.lat))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(half))


def test_kilometres_on_the_plane_are_those_on_the_earth() -> None:
    flat = plane(sites(40)).rows
    rows: list[Any] = list(flat.itertuples())
    for one, other in pairwise(rows):
        assert math.hypot(one.x - other.x, one.y - other.y) == pytest.approx(haversine(one, other), rel=2e-3)


def test_sites_without_coordinates_and_strays_are_left_out_and_counted() -> None:
    rows = sites(60)
    rows.loc[:2, "lon"] = np.nan
    rows.loc[3, "lat"] = 95.0
    rows.loc[5:6, ["lon", "lat"]] = 0.0
    flat = plane(rows)
    assert (len(flat.rows), flat.unplaced, flat.far) == (54, 4, 2)
    assert flat.width < 25
    drawn = words(maps.sites_map(rows))
    assert "Sites on the map: 54." in drawn
    assert "Without coordinates, not shown: 4 sites." in drawn
    assert "Far off all others, not shown: 2 sites" in drawn
    assert "无坐标、未显示：4家。" in words(maps.sites_map(rows, lang="zh"))


@pytest.mark.parametrize("ratio", [0.02, 1.0, 40.0])
def test_a_kilometre_is_as_long_in_both_ways_and_the_scale_bar_is_that_long(ratio: float) -> None:
    rows = sites(60)
    rows["lat"] = 22.5 + (rows["lat"] - 22.5) * ratio
    chart = maps.sites_map(rows, by="number").drawing.to_dict()
    x, y = (chart["layer"][0]["encoding"][name]["scale"]["domain"] for name in "xy")
    assert WIDTH / (x[1] - x[0]) == pytest.approx(chart["height"] / (y[1] - y[0]), rel=5e-3)
    points = pd.DataFrame(held(maps.sites_map(rows, by="number"), "x"))
    assert points["x"].between(*x).all()
    assert points["y"].between(*y).all()
    (bar,) = next(found for found in chart["datasets"].values() if "words" in found[0])
    assert bar["words"] == f"{bar['x2'] - bar['x']:g} km"
    assert bar["y"] < points["y"].min()


def test_a_cell_counts_the_sites_in_it_and_averages_their_values() -> None:
    flat = plane(sites(300))
    rows = flat.rows[["x", "y"]].assign(value=flat.rows["probability"].mask(flat.rows["probability"] < 0.1))
    cells = in_cells(rows, 2.0)
    assert cells["sites"].sum() == 300
    for cell in cells.itertuples():
        inside = rows[rows["x"].ge(cell.x) & rows["x"].lt(cell.x2) & rows["y"].ge(cell.y) & rows["y"].lt(cell.y2)]
        assert cell.sites == len(inside)
        assert cell.valued == inside["value"].notna().sum()
        assert cell.value == pytest.approx(inside["value"].mean(), nan_ok=True)


def test_a_cell_of_few_sites_has_no_value() -> None:
    rows = pd.concat([sites(maps.FEWEST)] * 1).assign(lon=114.0, lat=22.5, probability=0.3)
    lonely = rows.head(maps.FEWEST - 1).assign(lon=114.1, probability=0.9)
    chart = maps.sites_map(pd.concat([rows, lonely]), cells=True)
    assert [row["value"] for row in held(chart, "value")] == [0.3]
    assert "0.9" not in re.sub(r'"(scale|opacity|lineHeight)[^,]*', "", chart.drawing.to_json()).replace("0.95", "")
    assert "Empty cell: fewer than 5 sites" in words(chart)


def test_many_sites_are_drawn_as_cells_unless_points_are_asked_for() -> None:
    many = sites(maps.POINTS + 1)
    assert "A cell is" in words(maps.sites_map(many, by="number"))
    assert "A cell is" not in words(maps.sites_map(sites(50), by="number"))
    assert len(held(maps.sites_map(many, by="number", cells=False), "x")) == maps.POINTS + 1


def test_cells_by_level_show_the_share_at_the_riskiest() -> None:
    rows = sites(20).assign(lon=114.0, lat=22.5, level=["red"] * 5 + ["green"] * 15)
    chart = maps.sites_map(rows, by="level", levels=LEVELS, cells=True, lang="zh")
    assert [row["value"] for row in held(chart, "value")] == [0.25]
    assert "“红”等级主体的比例" in words(chart)


def test_levels_are_told_apart_by_form_and_a_level_called_by_a_colour_has_it() -> None:
    chart = maps.sites_map(sites(60), by="level", levels=LEVELS).drawing.to_dict()
    encoding = chart["layer"][0]["encoding"]
    assert len(set(encoding["shape"]["scale"]["range"])) == 2
    assert encoding["color"]["scale"]["range"] == level_colours(["green", "red"]) == ["#009E73", "#D55E00"]
    assert len(set(level_shapes("ABCDEFG"))) == len(set(level_colours(list("ABCDEFG")))) == 7


def test_sites_without_a_probability_or_a_level_are_grey_and_said() -> None:
    rows = sites(40)
    rows.loc[:9, ["probability", "level"]] = [np.nan, None]
    assert "Grey: 10 sites without a probability." in words(maps.sites_map(rows))
    assert "no level" in words(maps.sites_map(rows, by="level", levels=LEVELS))


@pytest.mark.parametrize("cells", [True, False])
@pytest.mark.parametrize("by", ["probability", "level", "number"])
def test_a_map_names_nobody_and_asks_nobody(by: str, cells: bool) -> None:
    chart = maps.sites_map(sites(80), by=by, levels=LEVELS, cells=cells)
    drawn = re.sub(r'"\$schema": "[^"]*"', "", chart.drawing.to_json())
    assert not re.search(r"secret|Wang|https?:|\"url\"", drawn)


def test_what_cannot_be_drawn_is_refused_with_a_reason() -> None:
    with pytest.raises(DataError, match=r"the sites lack \['lat'\]; merge records.sites"):
        maps.sites_map(sites().drop(columns="lat"))
    assert "60 sites, none with coordinates" in words(maps.sites_map(sites().assign(lon=np.nan)))
    with pytest.raises(DataError, match="a map by 'score' is unknown; allowed are"):
        maps.sites_map(sites(), by="score")
    with pytest.raises(DataError, match="the sites have no column 'level'"):
        maps.sites_map(sites().drop(columns="level"), by="level")
    with pytest.raises(DataError, match=r"the sites have the levels \['red'\]; levels named are \['green'\]"):
        maps.sites_map(sites(), by="level", levels={"green": LEVELS["green"]})
