"""What a scorer builds of its artifact on first use and keeps: the laid-out program, and the tables of its trees."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from riskml.scorer.forest.trees import Trees
from riskml.scorer.scanning import scan
from riskml.scorer.scanning.context import facts_program

if TYPE_CHECKING:
    from riskml.scorer.explaining.shapley import BatchContributions
    from riskml.scorer.scanning.behind import Behind


class Built:
    """Each part when it is asked for. Two threads may build one at once; they build the same, and either is kept."""

    def __init__(self, program: Mapping[str, Any], trees: Trees) -> None:
        self._program, self._trees = program, trees

    @cached_property
    def flat(self) -> dict[str, Any]:
        """The program as the scan reads it."""
        return scan.arrays(self._program)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """The program of a site's own part in what the context says of others, as the scan reads it."""
        return scan.arrays(facts_program(self._program))

    @cached_property
    def behind(self) -> "Behind":
        """Finds the records behind a feature."""
        from riskml.scorer.scanning.behind import Behind  # noqa: PLC0415 - only whoever asks for reasons pays for it

        return Behind(self._program)

    @cached_property
    def topics(self) -> tuple[int, ...]:
        """For each feature the first feature of its topic."""
        from riskml.scorer.explaining.topics import topics  # noqa: PLC0415 - as above

        return topics(self._program)

    @cached_property
    def shapley(self) -> "BatchContributions":
        """Shapley values, of one row or many."""
        from riskml.scorer.explaining.shapley import BatchContributions  # noqa: PLC0415 - a single row must not need numpy

        return BatchContributions(self._trees)
