"""A stage leaves nothing behind, also where the demonstration is told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

_SCRIPT = """
import signal
from vanhub.cli.stage import Stage
with Stage() as stage:
    stage.init()
    stage.start()
    print(stage.folder, stage.hub_process, flush=True)
    signal.pause()
"""


def test_told_to_stop_it_takes_its_hub_with_it() -> None:
    with subprocess.Popen([sys.executable, "-c", _SCRIPT], stdout=subprocess.PIPE, text=True) as told:
        assert told.stdout is not None
        folder, hub = told.stdout.readline().split()
        told.send_signal(signal.SIGTERM)
        assert told.wait(60) == 128 + signal.SIGTERM
    assert not Path(folder).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(hub), 0)
