"""What each setting of a study means; the generator refuses a setting without words, and words without a setting."""

from typing import Final

SETTINGS: Final[dict[str, dict[str, str]]] = {
    "": {
        "name": "name of the study, and of its folder below `models/`; letters, digits, `_` and `-`, not `champion`",
        "seed": "the only source of randomness",
    },
    "records": {
        "folder": "folder of canonical records, relative to the project; environment variables are filled in",
        "source": "instead of a folder: the source that maps `files`, a name or a TOML file",
        "files": "with `source`: the publisher's files",
    },
    "cohort": {
        "outcome": "what is predicted: `fail`, `fail_broad` or `fail_severe`",
        "horizon_days": "days in which the first eligible visit gives the outcome",
        "label_map": "label version -> outcome that is comparable, for records over a change of the checklist",
    },
    "splits": {
        "last_origin": "the last evaluation day",
        "origins": "number of evaluation days",
        "step_days": "days between two of them, at least the horizon",
        "warmup_days": "first days of the records on which nobody learns: histories are still empty",
        "calibration_windows": "latest windows that the model does not learn from, to fit and choose the map",
    },
    "features": {"names": "features to use; all that the records can fill, if empty"},
    "model": {
        "trees": "number of trees, or the most with `early_stopping`",
        "leaves": "most leaves of a tree",
        "learning_rate": "how much each tree may say",
        "min_rows_in_leaf": "training rows that a leaf must hold",
        "l2": "how far the values of small leaves are drawn to zero",
        "feature_share": "share of the features from which a tree may choose",
        "early_stopping": "so many trees without a gain end the search for their number; 0 trains them all",
        "severity": "also learn the expected severity points of a visit",
        "leniency": "also show what a history adjusted for inspectors is worth",
    },
    "calibration": {"maps": "maps from score to probability to choose from"},
    "comparison": {
        "systems": "grading systems to compare with, each with `/VARIANT` if wanted",
        "budgets": "shares of the visits that may be made, above 0 and up to 1",
        "headline": "the metric of the verdict",
        "draws": "resamples of the sites behind every interval",
        "gammas": "odds ratios by which sites that nobody visited may differ, for the bounds",
        "sensitivity_draws": "draws of the assumed numbers of each grade; 0 for none",
    },
    "explanation": {
        "refits": "trainings with other seeds, for the stability of reasons",
        "rows": "rows of the deletion test and of the interactions",
        "features": "features shown by value and in pairs",
    },
    "export": {
        "valid_days": "days for which the artifact is valid",
        "context_days": "days that its totals of other sites may be old",
    },
    "report": {"html": "write `report.html`"},
    "tracking": {"mlflow": "log the run to MLflow"},
    "tuning": {
        "trials": "finished trials in all",
        "origins": "inner origins, all before the first evaluation day",
        "trees": "least and most to be tried",
        "leaves": "least and most to be tried",
        "learning_rate": "least and most to be tried",
        "min_rows_in_leaf": "least and most to be tried",
        "l2": "least and most to be tried",
        "feature_share": "least and most to be tried",
    },
    "promotion": {
        "margin": "the interval of the gain over each rival must lie above this",
        "calibration_origins": "how many of the last origins are taken together for the calibration gates",
        "calibration_slope": "between which bounds the whole interval of the slope must lie",
        "calibration_intercept": "between which bounds the whole interval of the intercept must lie",
        "fairness": "false switches the fairness gate off, and the record says so",
        "fairness_ratio": "no group's interval may lie wholly outside these bounds",
        "valid_days_left": "days for which the artifact must still be valid",
    },
}
"""Section -> key -> meaning; the top level is section ""."""
