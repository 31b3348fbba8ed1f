"""Every error of riskml: those of the scorer, and those that only the training side can raise."""

from riskml.scorer.errors import ArtifactError, InputError, RiskmlError

__all__ = ["ArtifactError", "DataError", "InputError", "RiskmlError", "StudyError"]


class DataError(RiskmlError):
    """The records, or what can be made of them, do not allow what was asked (exit code 1)."""


class StudyError(RiskmlError):
    """A settings file (study, source, system, catalog) is wrong: unknown key, wrong type or value (exit code 2)."""
