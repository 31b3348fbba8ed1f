"""Writes a study's scorecard as one SQL query: points by plain comparisons, in any database that holds the features."""

import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from riskml.errors import DataError, StudyError
from riskml.export.wording import metric_name, outcome_name, split_metric
from riskml.export.writing import write_whole

CARD: Final = ("feature", "low", "high", "category", "missing", "points", "base_points", "base_odds", "pdo", "rounding")
"""Columns of tables/scorecard.parquet that are read."""
KEYS: Final = ("site_id", "as_of")
LARGEST: Final = 1.7976931348623157e308
"""The upper end of the last bin of a number: NULL does not compare and NaN is above it, so both count as missing."""
PAIR: Final = "model - scorecard"
WIDTH: Final = 116
HEAD: Final = (
    "The SCORECARD of the study {study}, not its model: whole points that anybody can add up. The trees of the model "
    "are not in this query; score with them by riskml score, riskml.scorer, ONNX or MLflow.",
    "这是研究 {study} 的评分卡（整数分值相加），不是树模型本身。",
    "Run finished at {finished}: artifact {digest}, data {data}, code {code}.",
    "Compared in the run, with 95% intervals. {comparison}",
    "Points: the higher, the riskier; {base_points} points are odds of {base_odds} for {outcome}, {pdo} more double "
    "them. The sum of whole points lies at most {rounding} points off the trees of depth one behind it.",
    "Needs the features as riskml features writes them: numbers as 64-bit floating point, categories as text, NULL for "
    "what is not known. Categories are compared to the letter: use a collation that tells case apart.",
    "ANSI SQL; in MySQL set ANSI_QUOTES and NO_BACKSLASH_ESCAPES. Some versions of SQLite read a number of 17 digits "
    "with its last bit wrong: a value on that very edge may then count for the bin beside it.",
)
"""The comment above the query, paragraph by paragraph."""


def write_sql(run_folder: Path, target: Path, *, table: str = "features") -> int:
    """Write the scorecard of a finished run as a SELECT that gives every row its points, the riskiest first.

    Args:
        run_folder: what `riskml run` wrote, with tables/scorecard.parquet, summary.json, manifest.json and run.json.
        target: the file to write, ending in .sql.
        table: of the features, with columns site_id, as_of and one a feature; a dot parts schema and table.

    Returns:
        How many features give points.

    Raises:
        StudyError: if the file is named otherwise, or the table has no name.
        DataError: if the run has no scorecard, or its files are not those of a run.
    """
    if target.suffix != ".sql":
        raise StudyError(f"{target}: a query is written as .sql")
    card = _card(run_folder)
    lines = [*_head(run_folder, card), *query(card, table)]
    write_whole(target, ("\n".join(lines) + "\n").encode())
    return len(_features(card))


def query(card: pd.DataFrame, table: str) -> list[str]:
    """The lines of the query; see `write_sql`.

    Args:
        card: a scorecard as `models.scorecard_table` writes it.
        table: of the features.
    """
    features = _features(card)
    keys = [identifier(key) for key in KEYS]
    columns = [identifier(f"points_{feature}") for feature in features]
    base = int(card.loc[card["feature"] == "", "points"].iloc[0])
    added = "\n        + ".join([str(base), *columns])
    inner = [*keys, *(f"{_points(card[card['feature'] == one])} AS {identifier(f'points_{one}')}" for one in features)]
    return [
        "SELECT",
        ",\n".join(f"    {one}" for one in [*keys, f'{added} AS "points"', *columns]),
        "FROM (",
        "    SELECT",
        ",\n".join(f"        {one}" for one in inner),
        f"    FROM {'.'.join(identifier(part) for part in table.split('.'))}",
        ') AS "parts"',
        f'ORDER BY "points" DESC, {keys[0]};',
    ]


def identifier(name: str) -> str:
    """A name as SQL quotes it.

    >>> identifier('the "best" shop')
    '"the ""best"" shop"'

    Raises:
        StudyError: for an empty name or one with a sign that no database takes.
    """
    return _quoted(name, '"')


