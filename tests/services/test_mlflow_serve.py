"""The logged model behind `mlflow models serve`: the scorer's probabilities over HTTP, and 400 with a reason else."""

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlflow_server import free_port, serving
from riskml.export.mlflow import write_model
from riskml.features.build import build_features
from riskml.scorer import Scorer
from tiny_models import AS_OF, Made, first_sites, made_of

pytestmark = pytest.mark.services

JSON = "application/json"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made_of(first_sites(), tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def frame(made: Made) -> pd.DataFrame:
    """200 rows of features as a user has them, with missing values and categories as text."""
    table = build_features(first_sites(), AS_OF, made.table.catalog)
    return table.drop(columns=["site_id", "as_of"]).iloc[:200]


@pytest.fixture(scope="module")
def server(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of the model, which is shut down at the end and must go by itself."""
    place = tmp_path_factory.mktemp("served")
    write_model(made.folder, place / "model")
    port = free_port()
    asked = ["-m", str(place / "model"), "-h", "127.0.0.1", "-p", str(port), "--env-manager", "local"]
    command = [sys.executable, "-m", "mlflow", "models", "serve", *asked]
    with serving(command, port, place / "log") as address:
        yield address


def posted(server: str, body: bytes, kind: str = JSON) -> tuple[int, str]:
    """Status and text of the answer."""
    request = urllib.request.Request(f"{server}/invocations", data=body, headers={"Content-Type": kind})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def split(frame: pd.DataFrame) -> dict[str, Any]:
    """The rows as MLflow's dataframe_split, null for what is missing."""
    cells = frame.astype(object).where(frame.notna(), None)
    return {"dataframe_split": {"columns": list(cells.columns), "data": cells.to_numpy().tolist()}}


def answered(server: str, payload: dict[str, Any]) -> list[float]:
    status, text = posted(server, json.dumps(payload).encode())
    assert status == 200, text
    return [one["probability"] for one in json.loads(text)["predictions"]]


def expected(made: Made, frame: pd.DataFrame) -> list[float]:
    """What the scorer says of the rows, whose categories become places by hand."""
    scorer = Scorer.load(made.folder)
    matrix = np.empty(frame.shape)
    for place, feature in enumerate(scorer.header.features):
        column = frame[feature.name]
        listed = {text: float(number) for number, text in enumerate(feature.categories)}
        matrix[:, place] = [listed.get(text, np.nan) for text in column] if listed else column
    found: list[float] = scorer.score_features(matrix).tolist()
    return found


def test_200_rows_are_answered_with_the_probabilities_of_the_scorer_to_the_bit(
    server: str, made: Made, frame: pd.DataFrame
) -> None:
    assert frame.isna().any().sum() > 10
    found = answered(server, split(frame))
    assert len(found) == 200
    assert len(set(found)) > 50
    assert found == expected(made, frame)


def test_other_forms_and_unlisted_categories_are_answered_as_well(server: str, made: Made, frame: pd.DataFrame) -> None:
    category = next(f.name for f in Scorer.load(made.folder).header.features if f.kind == "category")
    some = frame.iloc[:7].assign(**{category: ["never seen", None, *frame[category].iloc[2:7]]})
    shuffled = some[list(reversed(some.columns))].assign(site_id="s1")
    records = [
        {name: None if pd.isna(cell) else cell for name, cell in row.items()} for row in shuffled.to_dict("records")
    ]
    assert answered(server, {"dataframe_records": records}) == expected(made, some)
    status, text = posted(server, some.to_csv(index=False).encode(), "text/csv")
    assert status == 200, text
    assert [one["probability"] for one in json.loads(text)["predictions"]] == expected(made, some)


def bad(frame: pd.DataFrame, number: str, counted: str) -> dict[str, tuple[bytes, str]]:
    """Bodies that cannot be answered, each with words of the message."""
    two = frame.iloc[:2]
    text = two.astype(object).assign(**{number: "large"})
    infinite = json.dumps(split(two.assign(**{number: 12345.0}))).replace("12345.0", "1e999")
    return {
        "a column is missing": (json.dumps(split(two.drop(columns=number))).encode(), number),
        "text in a number": (json.dumps(split(text)).encode(), number),
        "an impossible value": (json.dumps(split(two.assign(**{counted: -5.0}))).encode(), counted),
        "an infinite value": (infinite.encode(), number),
        "an unknown field": (json.dumps({"rows": [[1.0]]}).encode(), "dataframe_split"),
        "an empty object": (b"{}", "dataframe_split"),
        "an empty body": (b"", "JSON"),
        "no JSON": (b"{'a': 1", "JSON"),
        "rows of other lengths": (b'{"dataframe_split": {"columns": ["a"], "data": [[1, 2]]}}', "dataframe"),
    }


CASES = ["a column is missing", "text in a number", "an impossible value", "an infinite value", "an unknown field",
         "an empty object", "an empty body", "no JSON", "rows of other lengths"]  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_scored_is_answered_with_400_and_the_reason(
    server: str, made: Made, frame: pd.DataFrame, case: str
) -> None:
    features = Scorer.load(made.folder).header.features
    counted = next(f.name for f in features if f.low == 0.0)
    number = next(f.name for f in features if f.kind == "number" and f.low is None)
    body, words = bad(frame, number, counted)[case]
    status, text = posted(server, body)
    assert status == 400, text
    answer = json.loads(text)
    assert words in answer["message"], answer
    if case in ("an impossible value", "an infinite value"):
        assert "must lie between" in answer["message"]
    assert "stack_trace" not in answer
    assert not [word for word in ("Traceback", "site-packages", str(made.folder.parent)) if word in text]


def test_another_type_of_content_is_refused(server: str) -> None:
    status, text = posted(server, b"<rows/>", "application/xml")
    assert status == 415
    assert "only supports the following content types" in text
