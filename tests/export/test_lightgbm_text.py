"""What is read from a model's text, and which models are refused."""

import sys

import pytest

from riskml.errors import ArtifactError
from riskml.export.lightgbm_text import parse_model

TEXT = """tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=1
objective=binary sigmoid:1
feature_names=visits street
feature_infos=[0:9] 1:2:40
tree_sizes=300 200 300

Tree=0
num_leaves=3
num_cat=1
split_feature=0 1
split_gain=1 1
threshold=2.5000000000000004 0
decision_type=10 1
left_child=1 -1
right_child=-2 -3
leaf_value=-0.10000000000000001 0.25 0.5
leaf_weight=1 1 1
leaf_count=40 10 50
internal_value=0 0
internal_weight=1 1
internal_count=100 90
cat_boundaries=0 2
cat_threshold=4 256
is_linear=0
shrinkage=1


Tree=1
num_leaves=1
num_cat=0
split_feature=
split_gain=
threshold=
decision_type=
left_child=
right_child=
leaf_value=0.125
leaf_weight=
leaf_count=100
internal_value=
internal_weight=
internal_count=
is_linear=0
shrinkage=1


Tree=2
num_leaves=3
num_cat=1
split_feature=1 0
split_gain=1 1
threshold=0 inf
decision_type=1 8
left_child=1 -1
right_child=-2 -3
leaf_value=1 2 3
leaf_weight=1 1 1
leaf_count=40 10 50
internal_value=0 0
internal_weight=1 1
internal_count=100 90
cat_boundaries=0 1
cat_threshold=2
is_linear=0
shrinkage=0.1


end of trees

feature_importances:
visits=1

parameters:
[boosting: gbdt]
end of parameters
"""


def test_trees_are_joined_and_category_sets_counted_over_all_of_them() -> None:
    model = parse_model(TEXT)
    trees = model.trees
    assert model.feature_names == ("visits", "street")
    assert trees.tree_start == [0, 2, 2, 4]
    assert trees.split_feature == [0, 1, 1, 0]
    assert trees.threshold == [2.5000000000000004, 0.0, 1.0, sys.float_info.max]
    assert trees.decision_type == [10, 1, 1, 8]
    assert trees.left_child == [1, -1, 1, -1]
    assert trees.right_child == [-2, -3, -2, -3]
    assert trees.internal_count == [100, 90, 100, 90]
    assert trees.leaf_value == [-0.1, 0.25, 0.5, 0.125, 1.0, 2.0, 3.0]
    assert trees.leaf_count == [40, 10, 50, 100, 40, 10, 50]
    assert trees.cat_boundaries == [0, 2, 3]
    assert trees.category_sets == [{2, 40}, {1}]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("binary sigmoid:1", "binary sigmoid:2", "objective='binary sigmoid:2'; only 'binary sigmoid:1'"),
        ("binary sigmoid:1", "regression", "objective='regression'"),
        ("num_class=1", "num_class=3", "num_class='3'"),
        ("num_tree_per_iteration=1", "num_tree_per_iteration=3", "num_tree_per_iteration='3'"),
        ("version=v4", "version=v5", "version='v5'"),
        ("label_index=0", "average_output", "averages its trees"),
        ("is_linear=0", "is_linear=1", "linear trees"),
        ("end of trees", "", "must begin with 'tree' and hold 'end of trees'"),
        ("tree\nversion", "version", "must begin with 'tree'"),
        ("max_feature_idx=1", "max_feature_idx=7", "names 2 features"),
        ("tree_sizes=300 200 300", "tree_sizes=300", "holds 3 trees"),
        (
            "leaf_count=40 10 50",
            "leaf_count=40 10",
            "tree 0 of the model text cannot be read: .*leaf_count has 2 values",
        ),
        ("left_child=1 -1", "left_child=1 x", "tree 0 of the model text cannot be read"),
        ("threshold=2.5000000000000004 0\n", "", "tree 0 of the model text cannot be read: KeyError"),
    ],
)
def test_what_the_artifact_cannot_say_is_refused(old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(ArtifactError, match=message):
        parse_model(TEXT.replace(old, new))
