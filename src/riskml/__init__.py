"""riskml: which food business fails its next inspection, explained, and compared honestly with rule-based grades."""

import importlib
from typing import Any

_HOMES = {
    "Records": "riskml.records",
    "read_records": "riskml.records",
    "records_of": "riskml.pipeline",
    "write_records": "riskml.records",
    "build_features": "riskml.features",
    "history": "riskml.features.history",
    "timeline": "riskml.explanation.timeline",
    "browse": "riskml.reporting.browsing",
    "grade": "riskml.grades",
    "plan": "riskml.planning",
    "Study": "riskml.study",
    "run": "riskml.pipeline",
    "Scorer": "riskml.scorer",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562), so that the scorer's users load nothing else."""
    if name not in _HOMES:
        raise AttributeError(f"module 'riskml' has no attribute {name!r}; it has {__all__}")
    try:
        return getattr(importlib.import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        package = (error.name or "riskml").partition(".")[0]
        if package == "riskml":
            raise
        text = f'riskml.{name} needs {package}, which is not installed: pip install "riskml[all]"'
        raise ImportError(text, name=error.name) from None


def __dir__() -> list[str]:
    """The public names."""
    return __all__
