"""What card and transparency record are written from: one run's files, its artifact, and the sites that are missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from riskml.errors import DataError
from riskml.export.figures import number
from riskml.export.wording import Lang, metric_name, pair_name, policy_name
from riskml.scorer.opening.artifact import read_artifact

if TYPE_CHECKING:
    from pathlib import Path

Entry = Mapping[str, Any]

MODEL: Final = "model"
NEEDED: Final = (
    *("study", "outcome", "horizon_days", "headline", "data_hash", "code_version", "rows", "sites", "labelled"),
    *("base_rate", "origins", "label_versions", "policies", "differences", "systems", "verdict", "notes"),
)
TRAINING: Final = ("rows", "positives", "first_day", "last_day", "calibration")
MODEL_FACTS: Final = ("digest", "trained_to", "expires_on", "context_days")


@dataclass(frozen=True, eq=False)
class RunFacts:
    """Everything of one run that the two pages may speak of; no number in them comes from elsewhere.

    Attributes:
        summary: content of summary.json (DESIGN.md 7), with `verdict` and `notes` in both languages; `register`
            (`register_facts`) and `source` if it has them.
        features: name, text_en, text_zh, monotone (1, -1 or 0) of each feature of the model.
        training: rows, positives, first_day, last_day, and calibration: {"kind", "slope", "intercept", "note"?} or a
            sentence.
        tables: the run's tables by name; those that are read: fairness, faithfulness, calibration, selection, overlap,
            splits. One that is absent or empty is said not to have been made.
        model: digest, trained_to, expires_on, context_days of the artifact (`model_facts`); None if there is none.
    """

    summary: Entry
    features: Sequence[Entry]
    training: Entry
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    model: Entry | None = None

    def __post_init__(self) -> None:
        given: list[tuple[str, Entry, tuple[str, ...]]] = [("summary", self.summary, NEEDED)]
        given.append(("training", self.training, TRAINING))
        if self.model is not None:
            given.append(("model", self.model, MODEL_FACTS))
        for what, facts, needed in given:
            absent = [key for key in needed if key not in facts]
            if absent:
                raise DataError(f"{what} lacks {absent}; a card needs {list(needed)}")

    def table(self, name: str) -> pd.DataFrame:
        """One table; empty, without columns, if the run has none of that name."""
        found = self.tables.get(name)
        return pd.DataFrame() if found is None else found

    def entry(self, policy: str, metric: str) -> Entry | None:
        """A reordering figure of a policy; None where it has none. One of the other estimand is not given."""
        found: Entry | None = self.summary["policies"].get(policy, {}).get(metric)
        return None if found is None or found["estimand"] != "reordering" else found

    def spoken(self, words: str, lang: Lang) -> str:
        """A sentence of the run with the names that people read in place of those of policies and metrics.

        Replaced where they cannot be words: a pair, a policy with a line in its name, a metric with its budget; the
        longest first, so that no name is taken for the beginning of a longer one.
        """
        policies, systems = self.summary["policies"], self.summary["systems"]
        names = {pair: pair_name(pair, systems)[lang] for pair in self.summary["differences"]}
        names |= {policy: policy_name(policy, systems)[lang] for policy in policies if "_" in policy}
        metrics = {metric for entries in policies.values() for metric in entries if "@" in metric}
        names |= {metric: metric_name(metric)[lang] for metric in metrics}
        for name in sorted(names, key=lambda one: (-len(one), one)):
            words = words.replace(name, names[name])
        return words

    def share(self, part: str) -> str:
        """A count of the summary as a share of its rows, in percent."""
        rows = self.summary["rows"]
        return f"{self.summary[part] / rows:.1%}" if rows else "–"

    def base_rate(self) -> str:
        """Share of the settled visits that failed, in percent."""
        rate = number(self.summary, "base_rate")
        return "–" if rate is None else f"{rate:.1%}"


def model_facts(place: "str | Path") -> dict[str, Any]:
    """What names an artifact and limits its use: digest, trained_to, expires_on, context_days.

    Args:
        place: its folder, or the file it is packed in.

    Raises:
        ArtifactError: if it cannot be read.
    """
    artifact = read_artifact(place)
    header = artifact.header
    days = {"trained_to": header.trained_to.isoformat(), "expires_on": header.expires_on.isoformat()}
    return {"digest": artifact.digest, **days, "context_days": header.context_days}


def register_facts(sites: pd.DataFrame, inspections: pd.DataFrame, rows: pd.DataFrame) -> dict[str, int | None]:
    """How many sites the records hold, and how many of them a model can say little or nothing of.

    Args:
        sites: canonical sites: site_id, and any of closed_on, lon, lat.
        inspections: canonical inspections: site_id.
        rows: scored rows: site_id, fail (missing where there is no settled visit).

    Returns:
        sites; closed (a closing day is on record); without_place (no coordinates, so nothing is known of what is near);
        never_visited (no visit of any kind on record); never_judged (no row on any evaluation day); never_labelled (a
        row on some evaluation day, and a settled visit after none). None where the records have no such column.

    >>> sites = pd.DataFrame({"site_id": ["a", "b"], "lon": [114.1, None], "lat": [22.5, None]})
    >>> visits, rows = pd.DataFrame({"site_id": ["a"]}), pd.DataFrame({"site_id": ["a"], "fail": [None]})
    >>> register_facts(sites, visits, rows)  # doctest: +NORMALIZE_WHITESPACE
    {'sites': 2, 'closed': None, 'without_place': 1, 'never_visited': 1, 'never_judged': 1, 'never_labelled': 1}
    """
    known = sites["site_id"]
    placed = {"lon", "lat"} <= set(sites.columns)
    labelled = rows.loc[rows["fail"].notna(), "site_id"]
    return {
        "sites": len(known),
        "closed": int(sites["closed_on"].notna().sum()) if "closed_on" in sites.columns else None,
        "without_place": int(sites[["lon", "lat"]].isna().any(axis=1).sum()) if placed else None,
        "never_visited": int((~known.isin(inspections["site_id"])).sum()),
        "never_judged": int((~known.isin(rows["site_id"])).sum()),
        "never_labelled": rows["site_id"].nunique() - labelled.nunique(),
    }
