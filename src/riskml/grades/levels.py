"""Reading of levels: names, responses and intensities, and cuts that must join without overlap or gap."""

from itertools import pairwise
from typing import Final

from riskml.errors import StudyError
from riskml.grades.system import PROVENANCE, Cut, Level
from riskml.grades.tables import Table

LOWER: Final = ("above", "from")
UPPER: Final = ("up_to", "below")


def read_levels(top: Table, floor: float, *, key: str) -> tuple[Level, ...]:
    """The levels in the order of the file, safest first.

    Args:
        top: the whole system file.
        floor: least visits a year of any level.
        key: what the rule needs in each level besides its names: "points" or "category".

    Raises:
        StudyError: for fewer than two levels, an unknown key or a missing value.
    """
    tables = top.tables("level")
    if len(tables) < 2:
        raise StudyError(f"{top.place()}: there are {len(tables)} levels; write at least two [level.*]")
    return tuple(_level(code, table, rank, floor, key) for rank, (code, table) in enumerate(tables.items()))


def _level(code: str, table: Table, rank: int, floor: float, key: str) -> Level:
    table.only("en", "zh", "visits_per_year", "response_en", "response_zh", "response_provenance", key)
    return Level(
        code=code,
        en=table.text("en"),
        zh=table.text("zh"),
        rank=rank,
        response_en=table.text("response_en"),
        response_zh=table.text("response_zh"),
        visits_per_year=max(floor, table.number("visits_per_year")),
        response_provenance=table.choice("response_provenance", PROVENANCE),
    )


def read_cuts(top: Table) -> tuple[Cut, ...]:
    """The boundaries between neighbouring levels, each written at both: `up_to` meets `above`, `below` meets `from`.

    Raises:
        StudyError: if a level has no or two bounds on a side where it needs one, or neighbours overlap or leave a gap.
    """
    levels = [table.table("points") for table in top.tables("level").values()]
    for table in levels:
        table.only(*LOWER, *UPPER, "provenance", "source")
    lowers = [_bound(table, LOWER, needed=place > 0) for place, table in enumerate(levels)]
    uppers = [_bound(table, UPPER, needed=place < len(levels) - 1) for place, table in enumerate(levels)]
    cuts = tuple(_cut(top, upper, lower) for upper, lower in zip(uppers, lowers[1:], strict=False))
    for before, after in pairwise(cuts):
        if before.value >= after.value:
            raise StudyError(f"{top.place()}: cuts {before.value:g}, {after.value:g} must rise from level to level")
    return cuts


def _bound(table: Table, kinds: tuple[str, ...], *, needed: bool) -> tuple[str, float]:
    """Kind and value of the one bound of a level on one side."""
    found = [kind for kind in kinds if kind in table.values]
    if len(found) != int(needed):
        what = f"exactly one of {list(kinds)}" if needed else f"none of {list(kinds)}"
        raise StudyError(f"{table.place()}: bounds {found} are written; allowed here is {what}")
    return (found[0], table.plain(found[0])) if needed else ("", 0.0)


def _cut(top: Table, upper: tuple[str, float], lower: tuple[str, float]) -> Cut:
    """Where one level ends and the next begins, once it is sure that they meet."""
    kinds, excess = (upper[0], lower[0]), upper[1] - lower[1]
    if excess == 0 and kinds in {("up_to", "above"), ("below", "from")}:
        return Cut(upper[1], up_to=upper[0] == "up_to")
    both = excess > 0 or (excess == 0 and kinds == ("up_to", "from"))
    raise StudyError(
        f"{top.place()}: a level ends at {upper[0]} {upper[1]:g}, the next begins at {lower[0]} {lower[1]:g}: "
        f"{'they overlap' if both else 'there is a gap'}; write one value, up_to with above or below with from"
    )
