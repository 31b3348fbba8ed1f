"""Small artifacts that use all the format has: every origin and aggregate, map, kind of split, action, and peers."""

from functools import cache
from typing import Any

import lightgbm as lgb
import numpy as np

from riskml.export.artifact import artifact_files
from riskml.scorer.explaining.peers import STEPS, pack_numbers
from riskml.scorer.scanning.context import Context
from riskml.scorer.scanning.scan import AGGREGATES

AS_OF = "2025-06-01"
CODES = ["CERT_GMP", "PEN_FINE", "RECT_ORDER", "RISK_CATEGORY", "VISIT", "VISIT_FAIL"]
KINDS = ["catering", "maker", "sales"]
STREETS = [f"street {number}" for number in range(40)]
SITE: dict[str, Any] = {
    "area": 80.0, "kind": "sales", "street": "street 7", "registered_on": "2020-02-29", "lon": 114.051, "lat": 22.543,
    "name": "和顺店（一）", "licence_to": "2026-01-01", "risk": 2,
}  # fmt: skip
_EVENTS: list[tuple[str, str, str, str, dict[str, Any]]] = [
    ("a", "VISIT", "2025-02-03", "2025-02-04", {"quantity": 4, "inspection_id": "v1"}),
    ("b", "VISIT_FAIL", "2025-02-03", "2025-02-04", {"inspection_id": "v1"}),
    ("c", "VISIT", "2024-05-05", "2024-05-06", {"inspection_id": "v0"}),
    ("d", "PEN_FINE", "2023-05-05", "2023-06-06", {"severity": 2}),
    ("e", "RECT_ORDER", "2025-02-03", "2025-02-04", {"due_on": "2025-03-01"}),
    ("f", "CERT_GMP", "2022-01-01", "2022-01-01", {"valid_to": "2025-01-01"}),
    ("g", "RISK_CATEGORY", "2024-01-01", "2024-01-01", {"quantity": 3}),
]
EVENTS: list[dict[str, Any]] = [
    {"event_id": name, "code": code, "occurred_on": occurred, "known_on": known, **more}
    for name, code, occurred, known, more in _EVENTS
]
AMENDMENTS: list[dict[str, Any]] = [
    {"event_id": "d", "kind": "repair", "effective_on": "2024-12-01", "known_on": "2024-12-02"}
]

_CODE_OF = {"overdue": 2, "in_force": 0, "expired": 0, "days_until_expiry": 0, "last_value": 3, "max_severity": 1}


def program() -> dict[str, Any]:
    """A program with a feature of every origin, and one of events for every aggregate."""
    made: list[dict[str, Any]] = [
        {"name": "area", "from": "site", "column": "area"},
        {"name": "registered", "from": "site_days", "column": "registered_on"},
        {"name": "licence", "from": "site_until", "column": "licence_to"},
        {"name": "month", "from": "calendar"},
        {"name": "kind", "from": "category", "column": "kind", "categories": KINDS},
        {"name": "street", "from": "category", "column": "street", "categories": STREETS},
    ]
    for number, aggregate in enumerate(sorted(AGGREGATES)):
        one = {
            "name": aggregate,
            "from": "events",
            "aggregate": aggregate,
            "codes": [_CODE_OF.get(aggregate, 4)],
            "per": [5] if aggregate in ("share", "streak", "days_since_last_without") else [],
            "window": 365 if aggregate == "trend" or number % 3 == 0 else None,
            "skip_repaired": number % 2 == 0,
        }
        one |= {"table": 0} if aggregate == "decayed" else {}
        made.append(one | ({"otherwise": "risk"} if aggregate == "last_value" else {}))
    for group, (aggregate, fact, per) in enumerate(
        [("share", 1, 0), ("per_site", 1, 2), ("count", 0, None), ("sites", 2, None)]
    ):
        prior = None if per is None else 20
        made.append(
            {"name": f"other_{aggregate}", "from": "context", "aggregate": aggregate, "group": group, "fact": fact}
            | {"per": per, "prior": prior}
        )
    facts = [
        {"codes": [4], "window": 365, "skip_repaired": False},
        {"codes": [5], "window": 365, "skip_repaired": True},
    ]
    plain = {"step": None, "reading": "as_is", "hashed": False}
    groups = [
        {**plain, "name": "all", "columns": []},
        {**plain, "name": "near", "columns": ["lon", "lat"], "step": 0.01},
        {**plain, "name": "brand", "columns": ["name"], "reading": "name", "hashed": True},
        {**plain, "name": "kind", "columns": ["kind", "street"]},
    ]
    table = [round(2**32 * 0.5 ** (age / 30)) for age in range(400)]
    return {
        "codes": CODES,
        "tables": [table],
        "features": made,
        "context": {"facts": facts, "groups": groups, "seen": 0},
    }


