"""What all tests share: the property-test profile, and where the real data are."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("riskml", deadline=None, derandomize=True, print_blob=False)
settings.load_profile("riskml")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real inspection records; the test is skipped where there is none."""
    folder = os.environ.get("RISKML_REAL_DATA", "")
    if not folder:
        pytest.skip("RISKML_REAL_DATA is not set")
    return Path(folder)
