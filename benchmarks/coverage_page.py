"""The page docs/coverage.md: the words of coverage_words.md, and at their places the tables and what was asked."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd
from coverage_paired import AS_COMPARED, EXACT, coverage_table
from coverage_permuted import permuted_table
from coverage_selection_tables import BARRED, CASE, POINTS, bias_table, bounds_table, warnings_table

WORDS: Final = Path(__file__).parent / "coverage_words.md"
SHORT: Final = {
    "naive": "naive",
    "ipw_hajek": "weighted (Hajek)",
    "ipw_horvitz_thompson": "weighted (Horvitz-Thompson)",
    "doubly_robust": "doubly robust",
    "contraction": "contraction",
    "random_arm": "random arm",
}
SCENARIOS: Final = {
    "overlap": "overlap",
    "hidden": "hidden tilt",
    "random_arm": "hidden tilt, random arm",
    "no_overlap": "no overlap",
}
BAR_SCENARIO, TILTED_SCENARIO, ARM_SCENARIO = "overlap", "hidden", "random_arm"
"""Scenarios in which the bias, and the interval at the true sensitivity parameter, must be right; and the arm's."""


def page(study: dict[str, Any], found: dict[str, pd.DataFrame]) -> str:
    """The whole page.

    Args:
        study: the settings.
        found: results by the name of their file: paired, selection, world, sample.
    """
    paired, bias, bounds = (
        coverage_table(found["paired"]),
        bias_table(found["selection"]),
        bounds_table(found["selection"]),
    )
    permuted = {name: permuted_table(found[name]) for name in ("world", "sample")}
    parts = {
        "ASKED": asked(study, paired, bias, bounds, permuted),
        "PAIRED": paired_lines(paired, study["paired"]["band"]),
        "BIAS": bias_lines(bias),
        "METHODS": method_lines(bias, study["budgets"][-1]),
        "BOUNDS": bounds_lines(bounds, study["budgets"][-1]),
        "WARNINGS": warning_lines(warnings_table(found["selection"])),
        "WORLD": permuted_lines(permuted["world"]),
        "SAMPLE": permuted_lines(permuted["sample"]),
    }
    text = WORDS.read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"<!-- {name} -->\n", part)
    for name, value in numbers(study).items():
        text = text.replace(f"<!-- {name} -->", f"`{value}`")
    return text


def numbers(study: dict[str, Any]) -> dict[str, str]:
    """The sizes that the words name."""
    world, paired, selection, permuted = (study[name] for name in ("world", "paired", "selection", "permuted"))
    low, high = paired["band"]
    return {
        "seed": str(study["seed"]),
        "sites": f"{world['sites']:,}",
        "paired.sites": " and ".join(f"{sites:,}" for sites in paired["sites"]),
        "origins": str(world["origins"]),
        "earlier": str(world["earlier"]),
        "paired.worlds": " and ".join(f"{worlds:,}" for worlds in paired["worlds"]),
        "paired.cities": str(paired["cities"]),
        "paired.truth": f"{paired['truth_sites']:,}",
        "paired.draws": f"{paired['draws']:,}",
        "paired.band": f"{low:.0%} to {high:.0%}",
        "selection.truth": f"{selection['truth_sites']:,}",
        "selection.draws": str(selection["scenarios"][TILTED_SCENARIO]["draws"]),
        "selection.tilt": f"{selection['true_gamma']:g}",
        "selection.cover": f"{selection['least_cover']:.0%}",
        "permuted.count": f"{permuted['permutations']:,}",
        "permuted.draws": f"{permuted['draws']:,}",
        "permuted.cover": f"{permuted['least_cover']:.0%}",
    }


