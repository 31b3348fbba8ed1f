"""Every finding, in the order in which they are told."""

from importlib import metadata
from pathlib import Path

from riskml.diagnosis import fonts, machine
from riskml.diagnosis.finding import Finding, both
from riskml.diagnosis.packages import loading, packages, python
from riskml.diagnosis.places import places


def diagnose(root: Path) -> tuple[Finding, ...]:
    """Look at everything that riskml stands on; nothing is changed, and no network is used.

    Args:
        root: the project's folder.
    """
    here = Finding("riskml", both("riskml"), "ok", both(f"{metadata.version('riskml')}: {_home()}"))
    return (
        python(),
        here,
        *packages(),
        loading(),
        fonts.installed_fonts(),
        fonts.drawn(),
        machine.browser(),
        machine.java(),
        machine.threads(),
        machine.encoding(),
        machine.time_zone(),
        *places(root),
    )


def _home() -> Path:
    return Path(__file__).parent.parent
