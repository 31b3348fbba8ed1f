"""Where sites lie on paper: degrees as kilometres, cells of a grid, and the length of a scale bar."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.reporting.pictures.nothing import EmptyError

KM_PER_DEGREE: Final = 111.195
"""Kilometres of one degree along a great circle of the mean earth radius, 6371.0 km."""
FAR: Final = 6.0
"""A site further from the median than so many times the spread of the middle four fifths is off the map."""
LEAST: Final = 0.5
"""Least side of a map in kilometres."""
STEPS: Final = (1.0, 2.0, 5.0)


@dataclass(frozen=True)
class Plane:
    """Sites on a plane, and those that are not on it.

    Attributes:
        rows: the sites on it, with x and y in kilometres from the south-west corner.
        width, height: of what they cover, in kilometres, at least `LEAST`.
        unplaced: sites without coordinates (or with impossible ones).
        far: sites left out because they lie far from all others, such as at 0 degrees, 0 degrees.
    """

    rows: pd.DataFrame
    width: float
    height: float
    unplaced: int
    far: int


def plane(sites: pd.DataFrame) -> Plane:
    """Sites in kilometres: equidistant cylindrical projection about their median latitude (Snyder 1987, section 12).

    Args:
        sites: lon and lat in degrees; further columns are kept.

    Raises:
        DataError: if a column is missing, or no site has coordinates.

    >>> flat = plane(pd.DataFrame({"lon": [10.0, 10.1, None], "lat": [60.0, 60.0, 60.0]}))
    >>> round(flat.width, 2), flat.unplaced
    (5.56, 1)
    """
    absent = [name for name in ("lon", "lat") if name not in sites]
    if absent:
        raise DataError(f"the sites lack {absent}; merge records.sites[['site_id', 'lon', 'lat']] to them")
    lon, lat = (sites[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("lon", "lat"))
    placed = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)  # a missing one is in no bound
    if not placed.any():
        raise EmptyError(f"there is no site to show: {len(sites)} sites, none with coordinates")
    near = placed & _near(lon, placed) & _near(lat, placed)
    x = lon[near] * np.cos(np.radians(np.median(lat[near]))) * KM_PER_DEGREE
    y = lat[near] * KM_PER_DEGREE
    rows = sites[near].assign(**{name: one - one.min() + _spare(one) for name, one in (("x", x), ("y", y))})
    return Plane(
        rows=rows,
        width=max(float(np.ptp(x)), LEAST),
        height=max(float(np.ptp(y)), LEAST),
        unplaced=int((~placed).sum()),
        far=int((placed & ~near).sum()),
    )


def _spare(kilometres: NDArray[np.float64]) -> float:
    """What is free on either side of sites that lie nearer than the map is wide."""
    return max(LEAST - float(np.ptp(kilometres)), 0.0) / 2


def _near(degrees: NDArray[np.float64], placed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each one lies near the middle of all; False where it is missing."""
    low, middle, high = np.quantile(degrees[placed], [0.1, 0.5, 0.9])
    return np.asarray(np.abs(degrees - middle) <= FAR * max(high - low, 0.05), dtype=bool)


def in_cells(rows: pd.DataFrame, side: float) -> pd.DataFrame:
    """Sites counted in square cells.

    Args:
        rows: x and y in kilometres; may have value (a number to be averaged, missing ones left out).
        side: of a cell, in kilometres.

    Returns:
        One row a cell that has a site: x, y, x2, y2 (its corners), sites, and, where there is a value, valued (sites
        with one) and value (their mean).

    >>> in_cells(pd.DataFrame({"x": [0.1, 0.2, 1.5], "y": 0.0, "value": [0.0, 1.0, None]}), 1.0).to_dict("list")
    {'x': [0.0, 1.0], 'y': [0.0, 0.0], 'x2': [1.0, 2.0], 'y2': [1.0, 1.0], 'sites': [2, 1], 'valued': [2, 0], \
'value': [0.5, nan]}
    """
    keys = [np.floor(rows[name] / side) * side for name in ("x", "y")]
    groups = rows.groupby(keys)
    cells = groups.size().rename("sites").reset_index()
    corners = cells[["x", "y"]].assign(x2=cells["x"] + side, y2=cells["y"] + side)
    found = corners.assign(sites=cells["sites"])
    if "value" in rows:
        told = groups["value"].agg(["count", "mean"])
        found = found.assign(valued=told["count"].to_numpy(), value=told["mean"].to_numpy())
    return found


def round_length(most: float) -> float:
    """The longest of 1, 2, 5, 10, 20, 50 ... (or 0.5, 0.2, ...) that is not above a length.

    >>> [round_length(most) for most in (0.7, 3.0, 5.0, 99.0)]
    [0.5, 2.0, 5.0, 50.0]
    """
    unit = 10.0 ** np.floor(np.log10(most))
    return float(max(step * unit for step in STEPS if step * unit <= most * (1 + 1e-9)))
