"""One hub for the tests of a module, stopped with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.hub import RunningHub


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A running hub in a fresh home."""
    running = RunningHub(tmp_path_factory.mktemp("e2e") / "home")
    try:
        yield running.start()
    finally:
        running.close()
