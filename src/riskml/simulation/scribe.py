"""Who writes the simulated bureau's files: words for codes, licence numbers, and people who do not exist."""

import tomllib
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.records import Records
from riskml.simulation.settings import Ints, Settings, Texts

SURNAMES: Final = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤何吕施张孔曹严"
GIVEN: Final = "翀骞淏彧昶玥琰珩璟瑄瑢瑾璇翊祎韫旻昊晔"
"""Characters of persons' names; none of the second stands in any other text of the files."""
NO_DISTRICT: Final = 999_999
"""District codes count down from here: no place has them, so a number is never a real licence's."""


def read_layouts() -> Settings:
    """The words, layouts and rates of files.toml.

    >>> read_layouts()["dirt"]["unmatched"]
    0.05
    """
    return tomllib.loads(files("riskml.simulation").joinpath("files.toml").read_text(encoding="utf-8"))


@dataclass
class Scribe:
    """A world's records and what is needed to write them down.

    Attributes:
        records: of the world.
        rng: generator of everything that is chosen.
        settings: files.toml.
        licences: number of each site's licence, by site_id.
        alone: sites whose legal person has no other, by site_id.
        inspector_names: name of each inspector, by identifier; no two share one.
        people: names and telephone numbers written so far.
    """

    records: Records
    rng: np.random.Generator
    settings: Settings
    licences: "pd.Series[str]" = field(init=False)
    alone: "pd.Series[bool]" = field(init=False)
    inspector_names: "pd.Series[str]" = field(init=False)
    people: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        sites = self.records.sites
        numbers = licence_numbers(sites["industry_class"].to_numpy(np.str_), sites["format_code"].to_numpy(np.str_))
        self.licences = pd.Series(numbers, index=sites["site_id"], dtype="str")
        single = ~sites["subject_id"].duplicated(keep=False)
        self.alone = pd.Series(single.to_numpy(bool), index=sites["site_id"])
        self.inspector_names = self._inspectors()

    def word(self, kind: str, codes: "pd.Series[Any]") -> "pd.Series[str]":
        """A word for each code, any of those that mean it; missing where the code is."""
        words = self.settings["words"][kind]
        found = pd.Series(None, index=codes.index, dtype="str")
        for code, choices in words.items():
            rows = (codes.astype("str") == code).fillna(False)
            found[rows] = self.rng.choice(choices, int(rows.sum()))
        return found

    def pick(self, choices: "list[str]", like: "pd.Series[Any] | pd.DataFrame") -> "pd.Series[str]":
        """One of the choices for each row."""
        return pd.Series(self.rng.choice(choices, len(like)), index=like.index, dtype="str")

    def some(self, values: "pd.Series[Any]", share: float) -> "pd.Series[Any]":
        """The values in about that share of the rows, missing in the others."""
        return values.where(self.rng.random(len(values)) < share)

    def names(self, like: "pd.Series[Any] | pd.DataFrame") -> "pd.Series[str]":
        """A person's name for each row, from a few hundred."""
        drawn = self.rng.integers(0, [len(SURNAMES), len(GIVEN), len(GIVEN)], size=(len(like), 3))
        names = [SURNAMES[a] + GIVEN[b] + GIVEN[c] for a, b, c in drawn.tolist()]
        self.people.update(names)
        return pd.Series(names, index=like.index, dtype="str")

    def phones(self, like: "pd.Series[Any] | pd.DataFrame") -> "pd.Series[str]":
        """A telephone number for each row, of a block that is given to nobody."""
        numbers = [f"1990000{number:04d}" for number in self.rng.integers(0, 10_000, len(like)).tolist()]
        self.people.update(numbers)
        return pd.Series(numbers, index=like.index, dtype="str")

    def _inspectors(self) -> "pd.Series[str]":
        ids = sorted(self.records.inspections["inspector"].dropna().unique())
        places = self.rng.permutation(len(SURNAMES) * len(GIVEN) ** 2)[: len(ids)].tolist()
        names = [
            SURNAMES[place % len(SURNAMES)]
            + GIVEN[place // len(SURNAMES) % len(GIVEN)]
            + GIVEN[place // len(SURNAMES) // len(GIVEN)]
            for place in places
        ]
        self.people.update(names)
        return pd.Series(names, index=ids, dtype="str")

    def is_alone(self, site_ids: "pd.Series[str]") -> "pd.Series[bool]":
        """Whether the legal person of each site has no other."""
        return pd.Series(self.alone.reindex(site_ids).to_numpy(bool), index=site_ids.index)

    def site_columns(self, site_ids: "pd.Series[str]", *columns: str) -> pd.DataFrame:
        """Columns of the sites named, row by row."""
        table = self.records.sites.set_index("site_id")[list(columns)]
        return table.loc[site_ids.to_list()].set_axis(site_ids.index)


def licence_numbers(classes: Texts, formats: Texts) -> list[str]:
    """Licence numbers with their check digit: JY (1 sales, 2 catering, 3 canteen), SC, or a workshop's registration.

    Args:
        classes: industry class of each site.
        formats: its kind of business.

    >>> licence_numbers(np.array(["catering", "workshop"]), np.array(["C4", "P3"]))
    ['JY29999990000000', '小作坊登字第9999990000001号']
    """
    serial = np.arange(len(classes))
    form = np.select([classes == "sales", formats == "C6"], [1, 3], default=2)
    jy = _checked((form * 10**6 + NO_DISTRICT - serial // 10**6) * 10**6 + serial % 10**6)
    sc = _checked(((100 + serial // 10**4) * 10**6 + NO_DISTRICT) * 10**4 + serial % 10**4)
    return [
        f"SC{sc[place]}"
        if kind == "maker"
        else f"小作坊登字第{NO_DISTRICT}{place:07d}号"
        if kind == "workshop"
        else f"JY{jy[place]}"
        for place, kind in enumerate(classes.tolist())
    ]


def _checked(bodies: Ints) -> Ints:
    """Numbers of 13 digits with the check digit of GB/T 17710 (MOD 11,10) behind them."""
    product = np.full(len(bodies), 10)
    for place in range(12, -1, -1):
        total = (product + bodies // 10**place) % 10
        product = np.where(total == 0, 10, total) * 2 % 11
    return np.asarray(bodies * 10 + (11 - product) % 10, dtype=np.int64)
