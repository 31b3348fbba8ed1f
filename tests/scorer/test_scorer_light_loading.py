"""What loading does without: numpy, hashlib, and a parser for the trees."""

import hashlib
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from riskml.scorer.checksum import sha256_hex
from riskml.scorer.opening.artifact import read_artifact


def test_the_arrays_load_by_memory_map_too(plain: Any) -> None:
    trees = read_artifact(plain.folder).trees
    for entry in json.loads((plain.folder / "model.json").read_text())["trees"]["arrays"]:
        if not entry["length"]:
            continue
        mapped = np.memmap(
            plain.folder / "trees.bin", mode="r", dtype=entry["dtype"], offset=entry["offset"], shape=(entry["length"],)
        )
        assert mapped.tolist() == list(getattr(trees, entry["name"]))


WITHOUT_NUMPY = """
import json, sys
sys.modules["numpy"] = None
from riskml.scorer import Scorer
scorer = Scorer.load(sys.argv[1], on_expired="ignore")
rows = [[float("nan") if value is None else value for value in row] for row in json.load(sys.stdin)]
print(json.dumps([scorer.raw_score(row) for row in rows]))
"""


def test_without_numpy_the_scores_and_the_self_test_are_the_same(plain: Any) -> None:
    rows = plain.matrix[:40].tolist()
    given = json.dumps([[None if math.isnan(value) else value for value in row] for row in rows])
    command = [sys.executable, "-c", WITHOUT_NUMPY, str(plain.folder)]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    expected = plain.booster.predict(plain.matrix[:40], raw_score=True, num_threads=1)
    assert json.loads(done.stdout) == expected.tolist()


def test_a_checksum_is_that_of_hashlib() -> None:
    data = Path(__file__).read_bytes()
    assert sha256_hex(data) == hashlib.sha256(data).hexdigest()
