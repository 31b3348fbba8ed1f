"""Plausibility of a simulated world: the checks at the end of RECORDS.md 8, each a number with its allowed range.

`python tests/plausibility.py SITES YEARS SEED` prints the table.
"""

import sys

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from riskml.grades import grade, policy_scores
from riskml.records.days import NEVER, day_number, to_days
from riskml.records.log import event_log
from riskml.records.outcomes import OUTCOMES, VISIT, outcome_as_of
from riskml.simulation import World, simulate

ZHENHAI = {"green": 0.272, "blue": 0.578, "yellow": 0.136, "red": 0.014}
XIANGSHAN = {"blue": 0.442, "yellow": 0.549, "orange": 0.010, "red": 0.0}
"""Published shares of the colours, best first (GRADES.md 2 and 3)."""
TOLERANCE = 0.10
RANGES = {
    "fail_broad (14.8 %, Shanghai 2023)": (0.12, 0.18),
    "fail": (0.07, 0.11),
    "fail_severe": (0.025, 0.06),
    "visits a site-year (1.43)": (1.25, 1.60),
    "share of complaint checks": (0.06, 0.10),
    "share of the random arm": (0.035, 0.065),
    "cases a visit (2.4 to 6.1 %)": (0.024, 0.061),
    "cases a site-year (0.087)": (0.05, 0.09),
    "crimes a case (0.62 %)": (0.002, 0.011),
    "fine, mean (3,213 yuan)": (2_400, 4_200),
    "fine, median": (1_500, 2_600),
    "old fines repaired (65 %)": (0.5, 0.8),
    "complaints a site-year (0.72)": (0.5, 0.9),
    "complaints upheld": (0.15, 0.30),
    "failed samples a site-year (0.43 x 2.7 %)": (0.006, 0.014),
    "on the abnormal list (4 %)": (0.025, 0.055),
    "defaulters (0.3 %)": (0.001, 0.006),
    "serious list (0.05 %)": (0.0, 0.0015),
    "oracle AUC (below 0.85)": (0.70, 0.85),
    "AUC of the past fail rate": (0.52, 0.70),
    "AUC of the Nanchang grade": (0.50, 0.66),
    "Zhenhai colours, largest deviation": (0.0, TOLERANCE),
    "Xiangshan colours, largest deviation": (0.0, TOLERANCE),
}
"""Allowed ranges: those of RECORDS.md 7 and 8; the anchors stand in brackets."""


def plausibility(world: World) -> pd.DataFrame:
    """Checks by name: value, low, high, holds."""
    log = event_log(world.records)
    values = {**_rates(world), **_stocks(world, log), **_outcomes(world, log), **_deviations(world, log)}
    table = pd.DataFrame({"value": values}).join(pd.DataFrame(RANGES, index=["low", "high"]).T)
    return table.assign(holds=table["value"].between(table["low"], table["high"]))


def visited(world: World, log: pd.DataFrame) -> pd.DataFrame:
    """Eligible visits whose follow-up is over, with their outcomes (settled, and next day), the truth and the month."""
    records = world.records
    eligible = log.loc[log["code"] == VISIT, "inspection_id"]
    visits = records.inspections[records.inspections["inspection_id"].isin(eligible)]
    days = to_days(visits["visited_on"])
    settled = days + records.outcome.settling_days < day_number(records.observed_to)
    visits, days = visits[settled].reset_index(drop=True), days[settled]
    moments = {
        "": days * 0 + NEVER - 1,
        "_settled": days + records.outcome.settling_days,
        "_next_day": to_days(visits["known_on"]) + 1,
    }
    for outcome in OUTCOMES:
        for name, day in moments.items():
            visits[outcome + name] = outcome_as_of(log, visits["inspection_id"], day, outcome)
    visits["as_of"] = month_of(visits["visited_on"])
    return visits.merge(world.truth, on=["site_id", "as_of"], how="left", validate="one_to_one")


def month_of(days: "pd.Series[pd.Timestamp]") -> "pd.Series[pd.Timestamp]":
    """First day of each day's month."""
    return pd.Series(days.dt.to_period("M").dt.to_timestamp().astype("datetime64[s]"))


def _rates(world: World) -> dict[str, float]:
    events, visits, end = world.records.events, world.records.inspections, world.records.observed_to
    site_years = (world.truth["propensity"] > 0).sum() / 12
    count = events["code"].value_counts()
    kinds = visits["visit_type"].value_counts(normalize=True)
    fines = events[events["code"] == "PEN_FINE"]
    old = fines.loc[fines["occurred_on"] < end - pd.DateOffset(months=20), "event_id"]
    repaired = world.records.amendments.query("kind == 'repair'")["event_id"]
    upheld = count["COMPL_VALID"] + count["REPORT_VALID"]
    return {
        "visits a site-year (1.43)": len(visits) / site_years,
        "share of complaint checks": kinds["CO"],
        "share of the random arm": kinds["DR"],
        "cases a visit (2.4 to 6.1 %)": count["CASE_OPENED"] / len(visits),
        "cases a site-year (0.087)": count["CASE_OPENED"] / site_years,
        "crimes a case (0.62 %)": count["PEN_CRIM"] / count["CASE_OPENED"],
        "fine, mean (3,213 yuan)": fines["amount"].mean(),
        "fine, median": fines["amount"].median(),
        "old fines repaired (65 %)": old.isin(repaired).mean(),
        "complaints a site-year (0.72)": count["COMPLAINT"] / site_years,
        "complaints upheld": upheld / count["COMPLAINT"],
        "failed samples a site-year (0.43 x 2.7 %)": _samples(events) / site_years,
    }


