"""The same 96 columns (count and sum of 12 codes in 4 windows, as of each row's day): riskml, peers, by hand."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

os.environ["POLARS_MAX_THREADS"] = "1"

import duckdb
import numba
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.features.engine import scan_rows

CODES, WINDOWS = 12, (90, 365, 730, 1095)
WANTED = [f"{kind}{window}" for kind in ("n", "q") for window in WINDOWS]
COLUMNS = [f"{wanted}_{code}" for wanted in WANTED for code in range(CODES)]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """Rows, one a site, each as of its own day; and events in no order, of which some are known late or have ended."""

    site: NDArray[np.int32]
    as_of: NDArray[np.int32]
    log: dict[str, NDArray[Any]]

    @property
    def size(self) -> int:
        """Bytes of the inputs."""
        return sum(values.nbytes for values in (self.site, self.as_of, *self.log.values()))


def world(rows: int, events: int, seed: int = 1) -> World:
    """A random world; the same seed gives the same one."""
    draw = np.random.default_rng(seed)
    occurred = draw.integers(17_000, 20_300, events, dtype=np.int32)
    known = occurred + draw.integers(0, 40, events, dtype=np.int32)
    gone = np.where(draw.random(events) < 0.05, known + draw.integers(0, 700, events, dtype=np.int32), 2**30)
    log = {
        "site": draw.integers(0, rows, events, dtype=np.int32),
        "code": draw.integers(0, CODES, events, dtype=np.int8),
        "occurred_on": occurred,
        "known_on": known,
        "gone_on": gone.astype(np.int32),
        "quantity": draw.integers(1, 9, events, dtype=np.int32),
    }
    return World(np.arange(rows, dtype=np.int32), draw.integers(19_000, 20_300, rows, dtype=np.int32), log)


def by_riskml(given: World) -> Values:
    """The catalog's count and sum."""
    rows = [
        {"name": f"{aggregate}{window}_{code}", "from": "events", "aggregate": aggregate, "codes": [code], "per": [],
         "window": window, "skip_repaired": False}
        for aggregate in ("count", "sum") for window in WINDOWS for code in range(CODES)
    ]  # fmt: skip
    codes, alone = [str(code) for code in range(CODES)], {"facts": [], "groups": [], "seen": None}
    program = {"codes": codes, "tables": [], "features": rows, "context": alone}
    return scan_rows(program, given.site, given.as_of, given.log, len(given.site))


def by_bincount(given: World) -> Values:
    """Two bincounts over the cells of each window, one of them weighted."""
    log, rows = given.log, len(given.site)
    day = given.as_of[log["site"]]
    age = day - log["occurred_on"]
    held = (log["known_on"] < day) & (log["gone_on"] >= day)
    cell = log["site"].astype(np.int64) * CODES + log["code"]
    out = np.empty((rows, len(COLUMNS)))
    for place, window in enumerate(WINDOWS):
        used = held & (age <= window)
        counts = np.bincount(cell[used], minlength=rows * CODES)
        sums = np.bincount(cell[used], weights=log["quantity"][used], minlength=rows * CODES)
        for values, first in ((counts, place), (sums, place + len(WINDOWS))):
            out[:, first * CODES : (first + 1) * CODES] = values.reshape(rows, CODES)
    return out


def by_pandas(given: World) -> Values:
    """Grouped by row and code, then unstacked."""
    log = pd.DataFrame(given.log).assign(as_of=given.as_of[given.log["site"]])
    log = log[(log["known_on"] < log["as_of"]) & (log["gone_on"] >= log["as_of"])]
    age = log["as_of"] - log["occurred_on"]
    flags = {f"n{window}": (age <= window).astype("int32") for window in WINDOWS}
    columns = pd.DataFrame(flags | {f"q{window}": log["quantity"] * flags[f"n{window}"] for window in WINDOWS})
    wide = columns.groupby([log["site"], log["code"]], sort=False).sum().unstack("code", fill_value=0)
    names = [(wanted, code) for wanted in WANTED for code in range(CODES)]
    return np.asarray(wide[names].reindex(given.site, fill_value=0), dtype=np.float64)


