"""The loaded artifact: from records, feature rows or tables to probability, level and reasons."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from riskml.scorer import scan
from riskml.scorer.answer import Score
from riskml.scorer.artifact import Artifact, read_artifact
from riskml.scorer.context import Context, facts_program, parse_context
from riskml.scorer.contributions import contributions
from riskml.scorer.errors import ArtifactError, InputError
from riskml.scorer.header import Header, Level
from riskml.scorer.inputs import check_matrix, check_row
from riskml.scorer.reasons import Reason, reasons
from riskml.scorer.selftest import run_selftest
from riskml.scorer.versions import EPOCH, day_number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from riskml.scorer.batches import Batches

ON_EXPIRED: Final = ("warn", "refuse", "ignore")

Row = Mapping[str, Any]


class Scorer:
    """A loaded artifact. It never changes, so threads may share it."""

    def __init__(self, artifact: Artifact, *, on_stale: str = "warn") -> None:
        self._artifact, self._on_stale = artifact, on_stale

    @classmethod
    def load(
        cls,
        folder: str | Path,
        *,
        verify: bool = True,
        today: str | date | None = None,
        on_expired: str = "warn",
        on_stale: str = "warn",
    ) -> "Scorer":
        """Open an artifact.

        Args:
            folder: where the five files lie.
            verify: also run the self-test. Checksums and bounds are always checked.
            today: day against which `expires_on` is held; the machine's date if None.
            on_expired: "warn" (a UserWarning), "refuse" or "ignore".
            on_stale: the same, of a decision day for which the context is too old; see `with_context`.

        Raises:
            ArtifactError: if it is damaged, of an unknown format, out of bounds, fails its self-test, or is expired and
                on_expired is "refuse".
            InputError: for another `on_expired` or `on_stale`, or a `today` that is no day.
        """
        for name, value in (("on_expired", on_expired), ("on_stale", on_stale)):
            if value not in ON_EXPIRED:
                raise InputError(f"{name} must be one of {list(ON_EXPIRED)}, got {value!r}")
        artifact = read_artifact(folder)
        if verify:
            run_selftest(artifact.selftest, artifact.trees, artifact.header.calibration)
        if on_expired != "ignore":
            _check_expiry(artifact.header, date.today() if today is None else today, on_expired)
        return cls(artifact, on_stale=on_stale)

    @property
    def header(self) -> Header:
        """What the artifact says about itself: origin, features, calibration, levels, days."""
        return self._artifact.header

    @property
    def context(self) -> Context:
        """What the scorer knows of groups of sites, as of one day (see `scorer.context`)."""
        return self._artifact.context

    def with_context(self, context: "Context | Mapping[str, Any]") -> "Scorer":
        """The same scorer with totals of another day: of the decision day, or not long before it.

        A context of a later day than the decision day is not used, since it knows what was not known then: the features
        of other sites count as missing, with a UserWarning.

        Args:
            context: such as riskml.export.scoring.context_for makes, or the content of its JSON.

        Raises:
            ArtifactError: if it does not hold the facts and groups of this artifact.
        """
        table = context.as_dict() if isinstance(context, Context) else context
        parsed = parse_context(table, self.header.program)
        return Scorer(replace(self._artifact, context=parsed), on_stale=self._on_stale)

    def _context_of(self, day: int) -> Context | None:
        """The context as it may be used on a decision day."""
        if not scan.tells_of_others(self.header.program):
            return None
        made = date.fromordinal(self.context.as_of + EPOCH)
        fresh = "score with Scorer.with_context of that day (riskml context makes it)"
        if self.context.as_of > day:
            text = f"the context is of {made}, later than as_of: what it says of other sites counts as missing; {fresh}"
            warnings.warn(text, UserWarning, stacklevel=3)
            return None
        if day - self.context.as_of > self.header.context_days and self._on_stale != "ignore":
            text = f"the context is of {made}, more than {self.header.context_days} days before as_of; {fresh}"
            if self._on_stale == "refuse":
                raise InputError(text)
            warnings.warn(text, UserWarning, stacklevel=3)
        return self.context

    @cached_property
    def _flat(self) -> dict[str, Any]:
        return scan.arrays(self.header.program)

    @cached_property
    def _facts(self) -> dict[str, Any]:
        return scan.arrays(facts_program(self.header.program))

    @property
    def digest(self) -> str:
        """SHA-256 that names the artifact; write it beside every decision taken with it."""
        return self._artifact.digest

    def features(
        self, site: Row, events: Sequence[Row], as_of: "int | str | date", amendments: Sequence[Row] = ()
    ) -> list[float]:
        """The feature row of a site, in catalog order, NaN for missing (see `scan.features`)."""
        context = self._context_of(day_number(as_of, "as_of"))
        given = (self.header.program, site, events, amendments, as_of, self._flat, context)
        return scan.features(*given, self._facts if context else None)

    def score(
        self,
        site: Row,
        events: Sequence[Row],
        as_of: "int | str | date",
        amendments: Sequence[Row] = (),
        *,
        top: int = 5,
    ) -> Score:
        """Score a site from its records as they were known before `as_of`.

        Args:
            site: its row of the `sites` table.
            events: its rows of the `events` table, visits included; what became known later is left out.
            as_of: decision day.
            amendments: the later facts about these events.
            top: the most reasons up and down; 0 for none, which is faster.

        Raises:
            InputError: if a record is not usable or a feature comes out impossible.
        """
        row = check_row(self.header.features, self.features(site, events, as_of, amendments))
        raw = self._artifact.trees.raw_score(row)
        probability = self.header.calibration.probability(raw)
        level = self.level_of(probability)
        up: tuple[Reason, ...] = ()
        down: tuple[Reason, ...] = ()
        if top > 0:
            values, expected = contributions(self._artifact.trees, row)
            stretch = self.header.calibration.stretch(raw, expected)
            moved = [stretch * value for value in values]
            behind = scan.records_behind(self.header.program, site, events, amendments, as_of, self._flat)
            up, down = reasons(self.header.features, row, moved, behind, top=top)
        return Score(
            probability=probability,
            raw=raw,
            level=level.code if level else None,
            level_en=level.en if level else None,
            level_zh=level.zh if level else None,
            reasons_up=up,
            reasons_down=down,
        )

    def level_of(self, probability: float) -> Level | None:
        """The level of a probability, None if the artifact has no levels."""
        return self.header.levels.of(probability) if self.header.levels else None

    def score_row(self, row: Sequence[float]) -> float:
        """Probability of one feature row, shape (F,), in catalog order; NaN is missing.

        Raises:
            InputError: for another number of values, a value that is no number, infinite or impossible.
        """
        return self.header.calibration.probability(self.raw_score(row))

    def raw_score(self, row: Sequence[float]) -> float:
        """Log-odds of one feature row before calibration; raises as `score_row`."""
        return self._artifact.trees.raw_score(check_row(self.header.features, row))

    def contributions(self, row: Sequence[float]) -> tuple[list[float], float]:
        """Exact Shapley values of the log-odds before calibration, F of them, and the expected log-odds.

        Raises:
            InputError: as `score_row`.
        """
        return contributions(self._artifact.trees, check_row(self.header.features, row))

    def score_features(self, matrix: "ArrayLike") -> "NDArray[np.float64]":
        """Probabilities of many feature rows, shape (n, F) -> (n,); bit for bit those of `score_row`.

        Raises:
            InputError: if it is no matrix of numbers with F columns, or holds an infinite or impossible value.
        """
        import numpy as np  # noqa: PLC0415 - a single row must not need it

        # One by one: numpy's exp may differ from math.exp in its last bit.
        raw = self.raw_scores(matrix).tolist()
        return np.array([self.header.calibration.probability(one) for one in raw], dtype=np.float64)

    def raw_scores(self, matrix: "ArrayLike") -> "NDArray[np.float64]":
        """Log-odds of many feature rows before calibration, shape (n, F) -> (n,); raises as `score_features`."""
        return self._batches.raw_scores(check_matrix(self.header.features, matrix))

    @cached_property
    def _batches(self) -> "Batches":
        # Two threads may build it at once; they build the same tables, and either may be kept.
        from riskml.scorer.batches import Batches  # noqa: PLC0415 - a single row must not need numpy

        return Batches(self._artifact.trees)


def _check_expiry(header: Header, today: "str | date", on_expired: str) -> None:
    expires = day_number(header.expires_on, "expires_on")
    if day_number(today, "today") < expires:
        return
    text = f"artifact {header.name!r} expired on {header.expires_on}; train on newer records and export again"
    if on_expired == "refuse":
        raise ArtifactError(text)
    warnings.warn(text, UserWarning, stacklevel=3)
