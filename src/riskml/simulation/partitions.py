"""How a city is divided: into partitions of whole offices, each simulated for itself, so that memory follows one."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from riskml.simulation.settings import Ints, Settings

PARTITION_SITES: Final = 25_000
"""Most sites of one partition. The number belongs to the definition of a world: another one makes another city."""

STREAMS: Final = ("register", "risk", "facts", "visits", "findings", "aftermath")
"""One generator a stage, so that a change in one leaves the draws of the others alone."""

WEST, EAST = 115.7, 116.1
"""The longitudes of a city, in degrees; its partitions lie side by side."""


@dataclass(frozen=True)
class Partition:
    """Some offices of a city with their sites; no legal person owns sites in two partitions.

    Attributes:
        number: place among the partitions, from 0.
        sites, first_site: how many sites, and the number of the first one in the city.
        city_sites: number of sites of the whole city.
        offices, first_office: how many offices, and the number of the first one in the city.
        inspectors: of each office.
        west, east: longitudes between which the offices lie, in degrees.
        shift: log-odds of failing, common to the partition's offices.
        seeds: of the generators of `STREAMS`, in their order.
    """

    number: int
    sites: int
    first_site: int
    city_sites: int
    offices: int
    first_office: int
    inspectors: int
    west: float
    east: float
    shift: float
    seeds: tuple[np.random.SeedSequence, ...]

    def streams(self) -> dict[str, np.random.Generator]:
        """The generators by stage, at their beginning."""
        return {name: np.random.default_rng(seed) for name, seed in zip(STREAMS, self.seeds, strict=True)}


def partition_count(sites: int, partition_sites: int = PARTITION_SITES) -> int:
    """Number of partitions of a city.

    >>> partition_count(20_000), partition_count(2_230_000)
    (1, 90)
    """
    return -(-sites // partition_sites)


def divide(settings: Settings, *, sites: int, seed: int, partition_sites: int = PARTITION_SITES) -> list[Partition]:
    """The partitions of a city: sites and offices shared out evenly, a single one if all sites fit into it.

    Args:
        settings: of the bureau.
        sites: of the whole city.
        seed: of all randomness.
        partition_sites: most sites of one partition.

    >>> from riskml.simulation.settings import read_settings
    >>> [(part.sites, part.offices) for part in divide(read_settings(), sites=60_000, seed=1)]
    [(20000, 32), (20000, 32), (20000, 32)]
    """
    rules, count = settings["register"], partition_count(sites, partition_sites)
    offices = max(_offices(rules, sites), count)
    inspectors = max(rules["inspectors_per_office"], round(sites / offices / rules["sites_per_inspector"]))
    site_edges, office_edges = _edges(sites, count), _edges(offices, count)
    longitudes = np.linspace(WEST, EAST, count + 1).tolist()
    seeds, shifts = _randomness(settings, seed, np.diff(office_edges), np.diff(site_edges))
    return [
        Partition(
            number=number,
            sites=site_edges[number + 1] - site_edges[number],
            first_site=site_edges[number],
            city_sites=sites,
            offices=office_edges[number + 1] - office_edges[number],
            first_office=office_edges[number],
            inspectors=inspectors,
            west=longitudes[number],
            east=longitudes[number + 1],
            shift=shifts[number],
            seeds=seeds[number],
        )
        for number in range(count)
    ]


def _offices(rules: Settings, sites: int) -> int:
    few = max(2, round(sites / rules["sites_per_office"]))
    return int(rules["largest_offices"]) if sites >= rules["largest_offices_from"] else few


def _edges(total: int, count: int) -> list[int]:
    """Where each of `count` nearly equal shares of `total` begins, and where the last one ends."""
    return [total * number // count for number in range(count + 1)]


def _randomness(
    settings: Settings, seed: int, offices: Ints, sites: Ints
) -> tuple[list[tuple[np.random.SeedSequence, ...]], list[float]]:
    """Seeds and shift of each partition.

    Offices differ with the standard deviation s. A partition of m offices centres its own, so what it has in common is
    drawn here: the mean of m independent offices, N(0, s^2 / m), centred over the city's sites.
    """
    root = np.random.SeedSequence(seed)
    first, (common,) = root.spawn(len(STREAMS)), root.spawn(1)
    seeds = [tuple(first), *(tuple(child.spawn(len(STREAMS))) for child in root.spawn(len(offices) - 1))]
    shifts = np.random.default_rng(common).standard_normal(len(offices))
    shifts *= settings["risk"]["office_sd"] / np.sqrt(offices)
    return seeds, (shifts - shifts @ (sites / sites.sum())).tolist()
