"""A Spark session: what is missing is said with what to do, and of Spark's long messages one line is told."""

import sys

import pytest

from riskml.errors import StudyError
from riskml.features.spark_session import line_of, spark_session


def test_a_machine_without_pyspark_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    with pytest.raises(StudyError, match=r"needs pyspark and Java 17 or later: pip install 'riskml\[spark\]'"):
        spark_session()


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("[PATH_NOT_FOUND] Path does not exist: file:/x. SQLSTATE: 42K03", "[PATH_NOT_FOUND] Path does not exist"),
        (
            "An exception was thrown:\nTraceback:\n  File 'x'\nriskml.errors.DataError: sites: bad: twice\n at org",
            "sites: bad: twice",
        ),
        ("Job aborted.\n\tat org.apache.spark", "Job aborted."),
        ("", "RuntimeError"),
    ],
)
def test_one_line_of_a_message_is_told(message: str, line: str) -> None:
    assert line_of(RuntimeError(message)).startswith(line)