def _stocks(world: World, log: pd.DataFrame) -> dict[str, float]:
    """Shares of the sites in business that stand on a list, over the months of the last year."""
    names = {"ABN": "on the abnormal list (4 %)", "DISHONEST": "defaulters (0.3 %)", "SERIOUS": "serious list (0.05 %)"}
    open_sites = world.truth[world.truth["propensity"] > 0]
    shares = []
    for month in sorted(world.truth["as_of"].unique())[-12:]:
        there, day = set(open_sites.loc[open_sites["as_of"] == month, "site_id"]), day_number(month)
        held = log[(log["known_on"] < day) & (log["gone_on"] >= day) & log["code"].isin(names)]
        held = held[held["site_id"].isin(there)]
        shares.append(held.groupby("code")["site_id"].nunique() / len(there))
    mean = pd.DataFrame(shares).fillna(0.0).mean()
    return {name: float(mean.get(code, 0.0)) for code, name in names.items()}


def _samples(events: pd.DataFrame) -> int:
    """Failed samples of the sampling programme, not those taken at a visit."""
    return int((events["code"].str.startswith("SAMP") & events["inspection_id"].isna()).sum())


def _outcomes(world: World, log: pd.DataFrame) -> dict[str, float]:
    """Base rates, and how well the truth, the past fail rate and the grade rank the visits of the last year."""
    visits = visited(world, log).sort_values(["visited_on", "inspection_id"])
    rates = {name: visits[name].mean() for name in OUTCOMES}
    recent = visits[visits["visited_on"] >= world.records.observed_to - pd.DateOffset(months=15)]
    day = month_of(recent["visited_on"]).max() - pd.DateOffset(months=6)
    after = recent[recent["visited_on"] >= day].drop_duplicates("site_id")
    before = visits[visits["visited_on"] < day - pd.DateOffset(days=world.records.outcome.settling_days)]
    past = before.groupby("site_id")["fail"].agg(["sum", "count"])
    shrunk = ((past["sum"] + rates["fail"]) / (past["count"] + 1)).reindex(after["site_id"]).fillna(rates["fail"])
    graded = grade(world.records, "nanchang", day, log=log)
    level = pd.Series(policy_scores(graded)["points_score"].to_numpy(), index=graded["site_id"])
    return {
        "fail_broad (14.8 %, Shanghai 2023)": rates["fail_broad"],
        "fail": rates["fail"],
        "fail_severe": rates["fail_severe"],
        "oracle AUC (below 0.85)": roc_auc_score(visits["fail"], visits["latent_risk"]),
        "AUC of the past fail rate": roc_auc_score(after["fail"], shrunk),
        "AUC of the Nanchang grade": roc_auc_score(after["fail"], level[after["site_id"]]),
    }


def _deviations(world: World, log: pd.DataFrame) -> dict[str, float]:
    """How far the shares of colours lie from the published ones, with the cuts at the published quantiles."""
    sites, day = world.records.sites, day_number(world.records.observed_to)
    end = world.records.observed_to
    there = sites[(sites["registered_on"] < end - pd.DateOffset(years=1)) & sites["closed_on"].isna()]
    past = log[log["known_on"] < day]
    known = past[past["gone_on"] >= day]
    caterers = there[there["industry_class"] == "catering"]
    makers = there[there["industry_class"] == "workshop"]  # braised meat is made in workshops
    zhenhai, xiangshan = zhenhai_points(caterers, known, day), xiangshan_points(makers, past, day)
    return {
        "Zhenhai colours, largest deviation": deviation(zhenhai, ZHENHAI),
        "Xiangshan colours, largest deviation": deviation(xiangshan, XIANGSHAN),
    }


def deviation(points: "pd.Series[float]", published: dict[str, float]) -> float:
    """Largest difference between a colour's share and the published one.

    Each cut is the value of the points (higher is better) at which the share from there up comes nearest to the
    published one; with many equal points no cut comes near.
    """
    above = points.value_counts(normalize=True).sort_index(ascending=False).cumsum()
    reached = [float(above.iloc[np.abs(above - share).argmin()]) for share in np.cumsum(list(published.values()))]
    return float(np.abs(np.diff([0.0, *reached]) - np.array(list(published.values()))).max())


