"""Grades: rule-based grading systems as data, run on the same records and the same days as the models."""

from riskml.grades.catalog import load_system, system_names, with_numbers
from riskml.grades.contributions import contributions
from riskml.grades.description import describe
from riskml.grades.engine import grade, grade_log
from riskml.grades.examples import failed_examples
from riskml.grades.fitting import fit_cuts
from riskml.grades.grade_reasons import GradeReason, GradeReasons, explain_grade
from riskml.grades.grading_system import System
from riskml.grades.history import grade_history
from riskml.grades.repairs import ignored_repairs
from riskml.grades.scores import policy_scores
from riskml.grades.system import Level, Number

__all__ = [
    "GradeReason",
    "GradeReasons",
    "Level",
    "Number",
    "System",
    "contributions",
    "describe",
    "explain_grade",
    "failed_examples",
    "fit_cuts",
    "grade",
    "grade_history",
    "grade_log",
    "ignored_repairs",
    "load_system",
    "policy_scores",
    "system_names",
    "with_numbers",
]
