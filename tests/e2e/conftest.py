"""Running hubs: one for all tests that leave it as they found it, others for those that stop, kill or set them up otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.hub import RunningHub


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A running hub in a fresh home, shared: every test enters partners of its own. It has to be healthy in the end.

    A delivery is quarantined after two lost leases, so that nobody waits for five.
    """
    running = RunningHub(tmp_path_factory.mktemp("e2e") / "home", settings={"lost_leases": "2"})
    try:
        yield running.start()
        assert running.json("doctor")["findings"] == []
    finally:
        running.close()


@pytest.fixture(scope="module")
def new_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RunningHub]]:
    """Makes homes with the settings wanted; their hubs are ended with the module."""
    made: list[RunningHub] = []

    def make(settings: dict[str, str] | None = None) -> RunningHub:
        made.append(RunningHub(tmp_path_factory.mktemp("e2e") / "home", settings=settings))
        return made[-1]

    yield make
    for hub in made:
        hub.close()
