"""The loaded artifact: from records, feature rows or tables to probability, level and reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from riskml.scorer.answer import Score
from riskml.scorer.built import Built
from riskml.scorer.explaining.peers import Peers
from riskml.scorer.freshness import check_choice, check_expiry, usable
from riskml.scorer.header import Header, Level
from riskml.scorer.opening.artifact import Artifact, read_artifact
from riskml.scorer.opening.selftest import run_selftest
from riskml.scorer.scanning import scan
from riskml.scorer.scanning.context import Context, parse_context
from riskml.scorer.scanning.days import day_number
from riskml.scorer.scanning.inputs import check_matrix, check_row, row_of
from riskml.scorer.scanning.records_in import as_mapping, as_mappings

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from riskml.scorer.explaining.counterfacts import CounterFact
    from riskml.scorer.explaining.reasons import Reason
    from riskml.scorer.scanning.tables import TableScores

Day = int | str | date
Totals = Context | Mapping[str, Any]
Given = Mapping[str, float | str | None] | Sequence[float]


class Scorer:
    """A loaded artifact. It never changes, so threads may share it."""

    def __init__(self, artifact: Artifact, *, on_stale: str = "warn", built: Built | None = None) -> None:
        self._artifact, self._on_stale = artifact, on_stale
        self._built = built or Built(artifact.header.program, artifact.trees)

    @classmethod
    def load(
        cls,
        place: "str | Path",
        *,
        verify: bool = True,
        public_key: "bytes | str | Path | None" = None,
        today: str | date | None = None,
        on_expired: str = "warn",
        on_stale: str = "warn",
    ) -> "Scorer":
        """Open an artifact.

        Args:
            place: its folder, or the one file that `riskml export --pack` makes of it.
            verify: also run the self-test. Checksums and bounds are always checked.
            public_key: PEM of an Ed25519 public key, or the file that holds it: what its private key has not signed is
                refused. Without it a signature is not looked at.
            today: day against which `expires_on` is held; the machine's date if None.
            on_expired: "warn" (a UserWarning), "refuse" or "ignore".
            on_stale: the same, of a decision day for which the context is too old; see `with_context`.

        Raises:
            ArtifactError: if it is damaged, of an unknown format, out of bounds, not signed by the key, fails its
                self-test, or is expired and on_expired is "refuse".
            InputError: for another `on_expired` or `on_stale`, a `today` that is no day, or a key that is none.
        """
        check_choice("on_expired", on_expired)
        check_choice("on_stale", on_stale)
        artifact = read_artifact(place, public_key=public_key)
        if verify:
            run_selftest(artifact.selftest, artifact.trees, artifact.header.calibration)
        if on_expired != "ignore":
            check_expiry(artifact.header, date.today() if today is None else today, on_expired)
        return cls(artifact, on_stale=on_stale)

    @property
    def header(self) -> Header:
        """What the artifact says about itself."""
        return self._artifact.header

    @property
    def digest(self) -> str:
        """SHA-256 that names the artifact; write it beside every decision taken with it."""
        return self._artifact.digest

    @property
    def context(self) -> Context:
        """What the scorer knows of groups of sites, as of one day (see `scorer.scanning.context`)."""
        return self._artifact.context

    @property
    def peers(self) -> Peers:
        """How values and probabilities are spread among sites of a kind (see `scorer.explaining.peers`)."""
        return self._artifact.peers

    def with_context(self, context: Totals) -> "Scorer":
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
        return Scorer(replace(self._artifact, context=parsed), on_stale=self._on_stale, built=self._built)

    def features(
        self, site: Any, events: Any, as_of: Day, amendments: Any = (), context: Totals | None = None
    ) -> list[float]:
        """The feature row of a site, shape (F,), in catalog order, NaN for missing; arguments and errors as `score`."""
        scorer = self if context is None else self.with_context(context)
        return scorer._features(scorer._read(site, events, amendments), day_number(as_of, "as_of"))

    def score(
        self,
        site: Any,
        events: Any,
        as_of: Day,
        amendments: Any = (),
        context: Totals | None = None,
        *,
        top: int = 5,
    ) -> Score:
        """Score a site from its records as they were known before `as_of`.

        Args:
            site: its row of the `sites` table: a dict, a dataclass, a named tuple, or a row of a database or frame.
            events: its rows of the `events` table, visits included, in any order: a list of such rows, or a frame. What
                became known on `as_of` or later is left out.
            as_of: decision day: a date, an ISO day, or days since 1970-01-01.
            amendments: the later facts about these events.
            context: totals of other sites, instead of the artifact's (`with_context`).
            top: the most reasons up and down; 0 for none, which is faster.

        Raises:
            InputError: if a record is not usable or a feature comes out impossible; it says which, and what is allowed.
            ArtifactError: for a context that is not one of this artifact.
        """
        scorer = self if context is None else self.with_context(context)
        records, day = scorer._read(site, events, amendments), day_number(as_of, "as_of")
        row = check_row(self.header.features, scorer._features(records, day))
        raw = self._artifact.trees.raw_score(row)
        probability = self.header.calibration.probability(raw)
        level = self.level_of(probability)
        given = as_mapping(site, "site")
        up, down = self._reasons(given, records, day, row, raw, top) if top > 0 else ((), ())
        return Score(
            probability=probability,
            raw=raw,
            level=level.code if level else None,
            level_en=level.en if level else None,
            level_zh=level.zh if level else None,
            reasons_up=up,
            reasons_down=down,
            peers=self.peers.of_probability(given, probability) if top > 0 else None,
        )

    def counterfacts(
        self, site: Any, events: Any, as_of: Day, amendments: Any = (), context: Totals | None = None
    ) -> "tuple[CounterFact, ...]":
        """What would lower the score: each feasible change of the site's records, and all of them together.

        Arguments and errors as `score`; see `scorer.explaining.counterfacts` for what is changed and what that means.
        """
        from riskml.scorer.explaining.counterfacts import counterfacts  # noqa: PLC0415 - loading stays quick

        scorer = self if context is None else self.with_context(context)
        events, amendments = as_mappings(events, "event"), as_mappings(amendments, "amendment")
        row = scorer.features(site, events, as_of, amendments)
        asked = (self.header, self.score_row, row, site, events, amendments, as_of)
        return counterfacts(*asked, flat=self._built.flat)

    def level_of(self, probability: float) -> Level | None:
        """The level of a probability, None if the artifact has no levels."""
        return self.header.levels.of(probability) if self.header.levels else None

    def score_row(self, row: Given) -> float:
        """Probability of one feature row: F values in catalog order (NaN is missing), or by name of the feature.

        Raises:
            InputError: for another number of values, a value that is no number, infinite or impossible.
        """
        return self.header.calibration.probability(self.raw_score(row))

    def raw_score(self, row: Given) -> float:
        """Log-odds of one feature row before calibration; raises as `score_row`."""
        return self._artifact.trees.raw_score(self._row(row))

    def contributions(self, row: Given) -> tuple[list[float], float]:
        """Exact Shapley values of the log-odds before calibration, F of them, and the expected log-odds.

        Raises:
            InputError: as `score_row`.
        """
        return self._contributions(self._row(row))

    def score_features(self, matrix: "ArrayLike") -> "NDArray[np.float64]":
        """Probabilities of many feature rows, shape (n, F) -> (n,); bit for bit those of `score_row`.

        Raises:
            InputError: if it is no matrix of numbers with F columns, or holds an infinite or impossible value.
        """
        return self.header.calibration.probabilities(self.raw_scores(matrix))

    def raw_scores(self, matrix: "ArrayLike") -> "NDArray[np.float64]":
        """Log-odds of many feature rows before calibration, shape (n, F) -> (n,); raises as `score_features`."""
        return self._artifact.trees.batches.raw_scores(check_matrix(self.header.features, matrix))

    def contributions_of(self, matrix: "ArrayLike") -> "NDArray[np.float64]":
        """Shapley values of many feature rows, shape (n, F) -> (n, F); raises as `score_features`.

        With the expected log-odds they add up to the raw score. A row's values do not depend on the rows beside it.
        """
        return self._built.shapley.values(check_matrix(self.header.features, matrix))

    def score_table(self, frame: Any) -> "TableScores":
        """Probability and level of each row of a table of features: pandas, polars, pyarrow, or a dict of columns.

        Args:
            frame: a column for each feature, by name, in any order; categories as text, missing values as the library
                has them. Other columns are left aside.

        Raises:
            InputError: naming all columns that are absent, or the column and value that is of a wrong kind.
        """
        from riskml.scorer.scanning.tables import TableScores, levels_of, matrix_of  # noqa: PLC0415 - one row needs no numpy

        probability = self.score_features(matrix_of(self.header.features, frame))
        return TableScores(probability, levels_of(self.header.levels, probability) if self.header.levels else None)

    def _row(self, row: Given) -> list[float]:
        features = self.header.features
        return row_of(features, row) if isinstance(row, Mapping) else check_row(features, row)

    def _read(self, site: Any, events: Any, amendments: Any) -> scan.SiteRecords:
        return scan.read(self.header.program, site, events, amendments, known_codes=self.header.known_codes)

    def _features(self, records: scan.SiteRecords, day: int) -> list[float]:
        program = self.header.program
        context = usable(self.context, self.header, day, self._on_stale) if scan.tells_of_others(program) else None
        return scan.features_of(
            program, records, day, self._built.flat, context, self._built.facts if context else None
        )

    def _reasons(
        self, site: Mapping[str, Any], records: scan.SiteRecords, day: int, row: list[float], raw: float, top: int
    ) -> "tuple[tuple[Reason, ...], tuple[Reason, ...]]":
        from riskml.scorer.explaining.reasons import reasons  # noqa: PLC0415 - loading stays quick

        values, expected = self._contributions(row)
        stretch = self.header.calibration.stretch(raw, expected)
        moved = [stretch * value for value in values]
        behind = self._built.behind.of(records.site, records.versions, day)
        compare = self.peers.of(site, row)
        return reasons(self.header.features, row, moved, behind, top=top, topics=self._built.topics, peers=compare)

    def _contributions(self, row: list[float]) -> tuple[list[float], float]:
        """With numpy where it is installed, which is faster; without it the same to the last digits."""
        try:
            import numpy as np  # noqa: PLC0415 - a single row must not need it
        except ImportError:
            from riskml.scorer.explaining.contributions import contributions  # noqa: PLC0415

            return contributions(self._artifact.trees, row)
        return self._built.shapley.values(np.array([row]))[0].tolist(), self._built.shapley.expected
