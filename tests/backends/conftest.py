"""What the tests of backends share."""

from collections.abc import AsyncIterator

import pytest

from tests.backends import asked


@pytest.fixture(autouse=True)
async def closing() -> AsyncIterator[None]:
    """Close the backends that a test has opened."""
    yield
    while asked.OPENED:
        await asked.OPENED.pop().aclose()