def by_polars(given: World) -> Values:
    """Grouped by row and code, then pivoted."""
    import polars as pl  # noqa: PLC0415 - no requirement of riskml

    rows = pl.DataFrame({"site": given.site, "as_of": given.as_of})
    near = {window: pl.col("as_of") - pl.col("occurred_on") <= window for window in WINDOWS}
    counts = [flag.sum().alias(f"n{window}") for window, flag in near.items()]
    sums = [(pl.col("quantity") * flag).sum().alias(f"q{window}") for window, flag in near.items()]
    grouped = (
        pl.DataFrame(given.log).lazy().join(rows.lazy(), on="site")
        .filter((pl.col("known_on") < pl.col("as_of")) & (pl.col("gone_on") >= pl.col("as_of")))
        .group_by("site", "code").agg([*counts, *sums]).collect()
    )  # fmt: skip
    wide = grouped.pivot("code", index="site", values=WANTED)
    placed = rows.select("site").join(wide, on="site", how="left", maintain_order="left").fill_null(0)
    return np.asarray(placed.select(COLUMNS).to_numpy(), dtype=np.float64)


def by_duckdb(given: World) -> Values:
    """Grouped by row and code, then pivoted by filtered aggregates."""
    log, rows = pd.DataFrame(given.log), pd.DataFrame({"site": given.site, "as_of": given.as_of})
    made = ", ".join(
        f"count(*) FILTER (as_of - occurred_on <= {window}) AS n{window}, "
        f"sum(quantity) FILTER (as_of - occurred_on <= {window}) AS q{window}"
        for window in WINDOWS
    )
    cells = ", ".join(
        f"coalesce(max({wanted}) FILTER (code = {code}), 0)::DOUBLE AS {wanted}_{code}"
        for wanted in WANTED for code in range(CODES)
    )  # fmt: skip
    with duckdb.connect(config={"threads": "1"}) as database:
        database.register("log", log)
        database.register("rows", rows)
        found = database.execute(
            f"WITH held AS (SELECT site, code, {made} FROM log JOIN rows USING (site) "  # noqa: S608
            f"WHERE known_on < as_of AND gone_on >= as_of GROUP BY site, code), "
            f"wide AS (SELECT site, {cells} FROM held GROUP BY site) "
            f"SELECT wide.* EXCLUDE (site) FROM rows LEFT JOIN wide USING (site) ORDER BY rows.site"
        ).fetchnumpy()
    return np.column_stack([np.ma.filled(np.nan_to_num(found[name]), 0.0) for name in COLUMNS])


def by_hand(given: World) -> Values:
    """A loop written for these 96 columns and nothing else: no sorting, straight into the output."""
    out = np.zeros((len(given.site), len(COLUMNS)))
    log = given.log
    days = log["occurred_on"], log["known_on"], log["gone_on"], given.as_of
    _loop(log["site"], log["code"], log["quantity"], *days, out)
    return out


@numba.njit(cache=True)
def _loop(site, code, quantity, occurred, known, gone, as_of, out):  # type: ignore[no-untyped-def]
    for e in range(len(site)):
        row = site[e]
        age = as_of[row] - occurred[e]
        if known[e] >= as_of[row] or gone[e] < as_of[row]:
            continue
        for place, window in enumerate(WINDOWS):
            if age <= window:
                out[row, 12 * place + code[e]] += 1
                out[row, 12 * place + 48 + code[e]] += quantity[e]


PEERS: dict[str, tuple[Callable[[World], Values], float]] = {
    "pandas": (by_pandas, 3.5),
    "numpy bincount": (by_bincount, 2.5),
    "polars": (by_polars, 4.5),
    "duckdb": (by_duckdb, 14.0),
}
"""Peers, and how many times their CPU time riskml's should be at least."""
