"""Simulation: a seeded bureau whose truth is known, with visits that follow the grade in force."""

from riskml.simulation.files import Planted, write_files
from riskml.simulation.partitions import PARTITION_SITES, partition_count
from riskml.simulation.world import World, simulate
from riskml.simulation.writing import simulate_to, write_world

__all__ = [
    "PARTITION_SITES",
    "Planted",
    "World",
    "partition_count",
    "simulate",
    "simulate_to",
    "write_files",
    "write_world",
]
