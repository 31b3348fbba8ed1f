"""Simulation: a seeded bureau whose truth is known, with visits that follow the grade in force."""

from riskml.simulation.world import World, simulate, write_world

__all__ = ["World", "simulate", "write_world"]
