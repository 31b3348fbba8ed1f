"""A Spark session on this machine, with pyspark as locked, for the tests that need one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, Final

import pytest

from riskml.features.spark_session import spark_session

LOCK: Final = Path(__file__).parents[1] / "requirements" / "spark.txt"
FOLDER: Final = LOCK.parents[1] / ".venv-spark"
"""Where pyspark is put once, beside the environment of the other tests; its stamp is the lock that is in it."""


def installed() -> Path:
    """A folder that holds pyspark as locked, beside what the tests have."""
    stamp = FOLDER / "spark.txt"
    if not stamp.is_file() or stamp.read_bytes() != LOCK.read_bytes():
        shutil.rmtree(FOLDER, ignore_errors=True)
        asked = ["--require-hashes", "--no-deps", "--target", str(FOLDER), "-r", str(LOCK)]
        uv = shutil.which("uv")
        tool = [uv, "pip", "install", "--python", sys.executable] if uv else [sys.executable, "-m", "pip", "install"]
        done = subprocess.run([*tool, "-q", *asked], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip("pyspark could not be installed from requirements/spark.txt")
        shutil.copy(LOCK, stamp)
    return FOLDER


def session_here() -> Iterator[Any]:
    """A session in the threads of this machine, with small shuffles; the body of a fixture."""
    if not shutil.which("java") and not os.environ.get("JAVA_HOME"):
        pytest.skip("there is no Java for Spark")
    with pytest.MonkeyPatch.context() as environment:
        if PathFinder.find_spec("pyspark") is None:  # not what an earlier session left among the modules
            environment.syspath_prepend(str(installed()))
            environment.setenv("PYTHONPATH", os.pathsep.join([str(FOLDER), os.environ.get("PYTHONPATH", "")]))
        for name in ("SPARK_HOME", "SPARK_CONF_DIR", "PYSPARK_SUBMIT_ARGS", "SPARK_REMOTE"):
            environment.delenv(name, raising=False)
        made = spark_session()
        made.conf.set("spark.sql.shuffle.partitions", "2")
        yield made
        made.stop()
