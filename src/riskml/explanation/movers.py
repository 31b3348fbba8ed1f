"""Who changes level if the model's grade takes the place of the rule's, the biggest moves first, each with reasons."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.evaluation.levels.translation import day_cuts, translate
from riskml.features.catalog import Catalog
from riskml.features.category_names import category_names
from riskml.grades import Level, System
from riskml.scorer.explaining.reasons import reasons
from riskml.scorer.explaining.topics import topics
from riskml.scorer.header import Feature

Floats = NDArray[np.float64]

MOST: Final = 1_000
COLUMNS: Final = {
    "site_id": "str", "as_of": "datetime64[s]", "probability": "float64", "level": "str", "new_level": "str",
    "level_en": "str", "level_zh": "str", "new_level_en": "str", "new_level_zh": "str", "steps": "int64",
    "beyond": "float64", "raises_en": "str", "raises_zh": "str", "lowers_en": "str", "lowers_zh": "str",
}  # fmt: skip
_BREAKS: Final = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
"""Control characters and line ends: a value of the records may hold them, a cell of a table must not."""


@dataclass(frozen=True, eq=False)
class Movers:
    """The sites of a day whose level changes.

    Attributes:
        table: the biggest moves (see `movers`).
        sites: sites that both grade. unlevelled: sites that the rule does not grade, which cannot move.
        riskier, safer: how many move up and down, those not in the table included.
    """

    table: pd.DataFrame
    sites: int
    unlevelled: int
    riskier: int
    safer: int

    @property
    def totals(self) -> pd.DataFrame:
        """One row: sites, unlevelled, riskier, safer, unchanged (of `sites`), listed (rows of the table)."""
        moved = {"riskier": self.riskier, "safer": self.safer, "unchanged": self.sites - self.riskier - self.safer}
        return pd.DataFrame([{"sites": self.sites, "unlevelled": self.unlevelled, **moved, "listed": len(self.table)}])


def movers_told(totals: pd.DataFrame) -> dict[str, str]:
    """How many sites move, in a sentence of both languages.

    Args:
        totals: of `Movers`.

    >>> found = Movers(pd.DataFrame({"site_id": ["a"]}), sites=9, unlevelled=1, riskier=2, safer=1)
    >>> print(movers_told(found.totals)["en"])  # doctest: +NORMALIZE_WHITESPACE
    Of 9 sites that both grade, 6 keep their level, 2 become riskier and 1 safer; 1 without a level by the rule cannot
    move. The table lists 1.
    >>> print(movers_told(found.totals)["zh"])
    两者均评级的9家主体中，6家等级不变，2家升至较高风险，1家降至较低风险；另有1家无规则等级，不参与变动。表中列出1家。
    """
    one = {str(name): f"{int(number):,}" for name, number in totals.iloc[0].items()}
    return {
        "en": "Of {sites} sites that both grade, {unchanged} keep their level, {riskier} become riskier and {safer} "
        "safer; {unlevelled} without a level by the rule cannot move. The table lists {listed}.".format(**one),
        "zh": "两者均评级的{sites}家主体中，{unchanged}家等级不变，{riskier}家升至较高风险，{safer}家降至较低风险；"
        "另有{unlevelled}家无规则等级，不参与变动。表中列出{listed}家。".format(**one),
    }


def movers(
    today: pd.DataFrame,
    level: "pd.Series[str]",
    system: System,
    *,
    values: Floats,
    contributions: Floats,
    catalog: Catalog,
    categories: Mapping[str, Sequence[str]],
    bounds: Sequence[float] | None = None,
    most: int = MOST,
    top: int = 3,
) -> Movers:
    """Who moves on the deployment day, by the same cuts as the exported artifact.

    Args:
        today: site_id, as_of, probability; n sites.
        level: the incumbent's of each site, on the index of `today`; missing where it has none.
        system: the incumbent.
        values: features of the sites, shape (n, F), in catalog order.
        contributions: of each feature to the log-odds, shape (n, F + 1); the last column, the expected value, is no
            reason.
        catalog: the F features.
        categories: the values of each category feature.
        bounds: fixed bounds of risk instead of the incumbent's level sizes.
        most: rows of the table at most.
        top: reasons up and reasons down of each site at most.

    Returns:
        Its table: site_id, as_of, probability, level, new_level, and their names in both languages, steps (levels
        moved, above 0 riskier), beyond (log-odds by which the probability lies beyond the nearest bound of the old
        level), and what raises and what lowers the risk, strongest first, numbered, in both languages. Ordered by steps
        moved, then by how far beyond. No text starts with data, so none is a formula to a spreadsheet.

    Raises:
        DataError: for arrays of another shape, or as `translation.translate`.
    """
    _check(today, level, values, contributions, catalog)
    ordered = sorted(system.levels, key=lambda one: one.rank)
    codes = [one.code for one in ordered]
    chance = today["probability"].to_numpy(np.float64)
    new = translate(level, chance, codes, bounds=bounds)
    rank, new_rank = (pd.Index(codes).get_indexer(pd.Index(one)) for one in (level, new))
    steps = np.where(rank < 0, 0, new_rank - rank)
    beyond = _beyond(chance, rank, steps, day_cuts(level, chance, codes, bounds=bounds))
    moved = np.flatnonzero(steps)
    order = np.lexsort((today["site_id"].to_numpy(object)[moved].astype(str), -beyond[moved], -abs(steps[moved])))
    declared = _declared(catalog, categories)
    heads = topics(catalog.program({name: list(values) for name, values in categories.items()}))
    found = []
    for place in moved[order][:most]:
        site = {
            "site_id": today["site_id"].iloc[place],
            "as_of": today["as_of"].iloc[place],
            "probability": chance[place],
            "steps": steps[place],
            "beyond": beyond[place],
        }
        site |= _named(ordered[rank[place]], "level") | _named(ordered[new_rank[place]], "new_level")
        found.append(site | _reasons(declared, values[place], contributions[place, :-1], top, heads))
    table = pd.DataFrame(found, columns=list(COLUMNS)).astype(COLUMNS)
    graded = int((rank >= 0).sum())
    return Movers(table, graded, len(rank) - graded, int((steps > 0).sum()), int((steps < 0).sum()))


def _check(
    today: pd.DataFrame, level: "pd.Series[str]", values: Floats, contributions: Floats, catalog: Catalog
) -> None:
    n, wide = len(today), len(catalog.names)
    shapes = (values.shape, contributions.shape, level.shape)
    if shapes != ((n, wide), (n, wide + 1), (n,)):
        wanted = f"values {(n, wide)}, contributions {(n, wide + 1)} and level {(n,)}"
        raise DataError(f"{n} sites and {wide} features need {wanted}; got {shapes[0]}, {shapes[1]} and {shapes[2]}")


def _beyond(chance: Floats, rank: "NDArray[np.int64]", steps: "NDArray[np.int64]", cuts: Floats) -> Floats:
    """Log-odds between the probability and the bound of the old level that it crossed; 0 for those who stay."""
    crossed = np.clip(np.where(steps > 0, rank, rank - 1), 0, len(cuts) - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.abs(_log_odds(chance) - _log_odds(np.minimum(cuts, 1.0))[crossed])
    return np.where(steps == 0, 0.0, far)


def _log_odds(chance: Floats) -> Floats:
    odds: Floats = np.log(chance) - np.log1p(-chance)
    return odds


def _declared(catalog: Catalog, categories: Mapping[str, Sequence[str]]) -> tuple[Feature, ...]:
    """The features as the scorer's reasons read them."""
    return tuple(
        Feature(
            name=one.name,
            kind="category" if one.is_category else "number",
            unit=one.unit,
            text_en=one.text_en,
            text_zh=one.text_zh,
            reason_en=one.reason_en,
            reason_zh=one.reason_zh,
            monotone=one.monotone,
            low=None,
            high=None,
            categories=tuple(categories.get(one.name, ())),
            category_names=tuple((en, zh) for en, zh in category_names(one.column, categories.get(one.name, ()))),
        )
        for one in catalog.features
    )


