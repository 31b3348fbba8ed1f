"""A Spark session: the one that somebody chose, else one on this machine; and its errors in one line."""

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from riskml.errors import DataError, RiskmlError, StudyError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

JAVA: Final = "Java 17 or later"
CHOSEN: Final = ("PYSPARK_GATEWAY_PORT", "PYSPARK_SUBMIT_ARGS", "SPARK_CONF_DIR", "SPARK_HOME", "SPARK_REMOTE")
"""Environment variables by which somebody has said which Spark to use; spark-submit sets the first."""
HERE: Final = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.maxResultSize": "0",
    "spark.executorEnv.PYTHONWARNINGS": "ignore::FutureWarning",
}


def spark_session() -> "SparkSession":
    """The session that spark-submit or the environment chose, else one on the cores of this machine.

    Raises:
        StudyError: if pyspark is not installed, or finds no Java.
    """
    chosen = any(os.environ.get(name) for name in CHOSEN)
    with _without_warnings():
        try:
            from pyspark.errors import PySparkException  # noqa: PLC0415 - an extra that few install
            from pyspark.sql import SparkSession  # noqa: PLC0415
        except ImportError as error:
            raise StudyError(f"--engine spark needs pyspark and {JAVA}: pip install 'riskml[spark]'") from error
        builder = SparkSession.builder.appName("riskml features")
        if not chosen:
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
            builder = builder.master("local[*]").config(map=HERE)
        try:
            session = builder.getOrCreate()
        except (PySparkException, OSError) as error:
            raise StudyError(f"Spark did not start: {line_of(error)}; it needs {JAVA}, by JAVA_HOME or PATH") from error
    if not chosen:
        session.sparkContext.setLogLevel("OFF")  # what goes wrong is said by `in_one_line`
    return session


@contextmanager
def in_one_line(records: str) -> Iterator[None]:
    """Say as one of riskml's errors what went wrong in Spark, or in a Python process of an executor."""
    from py4j.protocol import Py4JError  # noqa: PLC0415 - an extra that few install
    from pyspark.errors import PySparkException  # noqa: PLC0415

    before = logging.root.manager.disable
    with _without_warnings():
        logging.disable(logging.ERROR)  # pyspark logs each of its errors on top of raising it
        try:
            yield
        except (PySparkException, Py4JError) as error:
            told = line_of(error)
            raise DataError(told if told.startswith(records) else f"{records}: {told}") from error
        finally:
            logging.disable(before)


@contextmanager
def _without_warnings() -> Iterator[None]:
    """PySpark 4 warns of pandas 3, which is not asked to do anything for it here: tables go by Arrow."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
        yield


def line_of(error: Exception) -> str:
    """The line of a message from Spark that tells what was wrong: that of an error of riskml, else the first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    ours = [line for line in lines if line.startswith(f"{RiskmlError.__module__.split('.')[0]}.") and ": " in line]
    return ours[0].split(": ", 1)[1] if ours else (lines or [type(error).__name__])[0]
