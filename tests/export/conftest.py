"""A tiny artifact and the records that it learned from, made once."""

import pytest

from riskml.records import Records
from tiny_models import Made, first_sites, made_of


@pytest.fixture(scope="session")
def records() -> Records:
    """The first 400 sites of the sample."""
    return first_sites()


@pytest.fixture(scope="session")
def made(records: Records, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A tiny model of these records."""
    return made_of(records, tmp_path_factory.mktemp("tiny"))