def literal(value: "str | float") -> str:
    """A text or a number as SQL writes it; a number with an exponent, which makes it binary floating point.

    >>> literal("Wong's"), literal(2.5), literal(1e-35)
    ("'Wong''s'", '2.5E0', '1E-35')
    """
    if isinstance(value, str):
        return _quoted(value, "'") if value else "''"
    text = repr(float(value)).upper()
    return text if "E" in text else f"{text}E0"


def _quoted(text: str, mark: str) -> str:
    if not text or "\0" in text:
        raise StudyError(f"{text!r} cannot be written in SQL: a name must hold a sign, and none may be NUL")
    return mark + text.replace(mark, 2 * mark) + mark


def _features(card: pd.DataFrame) -> list[str]:
    return [str(name) for name in card["feature"].unique() if name]


def _points(bins: pd.DataFrame) -> str:
    """The points of one feature, by its value."""
    name = identifier(str(bins["feature"].iloc[0]))
    known, missing = bins[~bins["missing"]], int(bins.loc[bins["missing"], "points"].iloc[0])
    is_category = known["high"].isna().all()
    edges = known["category"] if is_category else known["high"].clip(upper=LARGEST)
    sign = "=" if is_category else "<="
    cases = [
        f"            WHEN {name} {sign} {literal(edge)} THEN {points}"
        for edge, points in zip(edges.tolist(), known["points"].tolist(), strict=True)
    ]
    return "\n".join(["CASE", *cases, f"            ELSE {missing}", "        END"]) if cases else str(missing)


def _card(run_folder: Path) -> pd.DataFrame:
    path = run_folder / "tables" / "scorecard.parquet"
    try:
        card = pd.read_parquet(path, columns=list(CARD))
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise DataError(f"{path} is no scorecard of a run ({error}); make it with riskml run STUDY") from error
    kinds = card["missing"].groupby(card["feature"]).sum()
    if (card["feature"] == "").sum() != 1 or not (kinds.drop("") == 1).all():
        raise DataError(f"{path} needs one row of base points, and for each feature one row for a missing value")
    return card


def _head(run_folder: Path, card: pd.DataFrame) -> Iterator[str]:
    """The comment, line by line; no text of the files can end it, for their line breaks become spaces."""
    summary, made, run = (_json(run_folder / name) for name in ("summary.json", "manifest.json", "run.json"))
    scale = card.iloc[0]
    words = {
        "study": summary.get("study"),
        "finished": run.get("finished_at"),
        "digest": made.get("digest"),
        "data": summary.get("data_hash"),
        "code": summary.get("code_version"),
        "comparison": _comparison(summary),
        "outcome": outcome_name(str(summary.get("outcome")))["en"],
        **{name: f"{scale[name]:g}" for name in ("base_points", "base_odds", "pdo", "rounding")},
    }
    for paragraph in HEAD:
        filled = paragraph.format(**words).replace("\0", " ")
        yield from (f"-- {line}" for line in textwrap.wrap(" ".join(filled.split()), WIDTH, break_on_hyphens=False))


def _comparison(summary: Mapping[str, Any]) -> str:
    """How the scorecard did beside the model, on the visits of the run: the headline and the AUC."""
    told = []
    for metric in dict.fromkeys([str(summary.get("headline")), "auc"]):
        split_metric(metric)
        try:
            card, model = (summary["policies"][policy][metric] for policy in ("scorecard", "model"))
            less = summary["differences"][PAIR][metric]
        except KeyError as error:
            raise DataError(
                f"summary.json compares no scorecard with the model in {metric}: {error} is absent"
            ) from error
        said = ", ".join(f"{name} {_value(one)}" for name, one in (("scorecard", card), ("model", model), (PAIR, less)))
        told.append(f"{metric_name(metric)['en']}: {said}.")
    return " ".join(told)


def _value(found: Mapping[str, Any]) -> str:
    if found.get("value") is None:
        return "not known"
    interval = "" if found.get("low") is None else f" [{found['low']:.4g} to {found['high']:.4g}]"
    return f"{found['value']:.4g}{interval}"


def _json(path: Path) -> dict[str, Any]:
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is not readable: {error}; make it with riskml run STUDY") from error
    if not isinstance(table, dict):
        raise DataError(f"{path} must hold an object; make it with riskml run STUDY")
    return table
