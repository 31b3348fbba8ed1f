"""A Spark session on this machine, with pyspark as locked, for the tests that need one."""

import os
import shutil
from collections.abc import Iterator
from importlib.machinery import PathFinder
from typing import Any

import pytest

from locked_packages import locked_packages
from riskml.features.spark_session import spark_session


def session_here() -> Iterator[Any]:
    """A session in the threads of this machine, with small shuffles; the body of a fixture."""
    if not shutil.which("java") and not os.environ.get("JAVA_HOME"):
        pytest.skip("there is no Java for Spark")
    with pytest.MonkeyPatch.context() as environment:
        if PathFinder.find_spec("pyspark") is None:  # not what an earlier session left among the modules
            folder = str(locked_packages("spark", "pyspark"))
            environment.syspath_prepend(folder)
            environment.setenv("PYTHONPATH", os.pathsep.join([folder, os.environ.get("PYTHONPATH", "")]))
        for name in ("SPARK_HOME", "SPARK_CONF_DIR", "PYSPARK_SUBMIT_ARGS", "SPARK_REMOTE"):
            environment.delenv(name, raising=False)
        made = spark_session()
        made.conf.set("spark.sql.shuffle.partitions", "2")
        yield made
        made.stop()
