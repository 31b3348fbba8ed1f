"""The whole model as an ONNX graph in double precision: trees, calibration and sigmoid, decision for decision.

The trees become one `TreeEnsemble` (ai.onnx.ml 5), the first of ONNX whose thresholds are 64-bit: a value is held
against the very number that the scorer holds it against. Every tree has an output of its own and `CumSum` adds them in
the order of the trees, since the sum that the operator itself offers depends on the number of threads.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from riskml.scorer.forest.calibration import Calibration
from riskml.scorer.forest.trees import CATEGORICAL, MISSING_ZERO, ZERO, Trees

INPUT: Final = "features"
PROBABILITY: Final = "probability"
RAW: Final = "raw"
OPSETS: Final = {"": 20, "ai.onnx.ml": 5}
IR_VERSION: Final = 9
"""Of the file; with these `OPSETS` it is what ONNX 1.16 reads."""
_LEQ, _MEMBER = 0, 6
"""Modes of a node: value <= threshold, value among the members."""
_NEVER: Final = 0.5
"""A member that no category is, as its index is whole: ONNX knows no empty set."""


class Graph:
    """Nodes and constants, added one after the other; every method returns the name of what it adds."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """A node with one output."""
        from onnx import helper  # noqa: PLC0415 - an extra that few install

        made = name or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [made], name=made, **attributes))
        return made

    def constant(self, values: Any, kind: Any = np.float64) -> str:
        """A constant, by default of doubles."""
        made = f"constant_{len(self.constants)}"
        self.constants.append(_tensor(made, values, kind))
        return made


def model_graph(trees: Trees, calibration: Calibration, *, width: int) -> Any:
    """The graph from rows of features, double of shape (n, width), to `probability` and `raw`, double of shape (n,).

    Args:
        trees: the model.
        calibration: from its log-odds to those of the probability.
        width: how many features a row has, NaN for missing, a category as its index.
    """
    from onnx import TensorProto, helper  # noqa: PLC0415

    graph = Graph()
    raw = graph.node("Identity", _raw(graph, trees, width), name=RAW)
    _probability(graph, _odds(graph, raw, calibration))
    rows = [helper.make_tensor_value_info(INPUT, TensorProto.DOUBLE, ["rows", width])]
    found = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["rows"]) for name in (PROBABILITY, RAW)]
    return helper.make_graph(graph.nodes, "riskml", rows, found, graph.constants)


def _raw(graph: Graph, trees: Trees, width: int) -> str:
    """The leaves of a row added up in the order of the trees."""
    leaves = _tree_nodes(graph, trees, _values(graph, trees), width)
    added = graph.node("CumSum", leaves, graph.constant(1, np.int64))
    return graph.node("Gather", added, graph.constant(trees.count - 1, np.int64), axis=1)


def _values(graph: Graph, trees: Trees) -> str:
    """The features with all that is read as 0 written as 0; where a split takes 0 for missing, a second time so."""
    near = graph.node("LessOrEqual", graph.node("Abs", INPUT), graph.constant(ZERO))
    values = graph.node("Where", near, graph.constant(0.0), INPUT)
    if not any(kind & MISSING_ZERO for kind in trees.decision_type):
        return values
    return graph.node("Concat", values, graph.node("Where", near, graph.constant(math.nan), INPUT), axis=1)


def _tree_nodes(graph: Graph, trees: Trees, values: str, width: int) -> str:
    """All trees as one node, whose output of shape (n, trees) is the leaf that a row reaches in each."""
    splits = _Splits()
    for tree in range(trees.count):
        splits.add_tree(trees, tree, width)
    return graph.node(
        "TreeEnsemble",
        values,
        domain="ai.onnx.ml",
        n_targets=trees.count,
        aggregate_function=1,
        post_transform=0,
        tree_roots=splits.roots,
        nodes_featureids=splits.features,
        nodes_modes=_tensor("modes", splits.modes, np.uint8),
        nodes_splits=_tensor("splits", splits.thresholds),
        nodes_missing_value_tracks_true=splits.missing_left,
        nodes_truenodeids=splits.left,
        nodes_trueleafs=splits.left_is_leaf,
        nodes_falsenodeids=splits.right,
        nodes_falseleafs=splits.right_is_leaf,
        membership_values=_tensor("members", splits.members[:-1]),
        leaf_targetids=splits.tree_of_leaf,
        leaf_weights=_tensor("leaves", splits.leaves),
    )


class _Splits:
    """The splits and leaves of all trees as the lists that the operator takes; `members` ends each set with NaN."""

    def __init__(self) -> None:
        self.roots: list[int] = []
        self.features: list[int] = []
        self.modes: list[int] = []
        self.thresholds: list[float] = []
        self.missing_left: list[int] = []
        self.members: list[float] = []
        self.left: list[int] = []
        self.left_is_leaf: list[int] = []
        self.right: list[int] = []
        self.right_is_leaf: list[int] = []
        self.tree_of_leaf: list[int] = []
        self.leaves: list[float] = []

    def add_tree(self, trees: Trees, tree: int, width: int) -> None:
        """The splits and the leaves of one tree; one without a split gets one whose sides are equal."""
        first, last = trees.tree_start[tree], trees.tree_start[tree + 1]
        node, leaf = len(self.features), len(self.leaves)
        self.roots.append(node)
        if first == last:
            self._add_split(0, _LEQ, 0.0, missing_left=False)
            self._add_children((~0, ~0), node, leaf)
        for split in range(first, last):
            self._add(trees, split, width)
            self._add_children((trees.left_child[split], trees.right_child[split]), node, leaf)
        values = trees.leaf_value[first + tree : last + tree + 1]
        self.leaves.extend(values)
        self.tree_of_leaf.extend([tree] * len(values))

    def _add(self, trees: Trees, split: int, width: int) -> None:
        feature, kind, threshold = trees.split_feature[split], trees.decision_type[split], trees.threshold[split]
        if kind & CATEGORICAL:
            named = [float(category) for category in sorted(trees.category_sets[int(threshold)])]
            self.members.extend([*(named or [_NEVER]), math.nan])
            self._add_split(feature, _MEMBER, 0.0, missing_left=False)
            return
        place = feature + width if kind & MISSING_ZERO else feature
        self._add_split(place, _LEQ, threshold, missing_left=trees.goes_left(split, math.nan))

    def _add_split(self, feature: int, mode: int, threshold: float, *, missing_left: bool) -> None:
        self.features.append(feature)
        self.modes.append(mode)
        self.thresholds.append(threshold)
        self.missing_left.append(int(missing_left))

    def _add_children(self, children: tuple[int, int], node: int, leaf: int) -> None:
        sides = ((self.left, self.left_is_leaf), (self.right, self.right_is_leaf))
        for child, (places, is_leaf) in zip(children, sides, strict=True):
            places.append(node + child if child >= 0 else leaf + ~child)
            is_leaf.append(int(child < 0))


def _odds(graph: Graph, raw: str, calibration: Calibration) -> str:
    """The log-odds after the map, by the same steps as `Calibration.odds`."""
    if calibration.kind == "beta":
        fall = graph.node("Mul", graph.constant(calibration.fall), _softplus(graph, raw))
        rise = graph.node("Mul", graph.constant(calibration.rise), _softplus(graph, graph.node("Neg", raw)))
        return graph.node("Add", graph.node("Sub", fall, rise), graph.constant(calibration.intercept))
    if calibration.kind == "isotonic":
        return _between(graph, raw, calibration.raw, calibration.log_odds)
    sloped = graph.node("Mul", graph.constant(calibration.slope), raw)
    return graph.node("Add", sloped, graph.constant(calibration.intercept))


def _softplus(graph: Graph, value: str) -> str:
    """ln(1 + exp(value)), with ln(1 + x) as Kahan wrote it: exact to a few units where 1 + x rounds to 1."""
    small = graph.node("Exp", graph.node("Neg", graph.node("Abs", value)))
    one = graph.constant(1.0)
    more = graph.node("Add", one, small)
    none = graph.node("Equal", more, one)
    gained = graph.node("Where", none, one, graph.node("Sub", more, one))
    logged = graph.node("Div", graph.node("Mul", graph.node("Log", more), small), gained)
    return graph.node("Add", graph.node("Max", value, graph.constant(0.0)), graph.node("Where", none, small, logged))


def _between(graph: Graph, raw: str, knots: Sequence[float], odds: Sequence[float]) -> str:
    """The knots joined by lines: which stretch a value lies on, and the line there."""
    low = np.array([knots[0], *knots])
    start = np.array([odds[0], *odds])
    end = np.array([np.inf, *odds[1:], np.inf])
    slope = np.ones(len(low))
    slope[1:-1] = (end[1:-1] - start[1:-1]) / (np.array(knots[1:]) - low[1:-1])
    column = graph.node("Unsqueeze", raw, graph.constant([1], np.int64))
    over = graph.node("GreaterOrEqual", column, graph.constant(knots))
    counted = graph.node("ReduceSum", graph.node("Cast", over, to=7), graph.constant([1], np.int64), keepdims=0)
    lows, starts, ends, slopes = (
        graph.node("Gather", graph.constant(values), counted) for values in (low, start, end, slope)
    )
    gone = graph.node("Mul", graph.node("Sub", raw, lows), slopes)
    return graph.node("Min", ends, graph.node("Add", starts, gone))


def _probability(graph: Graph, odds: str) -> str:
    """The sigmoid by the same steps as `Calibration.probability`."""
    small = graph.node("Exp", graph.node("Neg", graph.node("Abs", odds)))
    one = graph.constant(1.0)
    more = graph.node("Add", one, small)
    high, low = graph.node("Div", one, more), graph.node("Div", small, more)
    return graph.node("Where", graph.node("GreaterOrEqual", odds, graph.constant(0.0)), high, low, name=PROBABILITY)


def _tensor(name: str, values: Any, kind: Any = np.float64) -> Any:
    from onnx import numpy_helper  # noqa: PLC0415

    return numpy_helper.from_array(np.asarray(values, dtype=kind), name)