def _count(known: pd.DataFrame, sites: pd.DataFrame, *codes: str, since: int = 0) -> "pd.Series[float]":
    """Number of facts of some codes since a day, by site, in the order of `sites`."""
    rows = known[known["code"].isin(codes) & (known["occurred_on"] >= since)]
    return rows.groupby("site_id")["quantity"].sum().reindex(sites["site_id"], fill_value=0).astype(float)


PENALTIES = {"PEN_WARN": 0.5, "PEN_FINE": 1.0, "PEN_CONF": 2.0, "PEN_SUSP": 3.0, "PEN_STOP": 3.0}
"""Points of GRADES.md 0.4 for the penalties in force."""


def zhenhai_points(sites: pd.DataFrame, known: pd.DataFrame, day: int) -> "pd.Series[float]":
    """T of GRADES.md 2 (higher is better) from the indicators for which the records hold data, by their weights."""
    year, staff = day - 365, sites.set_index("site_id")["staff"].clip(lower=1)
    age = (day - to_days(sites["registered_on"])) / 365.25
    standing = np.select([age >= 5, age >= 3, age >= 1], [1.0, 0.8, 0.6], 0.4)
    penalties = pd.DataFrame({code: points * _count(known, sites, code) for code, points in PENALTIES.items()})
    public = [
        (5, pd.Series(standing, index=sites["site_id"])),
        (5, 1 - (_count(known, sites, "HEALTH_CERT_EXPIRED", since=day - 60) / staff).clip(upper=1)),
        (4, 1 - _count(known, sites, "ABN").clip(upper=1)),
        (15, (1 - penalties.sum(axis=1) / 6).clip(lower=0)),
        (8, 1 - _count(known, sites, "SERIOUS").clip(upper=1)),
        (7, 1 - _count(known, sites, "DISHONEST").clip(upper=1)),
        (5, (1 - _count(known, sites, "SAMP_LABEL", "SAMP_STD", "SAMP_SEVERE", since=year) / 2).clip(lower=0)),
        (3, 0.5 + 0.5 * _count(known, sites, "AWARD_CITY").clip(upper=1)),
    ]
    industry = [
        (8, _latest_result(known).reindex(sites["site_id"])),
        (5, (1 - _count(known, sites, "COMPL_VALID", "REPORT_VALID", since=year) / 5).clip(lower=0)),
        (5, 0.5 + 0.5 * _count(known, sites, "CERT_HACCP", "CERT_22000").clip(upper=1)),
    ]
    return (30 * _weighted(public) + 60 * _weighted(industry) + 10 * 0.7).round(6)  # no patrols: neutral


def _latest_result(known: pd.DataFrame) -> "pd.Series[float]":
    """Value of the latest routine visit of each site that had one: passed 1, with problems 0.7, failed 0."""
    values = known["code"].map({"VISIT": 1.0, "VISIT_FAIL_BROAD": 0.7, "VISIT_FAIL": 0.0})
    rows = known.assign(value=values).dropna(subset=["value"])
    visits = rows.groupby(["site_id", "occurred_on", "inspection_id"])["value"].min().reset_index()
    return visits.sort_values("occurred_on").groupby("site_id")["value"].last()


def _weighted(indicators: "list[tuple[int, pd.Series[float]]]") -> "pd.Series[float]":
    """Mean by their weights of the indicators that a site has."""
    frame = pd.concat([values for _, values in indicators], axis=1)
    weights = [weight for weight, _ in indicators]
    mean: pd.Series[float] = (frame * weights).sum(axis=1) / (frame.notna() * weights).sum(axis=1)
    return mean


BREACHES = {
    "HEALTH_CERT_EXPIRED": 1,
    "RECT_SPOT": 1,
    "COMPL_VALID": 1,
    "REPORT_VALID": 1,
    "RECT_ORDER": 2,
    "RECT_OVERDUE": 2,
    **dict.fromkeys(["SAMP_LABEL", "SAMP_STD", "SAMP_SEVERE"], 6),
    **dict.fromkeys(["PEN_WARN", "PEN_FINE", "PEN_CONF", "PEN_STOP", "PEN_SUSP"], 6),
}
"""Points of GRADES.md 3 by what the records hold: X03, X05, X06 (problems at a visit), X09, X10, X11."""


def xiangshan_points(sites: pd.DataFrame, past: pd.DataFrame, day: int) -> "pd.Series[float]":
    """Points left of 12 (GRADES.md 3): a year's breaches, corrected since or not, against awards and good years.

    The bonus for years of good credit (B03) is taken to need two years without a breach.
    """
    year = day - 365
    each = {code: points * _count(past, sites, code, since=year) for code, points in BREACHES.items()}
    good = _count(past, sites, *BREACHES, since=day - 2 * 365) == 0
    earned = _count(past, sites, "AWARD_CITY", since=year) + good.astype(float)
    return (12 - pd.DataFrame(each).sum(axis=1) + earned.clip(upper=2)).clip(0, 14)


if __name__ == "__main__":
    sites, years, seed = (int(text) for text in sys.argv[1:4])
    print(plausibility(simulate(sites=sites, years=years, seed=seed)).round(4).to_string())
