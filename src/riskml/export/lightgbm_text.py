"""The text form of a LightGBM model, read into the neutral arrays of the scorer. LightGBM itself is not needed."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from riskml.errors import ArtifactError
from riskml.scorer.forest.trees import CATEGORICAL, Trees

OBJECTIVE: Final = "binary sigmoid:1"
LARGEST: Final = sys.float_info.max
"""LightGBM writes `inf` where a split only parts present from missing; no value that may be scored lies above this."""

_REQUIRED: Final = {"version": "v4", "num_class": "1", "num_tree_per_iteration": "1", "objective": OBJECTIVE}


@dataclass(frozen=True)
class TextModel:
    """A model read from text.

    Attributes:
        feature_names: the columns it was trained on, in order.
        trees: the arrays; thresholds and leaves are exact, for the text has 17 significant digits.
    """

    feature_names: tuple[str, ...]
    trees: Trees


def parse_model(text: str) -> TextModel:
    """Read the text of `Booster.model_to_string()`.

    The start value (boost_from_average) is part of the first tree's leaves in the text, and shrinkage is applied.

    Raises:
        ArtifactError: for what the artifact cannot say (linear trees, averaged output, another objective
            than `binary sigmoid:1`, several classes), or a text that is none of a LightGBM model of version 4.
    """
    head, *blocks = text.partition("end of trees")[0].split("\nTree=")
    if "end of trees" not in text or not head.startswith("tree\n"):
        raise ArtifactError("the model text must begin with 'tree' and hold 'end of trees'; is it model_to_string()?")
    settings = _settings(head)
    for key, allowed in _REQUIRED.items():
        if settings.get(key) != allowed:
            raise ArtifactError(f"the model has {key}={settings.get(key)!r}; only {allowed!r} can be exported")
    if "average_output" in settings:
        raise ArtifactError("the model averages its trees (random forest); only a sum of trees can be exported")
    names = tuple(settings["feature_names"].split(" "))
    if len(names) != int(settings["max_feature_idx"]) + 1:
        raise ArtifactError(f"the model text names {len(names)} features, but max_feature_idx says otherwise")
    if len(blocks) != len(settings["tree_sizes"].split()):
        raise ArtifactError(f"the model text holds {len(blocks)} trees, but tree_sizes says otherwise; is it cut off?")
    return TextModel(names, _joined([_settings("Tree=" + block) for block in blocks]))


def _settings(block: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in block.splitlines() if line)
    return {key: value for key, _, value in pairs}


def _joined(tables: list[dict[str, str]]) -> Trees:
    """All trees in one set of arrays; category sets are counted over all trees."""
    arrays: dict[str, list[Any]] = {name: [] for name in Trees.__dataclass_fields__}
    arrays["tree_start"].append(0)
    arrays["cat_boundaries"].append(0)
    for number, table in enumerate(tables):
        try:
            _append(arrays, table)
        except (KeyError, ValueError) as error:
            raise ArtifactError(f"tree {number} of the model text cannot be read: {error!r}") from error
    return Trees(**arrays)


def _append(arrays: dict[str, list[Any]], table: Mapping[str, str]) -> None:
    if table["is_linear"] != "0":
        raise ArtifactError("the model has linear trees; only constant leaves can be exported")
    splits = int(table["num_leaves"]) - 1
    sets = len(arrays["cat_boundaries"]) - 1
    kinds = _numbers(table, "decision_type", int, splits)
    thresholds = _numbers(table, "threshold", float, splits)
    arrays["decision_type"] += kinds
    arrays["threshold"] += [
        value + sets if kind & CATEGORICAL else min(value, LARGEST)
        for kind, value in zip(kinds, thresholds, strict=True)
    ]
    for name in ("split_feature", "left_child", "right_child", "internal_count"):
        arrays[name] += _numbers(table, name, int, splits)
    arrays["leaf_value"] += _numbers(table, "leaf_value", float, splits + 1)
    arrays["leaf_count"] += _numbers(table, "leaf_count", int, splits + 1)
    arrays["tree_start"].append(arrays["tree_start"][-1] + splits)
    if table["num_cat"] != "0":
        words = len(arrays["cat_threshold"])
        bounds = _numbers(table, "cat_boundaries", int, int(table["num_cat"]) + 1)
        arrays["cat_boundaries"] += [words + bound for bound in bounds[1:]]
        arrays["cat_threshold"] += _numbers(table, "cat_threshold", int, bounds[-1])


def _numbers(table: Mapping[str, str], name: str, kind: Callable[[str], Any], length: int) -> list[Any]:
    numbers = [kind(word) for word in table[name].split()]
    if len(numbers) != length:
        raise ValueError(f"{name} has {len(numbers)} values, expected {length}")
    return numbers
