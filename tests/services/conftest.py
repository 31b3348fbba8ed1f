"""What the service tests share: one browser for all tests of a file."""

from collections.abc import Iterator

import pytest

from chromium import Browser, chromium


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Headless Chromium, running; the test is skipped where there is none."""
    with chromium(tmp_path_factory.mktemp("chromium") / "profile") as browser:
        yield browser
