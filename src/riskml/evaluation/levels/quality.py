"""Is a grade any good by itself: failure rate by level, inflation over time, bunching at cuts, movers (METHOD.md 4)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Final

import pandas as pd

from riskml.errors import DataError
from riskml.evaluation.levels._bunching import PointCut, bunching
from riskml.evaluation.levels._graded_rows import Finding, GradedRows, Resampling, graded_rows
from riskml.evaluation.levels._movement import level_moves, level_shares
from riskml.evaluation.levels._rates import level_rates, level_trend
from riskml.grades.grading_system import System
from riskml.grades.point_cuts import point_cuts

MEASURES: Final = {
    "fail_rate": "of the settled visits at a level, the share that failed",
    "fail_rate_step": "failure rate of `other` less that of `level`, the next safer one with visits",
    "failures_in_safest": "of all failures, the share at the safest level",
    "rates_rise": "1 if no level's rate is below that of a safer one",
    "trend_z": "Cochran-Armitage trend with variance by site; above 0: riskier levels fail more",
    "trend_p": "its two-sided p-value",
    "auc": "AUC of the level alone, pairs within a day",
    "share": "share of a level among the sites with a level, on a day",
    "safest_share_slope": "change a year of the share of the safest level",
    "mean_rank_slope": "change a year of the mean rank (0 is safest)",
    "stayed": "of the sites graded on two days in a row, the share at the same level",
    "moved_riskier": "the share at a riskier level on the later day",
    "moved_safer": "the share at a safer level on the later day",
    "moved": "of the sites at `level`, the share at `other` on the next day",
    "bunching": "of the sites near a cut, the share on its safe side",
    "bunching_expected": "that share by what lies further from the cut",
    "bunching_excess": "the share less the expected one",
}
"""What each measure is."""


@dataclass(frozen=True)
class GradeQuality:
    """What was found about one grade.

    Attributes:
        system: its name.
        reconstructed: whether assumed numbers led to the levels.
        rows: rows with a level. unlevelled: rows without.
        findings: see `MEASURES`.
    """

    system: str
    reconstructed: bool
    rows: int
    unlevelled: int
    findings: tuple[Finding, ...]

    def of(self, measure: str) -> tuple[Finding, ...]:
        """The findings of one measure.

        Raises:
            DataError: for an unknown measure.
        """
        if measure not in MEASURES:
            raise DataError(f"unknown measure {measure!r}; allowed are {list(MEASURES)}")
        return tuple(finding for finding in self.findings if finding.measure == measure)

    def table(self) -> pd.DataFrame:
        """One row a finding: system, reconstructed and the attributes of `Finding`."""
        rows = [asdict(finding) for finding in self.findings]
        table = pd.DataFrame(rows, columns=[part.name for part in fields(Finding)]).astype(
            {"value": "float64", "low": "float64", "high": "float64", "day": "datetime64[s]"}
        )
        texts = dict.fromkeys(("measure", "level", "other", "interval", "reason"), "str")
        table = table.astype(texts)
        table.insert(0, "system", pd.Series(self.system, index=table.index, dtype="str"))
        table.insert(1, "reconstructed", self.reconstructed)
        return table


def grade_quality(
    rows: pd.DataFrame, system: System, *, draws: int = 1000, seed: int, width: float | None = None
) -> GradeQuality:
    """How good a grade is by itself.

    Args:
        rows: graded sites on several days: site_id, as_of, level (missing: none), points (higher is riskier; may be
            absent) and fail (missing: no settled visit in the horizon; may be absent). `grade_history` joined with the
            outcomes gives them; so do the stages of a run.
        system: whose levels they are.
        draws: resamples of the sites behind the intervals.
        seed: of the resamples.
        width: of a bin at a cut, in points; absent: see `bunching`.

    Raises:
        DataError: for an absent column, a repeated key, an unknown level, or no row with a level.
    """
    held = graded_rows(rows, [level.code for level in system.levels])
    findings = findings_of(held, point_cuts(system), Resampling(draws, seed), width=width)
    return GradeQuality(
        system.name if system.variant == "default" else system.full_name,
        system.reconstructed,
        len(held.rank),
        held.unlevelled,
        tuple(findings),
    )


def findings_of(
    rows: GradedRows, cuts: Sequence[PointCut], resampling: Resampling, *, width: float | None = None
) -> list[Finding]:
    """Every finding, in the order of `MEASURES`."""
    found = [
        *level_rates(rows, resampling),
        *level_trend(rows),
        *level_shares(rows, resampling),
        *level_moves(rows, resampling),
        *bunching(rows, cuts, resampling, width=width),
    ]
    order = list(MEASURES)
    return sorted(found, key=lambda one: order.index(one.measure))


def qualities(
    rows: pd.DataFrame, grades: pd.DataFrame, systems: Mapping[str, System], *, draws: int, seed: int
) -> dict[str, GradeQuality]:
    """The quality of every system of a run.

    Args:
        rows: scored rows: site_id, as_of, fail.
        grades: site_id, as_of, system, level, points, of the same days.
        systems: name in `grades` -> system.
        draws: resamples of the sites.
        seed: of the resamples.
    """
    asked, found = rows[["site_id", "as_of", "fail"]], {}
    for name, system in systems.items():
        mine = grades.loc[grades["system"] == name, ["site_id", "as_of", "level", "points"]]
        joined = asked.merge(mine, on=["site_id", "as_of"], how="left", validate="one_to_one")
        found[name] = grade_quality(joined, system, draws=draws, seed=seed)
    return found


def quality_table(found: Mapping[str, GradeQuality]) -> pd.DataFrame:
    """The findings of several systems, one below another (see `GradeQuality.table`); no rows for no system."""
    tables = [one.table() for one in found.values()]
    return pd.concat(tables, ignore_index=True) if tables else GradeQuality("", False, 0, 0, ()).table()
