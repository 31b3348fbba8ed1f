"""Periods: months of the calendar, or days."""

import pytest

from riskml.errors import StudyError
from riskml.planning import period_of


@pytest.mark.parametrize(
    ("period", "as_of", "days", "years"),
    [
        ("month", "2024-02-01", 29, 1 / 12),
        ("month", "2025-01-31", 28, 1 / 12),
        ("quarter", "2025-04-01", 91, 0.25),
        ("year", "2024-01-01", 366, 1),
        (73, "2025-01-01", 73, 0.2),
        ("73", "2025-01-01", 73, 0.2),
    ],
)
def test_a_period_has_its_days_and_its_share_of_the_year(
    period: str | int, as_of: str, days: int, years: float
) -> None:
    assert (period_of(period, as_of).days, period_of(period, as_of).years) == (days, years)


@pytest.mark.parametrize("period", ["week", 0, "-3", "1.5"])
def test_another_period_is_refused(period: str | int) -> None:
    with pytest.raises(StudyError, match=r"one of \['month', 'quarter', 'year'\] or a whole number of days"):
        period_of(period, "2025-01-01")
