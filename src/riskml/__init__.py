"""riskml: which food business fails its next inspection, explained, and compared honestly with rule-based grades."""

import importlib
from typing import Any

_HOMES = {
    "Records": "riskml.records",
    "read_records": "riskml.records",
    "write_records": "riskml.records",
    "build_features": "riskml.features",
    "history": "riskml.features.history",
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
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
