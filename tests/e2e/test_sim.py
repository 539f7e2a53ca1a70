"""``vanhub sim traders``: a hub, six agencies and the trade as processes; every ledger is as the plan has it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.e2e


def test_a_small_simulation_ends_as_planned_and_says_so() -> None:
    command = [sys.executable, "-m", "vanhub.cli", "sim", "traders", "--rate", "8", "--days", "1", "--fraud-rate", "0.4", "--seed", "5", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=400, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    report = json.loads(done.stdout)
    assert (report["good"], report["finished"], report["failures"], report["differences"], report["violations"]) == (True, report["honest"], [], [], [])
    assert report["frauds"]
    assert all(each["stopped"] == each["count"] for each in report["frauds"].values())
    assert report["figures"] > len(report["frauds"])