def _named(level: Level, column: str) -> dict[str, Any]:
    return {column: level.code, f"{column}_en": level.en, f"{column}_zh": level.zh}


def _reasons(declared: Sequence[Feature], row: Floats, moved: Floats, top: int, heads: Sequence[int]) -> dict[str, str]:
    nothing = [()] * len(declared)
    up, down = reasons(declared, row.tolist(), moved.tolist(), nothing, top=top, topics=heads)
    return {
        "raises_en": listed([one.text_en for one in up], "en"),
        "raises_zh": listed([one.text_zh for one in up], "zh"),
        "lowers_en": listed([one.text_en for one in down], "en"),
        "lowers_zh": listed([one.text_zh for one in down], "zh"),
    }


def listed(texts: Sequence[str], lang: str) -> str:
    """Texts numbered in one line; what begins it is a number of its own, never what the records hold.

    >>> listed(["=1+1", f"two{chr(10)}lines"], "en")
    '1) =1+1; 2) two lines'
    """
    mark, stop = (") ", "; ") if lang == "en" else ("）", "；")
    return stop.join(f"{place}{mark}{in_one_line(one)}" for place, one in enumerate(texts, start=1))


def in_one_line(words: str) -> str:
    """The words without line ends and control characters, which the records may hold.

    >>> in_one_line(f"two{chr(10)}lines")
    'two lines'
    """
    return _BREAKS.sub(" ", words)
