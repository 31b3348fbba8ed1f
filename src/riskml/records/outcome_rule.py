"""How a source says that a visit failed: the outcome rule, as data; `records.outcomes` applies it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from riskml.errors import StudyError
from riskml.records.contract import RESULTS, VISIT_TYPES
from riskml.scorer.messages import meant

OUTCOMES: Final = ("fail", "fail_broad", "fail_severe")


@dataclass(frozen=True)
class Criterion:
    """When an outcome is 1: any of the listed facts of the visit, or an event of a listed code that came from it.

    Attributes:
        results, actions: values of `inspections.result` and `inspections.action`.
        key_fail: True if one failed key item is enough.
        score_at_least, score_at_most, score_below: bounds of `inspections.score` beyond which the visit failed.
        codes_at_least: code -> how many events of it, come from the visit and known with it, make it failed.
        codes: codes of events linked to the visit that occurred within the follow-up.
    """

    results: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    key_fail: bool = False
    score_at_least: float | None = None
    score_at_most: float | None = None
    score_below: float | None = None
    codes_at_least: Mapping[str, int] = field(default_factory=dict)
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class OutcomeRule:
    """How a source derives outcomes and the severity of a visit.

    Attributes:
        visit_types: visits that are eligible as target.
        follow_up_days: linked events count when they occurred at most so many days after the visit.
        settling_days: an outcome is settled so many days after the visit (follow-up plus the time to become known).
        criteria: outcome name -> criterion.
        recheck_days: a visit so many days after a failed one of the same site is its follow-up, not a visit of its own.
        needs_score: a visit without a score has no outcome and is not eligible.
        severity: points of a visit: integer per unit of "score", per failed key item ("key_fail"), per other item
            ("general_fail"), or per event of a code that came from the visit and was known with it, added to "base";
            empty if the source records none of these.
    """

    visit_types: tuple[str, ...]
    follow_up_days: int
    settling_days: int
    criteria: dict[str, Criterion]
    recheck_days: int = 14
    needs_score: bool = False
    severity: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, table: dict[str, Any], *, where: str) -> "OutcomeRule":
        """Read the `[outcome]` table of a source file or of records.json.

        Raises:
            StudyError: for an unknown key, visit type, result or outcome, or a value of the wrong type.
        """
        fixed = {"visit_types", "follow_up_days", "settling_days", "recheck_days", "needs_score", "severity"}
        _allowed(table, fixed | set(OUTCOMES), f"{where}: [outcome]")
        absent = [key for key in ("visit_types", "follow_up_days", "settling_days", "fail") if key not in table]
        if absent:
            raise StudyError(f"{where}: [outcome] lacks {absent}")
        _allowed(table["visit_types"], set(VISIT_TYPES), f"{where}: [outcome] visit_types")
        days = {"recheck_days": 14, **{key: value for key, value in table.items() if key.endswith("_days")}}
        severity = dict(table.get("severity", {}))
        signed = {key: value for key, value in severity.items() if type(value) is not int}
        wrong = signed | {key: value for key, value in days.items() if type(value) is not int or value < 0}
        if wrong:
            raise StudyError(f"{where}: [outcome] {wrong} must be whole numbers, days of 0 or more")
        if severity.get("score", 1) >= 0 and any(value < 0 for key, value in severity.items()):
            raise StudyError(f"{where}: [outcome.severity] {severity}: only score may count down, from a base")
        return cls(
            visit_types=tuple(table["visit_types"]),
            criteria={
                name: _criterion(table[name], f"{where}: [outcome.{name}]") for name in OUTCOMES if name in table
            },
            needs_score=bool(table.get("needs_score", False)),
            severity=severity,
            **days,
        )

    def as_dict(self) -> dict[str, Any]:
        """The inverse of `from_dict`, ready for JSON."""
        return {
            "visit_types": list(self.visit_types),
            "follow_up_days": self.follow_up_days,
            "settling_days": self.settling_days,
            "recheck_days": self.recheck_days,
            "needs_score": self.needs_score,
            "severity": self.severity,
            **{
                name: {
                    key: list(v) if isinstance(v, tuple) else v for key, v in asdict(criterion).items() if v is not None
                }
                for name, criterion in self.criteria.items()
            },
        }


_LISTS: Final = ("results", "actions", "codes")
_BOUNDS: Final = ("score_at_least", "score_at_most", "score_below")


def _criterion(row: dict[str, Any], where: str) -> Criterion:
    _allowed(row, set(Criterion.__dataclass_fields__), where)
    plain = [key for key in _LISTS if not isinstance(row.get(key, []), list)]
    if plain:
        raise StudyError(f"{where}: {plain} must be lists; write them in brackets")
    wrong = [key for key in _BOUNDS if type(row.get(key, 0)) not in (int, float)]
    counts = row.get("codes_at_least", {})
    if wrong or any(type(count) is not int or count < 1 for count in counts.values()):
        raise StudyError(f"{where}: {wrong or 'codes_at_least'} must be numbers, counts of 1 or more")
    _allowed(row.get("results", ()), set(RESULTS), f"{where} results")
    values: dict[str, Any] = {key: tuple(row[key]) for key in _LISTS if key in row}
    values |= {key: float(row[key]) for key in _BOUNDS if key in row}
    return Criterion(
        **values,
        codes_at_least=dict(counts),
        key_fail=bool(row.get("key_fail", False)),
    )


def _allowed(keys: Iterable[str], allowed: set[str], where: str) -> None:
    unknown = sorted(set(keys) - allowed)
    if unknown:
        raise StudyError(f"{where}: unknown {unknown}; allowed are {sorted(allowed)}{meant(unknown[0], allowed)}")