def header(**changes: Any) -> dict[str, Any]:
    """The header of these features, with actions of every kind."""
    made = program()
    text = {
        "unit": "days",
        "text_en": "Feature",
        "text_zh": "特征",
        "reason_en": "{value} {day|days}",
        "reason_zh": "{value} 天",
    }
    features = []
    for feature in made["features"]:
        kinds = feature.get("categories", [])
        features.append(
            {
                **text,
                "name": feature["name"],
                "kind": "category" if kinds else "number",
                "monotone": 0,
                "categories": kinds,
            }
            | {"low": 0.0 if feature["name"] in ("area", "count") else None, "high": None}
            | {"category_names": [[one, f"类{one}"] for one in kinds]}
        )
    kinds = [
        ("end", "PEN_FINE"),
        ("end_overdue", "RECT_ORDER"),
        ("repair", "PEN_FINE"),
        ("renew", "CERT_GMP"),
        ("clean_visit", "VISIT"),
    ]
    names = {"en": "level", "zh": "级", "response_en": "visit", "response_zh": "检查"}
    return {
        "name": "small", "code_version": "0", "data_hash": "none", "outcome": "fail", "horizon_days": 90,
        "label_versions": ["1"], "trained_to": "2025-01-01", "expires_on": "2026-01-01", "context_days": 3650,
        "known_codes": CODES, "features": features, "program": made,
        "actions": [
            {"name": kind, "text_en": "{n} closed", "text_zh": "{n} 项", "kind": kind, "codes": [code], "after_days": 0}
            for kind, code in kinds
        ],
        "calibration": {"kind": "platt", "slope": 1.25, "intercept": -0.5},
        "levels": {
            "system": "s", "reconstructed": True, "cuts": [0.25, 0.5],
            "names": [{**names, "code": code} for code in "ABC"],
        },
    } | changes  # fmt: skip


def matrix() -> Any:
    """Feature rows, shape (600, F), with NaN, zeros, negative zeros and categories."""
    draw = np.random.default_rng(5)
    kinds = [len(feature.get("categories", ())) for feature in program()["features"]]
    columns = [draw.integers(0, size, 600).astype(float) if size else draw.normal(size=600) for size in kinds]
    made = np.column_stack(columns)
    for place, size in enumerate(kinds):
        if not size:
            made[draw.random(600) < 0.2, place] = np.nan
            made[draw.random(600) < 0.2, place] = -0.0
    made[:, [0, 8]] = np.abs(made[:, [0, 8]])
    return made


def context() -> Context:
    """Totals of some groups on a day before `AS_OF`."""
    groups = {
        "near": {"11405|2254": (30, 9, 12)},
        "brand": {"0123456789abcdef": (4, 1, 2)},
        "kind": {"sales|street 7": (9, 2, 3)},
    }
    return Context(20_000, (900, 250, 600), {"all": {}, **groups})


def peers(numbers: list[int]) -> dict[str, Any]:
    """The peers of one kind of business, and of all."""
    wide = len(numbers) + 1
    quantiles = pack_numbers([min(step / STEPS, 1.0) for step in range(STEPS + 1) for _ in range(wide)])
    group = {"sites": 60, "known": [60] * len(numbers), "quantiles": quantiles}
    words = {"text_en": "of the kind", "text_zh": "家同业"}
    return {"as_of": 20_000, "column": "kind", **words, "compared": numbers, "groups": {"": group, "sales": group}}


@cache
def small_models() -> tuple[dict[str, bytes], ...]:
    """The files of three artifacts: with each kind of map, with and without levels, and zeros read as missing."""
    knots = {"kind": "isotonic", "raw": [-1.0, 0.0, 1.0], "log_odds": [-2.0, 0.5, 0.75]}
    beta = {"kind": "beta", "rise": 0.75, "fall": 1.5, "intercept": 0.1}
    settings: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({}, {}),
        ({"zero_as_missing": True}, {"calibration": knots, "levels": None}),
        ({"use_missing": False}, {"calibration": beta}),
    ]
    x = matrix()
    risk = (
        np.nan_to_num(x[:, 0])
        + (x[:, 4] == 2)
        + (x[:, 5] % 3 == 0)
        + np.isnan(x[:, 7])
        + np.nan_to_num(x[:, 2:]).sum(axis=1) * 0.2
    )
    y = (risk > np.median(risk)).astype(int)
    found = []
    for parameters, changes in settings:
        made = header(**changes)
        both = {"verbose": -1, "min_data_per_group": 5, "cat_smooth": 1.0, **parameters}
        names = [feature["name"] for feature in made["features"]]
        data = lgb.Dataset(x, y, feature_name=names, categorical_feature=[4, 5], params=both)
        booster = lgb.train({"objective": "binary", "num_threads": 1, "num_leaves": 7, "seed": 1, **both}, data, 6)
        numbers = [place for place, feature in enumerate(made["features"]) if feature["kind"] == "number"]
        text = booster.model_to_string()
        files = artifact_files(
            header=made, model_text=text, selftest_rows=x[:4], context=context(), peers=peers(numbers)
        )
        found.append(files)
    return tuple(found)
