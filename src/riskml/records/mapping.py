"""Text tables become canonical records by a source's TOML; every row is kept, merged or quarantined, and counted."""

import hashlib
import hmac
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskml.errors import DataError, StudyError
from riskml.records import contract
from riskml.records.reading import read_text_table
from riskml.records.source import Source
from riskml.records.store import Records


@dataclass(frozen=True)
class Ingested:
    """Canonical records, and the account of every input row.

    Attributes:
        records: what was kept.
        report: rows_in = rows_kept + rows_merged + rows_quarantined, in all, by file and by rule.
    """

    records: Records
    report: dict[str, Any]


def ingest(source: Source, inputs: Sequence["Path | str"]) -> Ingested:
    """Read the files of one source and map them to canonical records.

    Args:
        source: see `riskml.records.source`.
        inputs: files, read in the order given; the first of two equal visits is kept.

    Raises:
        DataError: if a file is unreadable, lacks a column that the source needs, or nothing is left to keep.
    """
    if not inputs:
        raise DataError(f"source {source.name}: no input file given")
    rows = pd.concat([_numbered(Path(path)) for path in inputs], ignore_index=True)
    _need_columns(source, rows)
    visits = _visits(source, rows)
    rejected = _rejections(source, rows, visits)
    merged = rejected.isna() & rows.drop(columns=["_file", "_row"]).duplicated()
    conflict = rejected.isna() & ~merged & visits["inspection_id"].duplicated()
    rejected = rejected.mask(conflict, "same inspection_id as an earlier row, but other content")
    keep = rejected.isna() & ~merged
    if not keep.any():
        reason = rejected.iloc[0]
        raise DataError(f"source {source.name}: none of {len(rows)} rows could be kept; first reason: {reason}")
    records = _records(source, rows[keep], visits[keep], _quarantine(rows, rejected))
    return Ingested(records, _report(source, rows, keep, merged, rejected))


def _numbered(path: Path) -> pd.DataFrame:
    table = read_text_table(path)
    return table.assign(_file=path.name, _row=np.arange(1, len(table) + 1))


def _need_columns(source: Source, rows: pd.DataFrame) -> None:
    visit, sites = source.spec["visit"], source.spec.get("sites", {})
    named = [value for key, value in {**visit, **sites}.items() if isinstance(value, str)]
    absent = sorted(set(named) - set(rows.columns))
    if absent:
        has = [name for name in rows.columns if name not in ("_file", "_row")][:12]
        raise DataError(f"source {source.name}: columns {absent} are missing; the file has {has}...")


def _visits(source: Source, rows: pd.DataFrame) -> pd.DataFrame:
    """The inspections table, rows aligned with `rows`; what cannot be read is missing."""
    visit = source.spec["visit"]
    codes = visit.get("codes", {})
    visited = _days(rows[visit["visited_on"]], visit["date_formats"])
    table = {
        "inspection_id": _text(rows[visit["inspection_id"]]),
        "site_id": _text(rows[visit["site_id"]]),
        "visited_on": visited,
        "known_on": visited + pd.Timedelta(days=int(source.spec["lag"]["days"])),
        "visit_type": _coded(rows[visit["visit_type"]], codes.get("visit_type", {})),
        "result": _coded(rows[visit["result"]], codes.get("result", {})),
        "label_version": pd.Series(source.spec["label_version"], index=rows.index, dtype="str"),
    }
    if "inspector" in visit:
        person = visit.get("inspector_is_person", True)
        table["inspector"] = _hashed(rows[visit["inspector"]]) if person else _text(rows[visit["inspector"]])
    if "office" in visit:
        table["office"] = _text(rows[visit["office"]])
    if "score" in visit:
        table["score"] = pd.to_numeric(rows[visit["score"]], errors="coerce")
    return pd.DataFrame(table)


