"""What the frame logs stays out of the tests' output."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
import structlog


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """The events that were logged."""
    with structlog.testing.capture_logs() as logged:
        yield logged