def asked(
    study: dict[str, Any],
    paired: pd.DataFrame,
    bias: pd.DataFrame,
    bounds: pd.DataFrame,
    permuted: dict[str, pd.DataFrame],
) -> str:
    """What was asked of the intervals, and whether it holds: the number nearest to its bar, or beyond it."""
    low, high = study["paired"]["band"]
    selection = study["selection"]
    barred = bias[
        (bias["scenario"] == BAR_SCENARIO) & bias["method"].isin(BARRED) & ~bias["policy"].str.contains(" - ")
    ]
    barred = barred[barred["metric"].str.contains("@")]
    barred = barred[~barred["metric"].str.startswith("lift")]
    small, most = (barred["share"] < selection["most_bias"]).sum(), barred.iloc[int(barred["share"].argmax())]
    worst = bounds[(bounds["method"] == "worst_case") & bounds["coverage"].notna()]
    tilted = bounds[(bounds["scenario"] == TILTED_SCENARIO) & (bounds["gamma"] == selection["true_gamma"])]
    rows = [
        *_paired_asked(paired, low, high),
        (
            "bias of IPW and doubly robust, as a share of the naive bias, under overlap",
            f"below {selection['most_bias']:.3f}",
            f"{small} of {len(barred)} below; largest `{most['share']:.3f}` ({_named(most)})",
        ),
        ("worst-case bounds", f"at least {selection['least_cover']:.0%}", _least(worst["coverage"])),
        (
            "interval at the true sensitivity parameter, hidden tilt",
            f"at least {selection['least_cover']:.0%}",
            _least(tilted["coverage"]),
        ),
        ("that interval narrower than the worst case", "always", _least(tilted["narrower"])),
    ]
    cover = f"at least {study['permuted']['least_cover']:.0%}"
    for name, label in (("world", "one world"), ("sample", "the sample")):
        rows.append((f"permuted outcomes, {label}: headline holds 0", cover, _least(permuted[name]["holds_zero"])))
    return _table(["", "asked for", "found"], [(what, f"`{bar}`", result) for what, bar, result in rows])


def _paired_asked(paired: pd.DataFrame, low: float, high: float) -> list[tuple[str, str, str]]:
    """The intervals of the differences, a row a size of the worlds."""
    rows = []
    for sites, found in paired[paired["cut"] == AS_COMPARED].groupby("sites"):
        inside = found["coverage"].between(low, high).sum()
        extremes = f"`{found['coverage'].min():.1%}` to `{found['coverage'].max():.1%}`"
        what = f"intervals of paired differences, worlds of {sites:,} sites"
        rows.append((what, f"{low:.0%} to {high:.0%}", f"{inside} of {len(found)} inside; {extremes}"))
    return rows


def paired_lines(table: pd.DataFrame, band: Sequence[float]) -> str:
    """Study 1, a row a size of the worlds, difference and metric."""
    names = ["sites", "difference", "metric", "coverage", "interval below the truth", "above it", "bias", "spread",
             "mean width", "too wide by", "in the band", "exact re-cut: coverage", "too wide by"]  # fmt: skip
    exact = table[table["cut"] == EXACT].set_index(["sites", "pair", "metric"])
    rows = []
    for r in _each(table[table["cut"] == AS_COMPARED]):
        misses = (f"`{r.missed_low:.1%}`", f"`{r.missed_high:.1%}`")
        value = (f"`{r.bias:+.4f}`", f"`{r.sd:.4f}`", f"`{r.width:.3f}`", f"`{r.excess:+.1%}`")
        head = (f"{r.sites:,}", r.pair, f"`{r.metric}`", _share(r.coverage, r.error))
        key = (r.sites, r.pair, r.metric)
        other = (
            [f"`{exact.loc[key, 'coverage']:.1%}`", f"`{exact.loc[key, 'excess']:+.1%}`"]
            if key in exact.index
            else ["", ""]
        )
        rows.append((*head, *misses, *value, _inside(r.coverage, band), *other))
    return _table(names, rows)


def bias_lines(table: pd.DataFrame) -> str:
    """Study 2 under overlap: naive, weighted and doubly robust side by side."""
    here = table[(table["scenario"] == BAR_SCENARIO) & table["method"].isin(("naive", *BARRED))]
    here = here[~here["metric"].str.startswith("lift")]
    names = ["policy", "metric", "propensity", "truth", "naive", *(SHORT[m] for m in BARRED), "rows worth"]
    rows = []
    for case, methods in _groups(here, CASE):
        by: dict[str, Any] = methods.set_index("method").to_dict("index")  # type: ignore[assignment]
        cells = [f"`{by['naive']['bias']:+.4f}` (`{by['naive']['rmse']:.4f}`)"]
        for method in BARRED:
            if method not in by:
                cells.append("–")
                continue
            one = by[method]
            cells.append(f"`{one['bias']:+.4f}` (`{one['rmse']:.4f}`), `{one['share']:.2f}`")
        worth = f"`{by['ipw_hajek']['ess']:,.0f}`" if "ipw_hajek" in by else "–"
        _, propensity, policy, metric = case
        rows.append((policy, f"`{metric}`", propensity, f"`{by['naive']['truth']:.3f}`", *cells, worth))
    return _table(names, rows)