def _rejections(source: Source, rows: pd.DataFrame, visits: pd.DataFrame) -> "pd.Series[str]":
    """Why a row cannot be kept; missing where it can. The first rule that fails is named."""
    visit = source.spec["visit"]
    reason = pd.Series(None, index=rows.index, dtype="str")
    rules = {
        "inspection_id": "no inspection number",
        "site_id": "no licence number",
        "visited_on": f"the day is none of {visit['date_formats']}",
        "visit_type": f"unknown visit type; known are {list(visit.get('codes', {}).get('visit_type', {}))}",
        "result": f"unknown result; known are {list(visit.get('codes', {}).get('result', {}))}",
    }
    for column, text in rules.items():
        bad = visits[column].isna() | (visits[column].astype("str") == "0" if column == "site_id" else False)
        reason = reason.mask(reason.isna() & bad, f"{column}: {text}")
    return reason


def _records(source: Source, rows: pd.DataFrame, visits: pd.DataFrame, quarantine: pd.DataFrame) -> Records:
    inspections = contract.conform("inspections", visits)
    inspections = inspections.sort_values(["visited_on", "inspection_id"], ignore_index=True)
    order = visits["inspection_id"].map(pd.Series(np.arange(len(inspections)), index=inspections["inspection_id"]))
    rows = rows.iloc[np.argsort(order.to_numpy())].reset_index(drop=True)
    values = _site_values(source, rows)
    sites = _sites(inspections, values)
    facts = [_violations(source, rows, inspections), _changes(source, inspections, values)]
    events = pd.concat(facts, ignore_index=True)
    events["source"] = source.name
    return Records(
        sites=contract.conform("sites", sites),
        events=contract.conform("events", events),
        amendments=contract.empty("amendments"),
        inspections=inspections,
        quarantine=contract.conform("quarantine", quarantine),
        source=source.name,
        observed_from=inspections["visited_on"].min(),
        observed_to=inspections["known_on"].max() + pd.Timedelta(days=1),
        outcome=source.outcome,
        notes=tuple(source.spec.get("notes", ())),
    )


def _site_values(source: Source, rows: pd.DataFrame) -> pd.DataFrame:
    """What each visit's row says of its site, by canonical column."""
    spec = source.spec.get("sites", {})
    values = {}
    for name, column in spec.items():
        if name == "codes":
            continue
        kind = contract.TABLES["sites"][name].kind
        if name in spec.get("codes", {}):
            values[name] = _coded(rows[column], spec["codes"][name])
        elif kind == "day":
            values[name] = _days(rows[column], source.spec["visit"]["date_formats"])
        elif kind == "number":
            values[name] = pd.to_numeric(rows[column], errors="coerce")
        else:
            values[name] = _text(rows[column])
    return pd.DataFrame(values, index=rows.index)


