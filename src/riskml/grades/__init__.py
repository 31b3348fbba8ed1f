"""Grades: rule-based grading systems as data, run on the same records and the same days as the models."""

from riskml.grades.catalog import load_system, system_names
from riskml.grades.description import describe
from riskml.grades.engine import grade, grade_log
from riskml.grades.examples import failed_examples
from riskml.grades.repairs import ignored_repairs
from riskml.grades.scores import policy_scores
from riskml.grades.system import Level, System

__all__ = [
    "Level",
    "System",
    "describe",
    "failed_examples",
    "grade",
    "grade_log",
    "ignored_repairs",
    "load_system",
    "policy_scores",
    "system_names",
]
