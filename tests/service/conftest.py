"""A core on a fresh copy of one home, a reactor with the test's own time, and the noise of the hub's log kept for looking."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.service.parts import Loop, Time, make_home, open_core
from vanhub.service.core import Core
from vanhub.service.hub import Hub


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For copying."""
    return make_home(tmp_path_factory.mktemp("service") / "home", Time())


@pytest.fixture
def home(made_home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made_home, tmp_path / "home"))


@pytest.fixture
def core(home: Path, time: Time) -> Iterator[Core]:
    with closing(open_core(home, time)) as core:
        yield core


@pytest.fixture
def loop() -> Iterator[Loop]:
    with closing(Loop()) as loop:
        yield loop


@pytest.fixture
def hub(core: Core, loop: Loop) -> Iterator[Hub]:
    """A hub that does not listen: its parts, wired."""
    made = Hub(core, loop, passphrase=lambda: core.home.read_passphrase({}), monotonic=loop.seconds)
    yield made
    made.workers.close()