def _sites(inspections: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """The first known value of each site; a registration after the first visit is no fact, and is left out."""
    grouped = values.assign(site_id=inspections["site_id"], first_visit=inspections["visited_on"]).groupby("site_id")
    sites = grouped.first().reset_index()
    if "registered_on" in sites:
        sites["registered_on"] = sites["registered_on"].mask(sites["registered_on"] > sites["first_visit"])
    return sites.drop(columns="first_visit")


def _violations(source: Source, rows: pd.DataFrame, inspections: pd.DataFrame) -> pd.DataFrame:
    """One event for each kind of violation found at a visit (matrix form: a column an item, a count a cell)."""
    spec = source.spec.get("violations")
    if spec is None:
        return contract.empty("events")
    parts = []
    for name in rows.columns[rows.columns.str.startswith(spec["prefix"])]:
        item = name.removeprefix(spec["prefix"])
        kind = next((c for c in spec["class"] if c["first"] <= int(item) <= c["last"]), None)
        if kind is None:
            raise StudyError(f"source {source.name}: violation item {item} is in no [[violations.class]]")
        count = pd.to_numeric(rows[name], errors="coerce").fillna(0).astype("int64")
        found = inspections[count > 0]
        parts.append(_linked(found, kind["code"], item).assign(severity=kind["severity"], quantity=count[count > 0]))
    return pd.concat(parts, ignore_index=True)


def _changes(source: Source, inspections: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """One event for each visit at which a site column had another value than at the visit before."""
    parts = [contract.empty("events")]
    for change in source.spec.get("changes", ()):
        value = values[change["column"]]
        before = value.groupby(inspections["site_id"]).shift()
        changed = before.notna() & value.notna() & (before != value)
        events = _linked(inspections[changed], change["code"], change["column"])
        parts.append(events.assign(quantity=value[changed].astype("int64")))
    return pd.concat(parts, ignore_index=True)


def _linked(visits: pd.DataFrame, code: str, item: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "event_id": visits["inspection_id"] + f":{code}:{item}",
            "site_id": visits["site_id"],
            "code": code,
            "occurred_on": visits["visited_on"],
            "known_on": visits["known_on"],
            "inspection_id": visits["inspection_id"],
            "item": item,
        }
    )


def _text(column: "pd.Series[str]") -> "pd.Series[str]":
    stripped = column.str.strip()
    return stripped.mask(stripped == "")


def _coded(column: "pd.Series[str]", codes: dict[str, Any]) -> "pd.Series[Any]":
    """Values by the source's code list; "*" stands for any other text."""
    stripped = column.str.strip()
    found = stripped.map({key: value for key, value in codes.items() if key != "*"})
    return found.mask(found.isna() & (stripped != ""), codes["*"]) if "*" in codes else found


def _days(column: "pd.Series[str]", formats: Sequence[str]) -> "pd.Series[pd.Timestamp]":
    """Calendar days by the first format that fits; missing where none does."""
    days = pd.Series(pd.NaT, index=column.index, dtype="datetime64[s]")
    for form in formats:
        days = days.fillna(pd.to_datetime(column.str.strip(), format=form, errors="coerce").astype("datetime64[s]"))
    return days


def _hashed(column: "pd.Series[str]") -> "pd.Series[str]":
    """A person's name as a keyed hash; the key stays with whoever imports."""
    salt = os.environ.get("RISKML_SALT", "")
    if not salt:
        raise DataError("this source names persons, stored as hashes only: set RISKML_SALT to a secret of your own")
    names = _text(column)

    def digest(name: str) -> str:
        return hmac.new(salt.encode(), name.encode(), hashlib.sha256).hexdigest()[:16]

    return names.map({name: digest(name) for name in names.dropna().unique()})


def _quarantine(rows: pd.DataFrame, rejected: "pd.Series[str]") -> pd.DataFrame:
    bad = rows[rejected.notna()]
    reasons = rejected[rejected.notna()]
    raw = [json.dumps(row, ensure_ascii=False) for row in bad.drop(columns=["_file", "_row"]).to_dict("records")]
    return pd.DataFrame(
        {
            "file": bad["_file"],
            "row": bad["_row"],
            "rule": reasons.str.split(":").str[0],
            "reason": reasons,
            "raw": pd.Series(raw, index=bad.index, dtype="str"),
        }
    )


def _report(
    source: Source, rows: pd.DataFrame, keep: "pd.Series[bool]", merged: "pd.Series[bool]", rejected: "pd.Series[str]"
) -> dict[str, Any]:
    def account(part: "pd.Series[bool]") -> dict[str, int]:
        return {
            "rows_in": int(part.sum()),
            "rows_kept": int((keep & part).sum()),
            "rows_merged": int((merged & part).sum()),
            "rows_quarantined": int((rejected.notna() & part).sum()),
        }

    everything = pd.Series(True, index=rows.index)
    return {
        "source": source.name,
        **account(everything),
        "files": {str(name): account(rows["_file"] == name) for name in rows["_file"].unique()},
        "rules": {str(rule): int(n) for rule, n in rejected.dropna().value_counts(sort=False).items()},
    }
