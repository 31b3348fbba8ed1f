"""The Java of docs/howto_java.md, compiled with a stand-in for ONNX Runtime, and rows that are hard to score."""

import math
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from riskml.scorer.forest.trees import CATEGORICAL, ZERO
from riskml.scorer.opening.artifact import Artifact

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "howto_java.md").read_text(encoding="utf-8")
PLAIN, WITH_ONNX = PAGE.split("\n## With ONNX Runtime\n")
QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")
"""Of a virtual machine that lives for a second."""

RUNTIME = {
    "OrtException": "public class OrtException extends Exception {}",
    "OnnxValue": """public interface OnnxValue extends AutoCloseable {
        Object getValue() throws OrtException;
        @Override void close(); }""",
    "OnnxTensorLike": """public abstract class OnnxTensorLike implements OnnxValue {}""",
    "OnnxTensor": """public class OnnxTensor extends OnnxTensorLike {
        final Object data;
        OnnxTensor(Object data) { this.data = data; }
        public static OnnxTensor createTensor(OrtEnvironment env, Object data) throws OrtException {
            return new OnnxTensor(data); }
        @Override public Object getValue() throws OrtException { return data; }
        @Override public void close() { System.out.println("tensor closed"); } }""",
    "OnnxModelMetadata": """public final class OnnxModelMetadata {
        private final java.util.Properties told;
        OnnxModelMetadata(java.util.Properties told) { this.told = told; }
        public java.util.Optional<String> getCustomMetadataValue(String key) {
            return java.util.Optional.ofNullable(told.getProperty(key)); } }""",
    "OrtEnvironment": """public final class OrtEnvironment implements AutoCloseable {
        public static OrtEnvironment getEnvironment() { return new OrtEnvironment(); }
        public OrtSession createSession(String modelPath) throws OrtException { return new OrtSession(modelPath); }
        @Override public void close() {} }""",
    "OrtSession": """public class OrtSession implements AutoCloseable {
        private final java.util.Properties told = new java.util.Properties();
        OrtSession(String path) throws OrtException {
            try (var in = java.nio.file.Files.newBufferedReader(java.nio.file.Path.of(path))) { told.load(in); }
            catch (java.io.IOException error) { throw new OrtException(); } }
        public OnnxModelMetadata getMetadata() throws OrtException { return new OnnxModelMetadata(told); }
        public Result run(java.util.Map<String, ? extends OnnxTensorLike> inputs) throws OrtException {
            return new Result((double[][]) inputs.get("features").getValue()); }
        @Override public void close() throws OrtException { System.out.println("session closed"); }
        public static class Result implements AutoCloseable {
            private final double[][] rows;
            Result(double[][] rows) { this.rows = rows; }
            public java.util.Optional<OnnxValue> get(String key) {
                if (!key.equals("probability")) return java.util.Optional.empty();
                var sums = java.util.Arrays.stream(rows).mapToDouble(row -> java.util.Arrays.stream(row).sum());
                return java.util.Optional.of(new OnnxTensor(sums.toArray())); }
            @Override public void close() { System.out.println("result closed"); } } }""",
}
"""A stand-in for the jar, with the signatures of ONNX Runtime's sources: the probability of a row is its sum."""

DRIVER = """
public final class Driver {
    public static void main(String[] arguments) throws Exception {
        try (var scorer = new OnnxScorer(arguments[0])) {
            System.out.println(scorer.property("digest"));
            double[][] rows = {{1.5, 2.0}, {0.25, Double.NaN}, {0.0, -1.0}};
            System.out.println(java.util.Arrays.toString(scorer.probabilities(rows)));
        }
    }
}
"""


def java_of(text: str) -> str:
    """The blocks of Java of a part of the page, one after the other."""
    return "\n".join(re.findall(r"^```java\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


def needs_a_jdk() -> None:
    """Skip where nothing compiles Java."""
    if shutil.which("javac") is None:
        pytest.skip("there is no JDK")


def compile_into(folder: Path) -> None:
    """Compile the programs of the page, without a warning."""
    needs_a_jdk()
    sources = {"Scorer": java_of(PLAIN), "OnnxScorer": java_of(WITH_ONNX), "Driver": DRIVER}
    sources |= {f"ai/onnxruntime/{name}": f"package ai.onnxruntime;\n{text}" for name, text in RUNTIME.items()}
    (folder / "ai" / "onnxruntime").mkdir(parents=True)
    for name, text in sources.items():
        (folder / f"{name}.java").write_text(text, encoding="utf-8")
    files = [str(folder / f"{name}.java") for name in sources]
    flags = ["-J-XX:TieredStopAtLevel=1", "-encoding", "UTF-8", "-Xlint:all,-serial", "-Werror", "-d", str(folder)]
    asked = ["javac", *flags, *files]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def run_java(classes: Path, name: str, *arguments: "str | Path", given: str = "") -> "subprocess.CompletedProcess[str]":
    """Run a compiled program, as a machine with another language and no UTF-8 does."""
    words = ["java", *QUICK, "-Dfile.encoding=US-ASCII", "-Duser.language=de", "-cp", str(classes), name, *arguments]
    return subprocess.run(words, input=given, capture_output=True, encoding="utf-8", check=False)


@dataclass(frozen=True)
class Rows:
    """Feature rows: as a table that the program reads, and as the scorer takes them."""

    text: str
    matrix: NDArray[np.float64]


def hard_rows(artifact: Artifact) -> Rows:
    """Drawn rows with gaps and unlisted categories; for every split one at its threshold, and one bit beside it."""
    features, trees, draw = artifact.header.features, artifact.trees, np.random.default_rng(11)
    special = [math.nan, 0.0, -0.0, ZERO, -ZERO, math.nextafter(ZERO, 1), 5e-324, -1e-36, 1e300, -1e300, 123456.789]
    matrix = draw.normal(size=(3000, len(features))) * 10.0 ** draw.integers(-3, 3, (3000, len(features)))
    matrix = np.where(draw.random(matrix.shape) < 0.2, draw.choice(special, matrix.shape), matrix)
    numeric = [split for split, kind in enumerate(trees.decision_type) if not kind & CATEGORICAL]
    cuts = [(trees.split_feature[split], trees.threshold[split]) for split in numeric]
    near = [(place, math.nextafter(cut, side)) for place, cut in cuts for side in (-math.inf, cut, math.inf)]
    for row, (place, value) in enumerate(near):
        matrix[row, place] = value if math.isfinite(value) else math.nan
    text = np.empty(matrix.shape, dtype=object)
    for place, feature in enumerate(features):
        if feature.categories:
            listed = [*feature.categories, "", "never seen"]
            drawn = draw.integers(0, len(listed), len(matrix))
            text[:, place] = np.array(listed, dtype=object)[drawn]
            matrix[:, place] = np.where(drawn < len(feature.categories), drawn, math.nan)
        else:
            low = -math.inf if feature.low is None else feature.low
            matrix[:, place] = np.where(matrix[:, place] < low, low, matrix[:, place])
            text[:, place] = ["" if math.isnan(value) else repr(value) for value in matrix[:, place].tolist()]
    order = [*range(1, len(features)), 0]
    lines = [[f"s{number}", *row] for number, row in enumerate(text[:, order].tolist())]
    head = ["site_id", *(features[place].name for place in order)]
    return Rows("\ufeff" + "\n".join(map(",".join, [head, *lines])) + "\n", matrix)
