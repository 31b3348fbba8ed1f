"""Reading of levels: names, responses and intensities, and cuts that must join without overlap or gap."""

from itertools import pairwise
from typing import Final

from riskml.errors import StudyError
from riskml.grades.system import INTENSITIES, PROVENANCE, Cut, Level
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
    table.only("en", "zh", *INTENSITIES, "response_en", "response_zh", "response_provenance", *([key] if key else []))
    units = [unit for unit in INTENSITIES if unit in table.values]
    if len(units) != 1:
        raise StudyError(f"{table.place()}: intensities {units} are written; write exactly one of {list(INTENSITIES)}")
    return Level(
        code=code,
        en=table.text("en"),
        zh=table.text("zh"),
        rank=rank,
        response_en=table.text("response_en"),
        response_zh=table.text("response_zh"),
        intensity=table.number(units[0]),
        intensity_unit=units[0],
        floor=floor,
        response_provenance=table.choice("response_provenance", PROVENANCE),
    )


def read_cuts(top: Table, *, key: str = "points", descending: bool = False) -> tuple[Cut, ...]:
    """The boundaries between neighbouring levels, each written at both: `up_to` meets `above`, `below` meets `from`.

    Args:
        top: the whole system file.
        key: table of the bounds in each level.
        descending: the score is higher the safer, so that the cuts fall from level to level.

    Raises:
        StudyError: if a level has no or two bounds on a side where it needs one, or neighbours overlap or leave a gap.
    """
    levels = [table.table(key).only(*LOWER, *UPPER, "provenance", "source") for table in top.tables("level").values()]
    if descending:
        levels.reverse()  # from here on the bounds rise
    lowers = [_bound(table, LOWER, needed=place > 0) for place, table in enumerate(levels)]
    uppers = [_bound(table, UPPER, needed=place < len(levels) - 1) for place, table in enumerate(levels)]
    cuts = [_cut(top, upper, lower, descending) for upper, lower in zip(uppers, lowers[1:], strict=False)]
    for before, after in pairwise(cuts):
        if before.value >= after.value:
            way = "fall" if descending else "rise"
            raise StudyError(f"{top.place()}: cuts {before.value:g}, {after.value:g} must {way} from level to level")
    return tuple(reversed(cuts) if descending else cuts)


def _bound(table: Table, kinds: tuple[str, ...], *, needed: bool) -> tuple[str, float]:
    """Kind and value of the one bound of a level on one side."""
    found = [kind for kind in kinds if kind in table.values]
    if len(found) != int(needed):
        what = f"exactly one of {list(kinds)}" if needed else f"none of {list(kinds)}"
        raise StudyError(f"{table.place()}: bounds {found} are written; allowed here is {what}")
    return (found[0], table.plain(found[0])) if needed else ("", 0.0)


def _cut(top: Table, upper: tuple[str, float], lower: tuple[str, float], descending: bool) -> Cut:
    """Where one level ends and the next begins, once it is sure that they meet."""
    kinds, excess = (upper[0], lower[0]), upper[1] - lower[1]
    if excess == 0 and kinds in {("up_to", "above"), ("below", "from")}:
        return Cut(upper[1], up_to=(upper[0] == "up_to") is not descending, descending=descending)
    both = excess > 0 or (excess == 0 and kinds == ("up_to", "from"))
    raise StudyError(
        f"{top.place()}: a level ends at {upper[0]} {upper[1]:g}, the next begins at {lower[0]} {lower[1]:g}: "
        f"{'they overlap' if both else 'there is a gap'}; write one value, up_to with above or below with from"
    )