def method_lines(table: pd.DataFrame, budget: float) -> str:
    """Study 2: every method in every scenario for the model, and for its difference to the grade."""
    here = table[(table["propensity"] == "estimated") & table["method"].isin(POINTS)]
    names = ["scenario", "policy", "metric", "method", "worlds", "bias", "error", "root mean square error",
             "interval covers"]  # fmt: skip
    rows = []
    for policy, metric in (("model", "precision"), ("model", "recall"), ("model - grade", "recall")):
        at = f"{metric}@{budget:.2f}"
        for r in _each(here[(here["policy"] == policy) & (here["metric"] == at)]):
            covers = "–" if pd.isna(r.coverage) else f"`{r.coverage:.1%}`"
            cells = (f"{r.worlds:,}", f"`{r.bias:+.4f}`", f"`{r.error:.4f}`", f"`{r.rmse:.4f}`", covers)
            rows.append((SCENARIOS[r.scenario], policy, f"`{at}`", SHORT[r.method], *cells))
    return _table(names, rows)


def bounds_lines(table: pd.DataFrame, budget: float) -> str:
    """Study 2: how often the bounds hold the truth, and how wide they are."""
    here = table[table["metric"].isin([f"precision@{budget:.2f}", f"recall@{budget:.2f}"]) & table["coverage"].notna()]
    here = here[here["scenario"] != ARM_SCENARIO]
    names = ["scenario", "policy", "metric", "bounds", "worlds", "covers", "width with sampling error",
             "width of bounds", "narrower than the worst case"]  # fmt: skip
    rows = []
    for r in _each(here):
        what = "worst case" if r.method == "worst_case" else f"odds ratio up to {r.gamma:g}"
        narrower = "" if r.method == "worst_case" else f"`{r.narrower:.1%}`"
        cells = (_share(r.coverage, r.error), f"`{r.width:.3f}`", f"`{r.ends:.3f}`", narrower)
        rows.append((SCENARIOS[r.scenario], r.policy, f"`{r.metric}`", what, f"{r.worlds:,}", *cells))
    return _table(names, rows)


def warning_lines(table: pd.DataFrame) -> str:
    """Study 2: what the reports said of their own limits."""
    names = ["scenario", "propensity", "worlds", "labels worth, in rows", "propensity below `2 %`", "overlap fails",
             "verdict says so", "verdict: no random arm", "methods disagree", "random arm used", "why not"]  # fmt: skip
    rows = []
    for r in _each(table):
        shares = (r.below_02, r.overlap_fails, r.says_overlap, r.says_arm, r.disagree, r.arm)
        cells = (f"{r.worlds:,}", f"`{r.labelled_ess:,.0f}`", *(f"`{share:.1%}`" for share in shares))
        rows.append((SCENARIOS[r.scenario], r.propensity, *cells, f"`{r.arm_reason}`" if r.arm_reason else ""))
    return _table(names, rows)


def permuted_lines(table: pd.DataFrame) -> str:
    """Study 3, a row a rival."""
    names = [
        "model less",
        "permutations",
        "holds 0",
        "wholly below 0",
        "wholly above 0",
        "mean difference",
        "mean width",
    ]
    rows = [
        (
            f"`{r.rival}`",
            f"{r.permutations:,}",
            _share(r.holds_zero, r.error),
            f"`{r.missed_low:.1%}`",
            f"`{r.missed_high:.1%}`",
            f"`{r.mean:+.4f}`",
            f"`{r.width:.3f}`",
        )
        for r in _each(table)
    ]
    return _table(names, rows)


def _each(table: pd.DataFrame) -> Iterator[Any]:
    """The rows, their columns as attributes."""
    return table.itertuples()


def _groups(table: pd.DataFrame, by: list[str]) -> Iterator[tuple[Any, pd.DataFrame]]:
    return iter(table.groupby(by, sort=False))


def _named(row: "pd.Series[Any]") -> str:
    """Which row of the bias table a number stands in."""
    return f"{row['policy']}, `{row['metric']}`, {SHORT[row['method']]}, {row['propensity']} propensity"


def _inside(share: float, band: Sequence[float]) -> str:
    low, high = band
    if share < low:
        return f"no, below by `{low - share:.1%}`"
    return f"no, above by `{share - high:.1%}`" if share > high else "yes"


def _share(share: float, error: float) -> str:
    return f"`{share:.1%} ± {error:.1%}`"


def _least(values: "pd.Series[float]") -> str:
    return f"least `{values.min():.1%}` of {len(values)} rows"


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
