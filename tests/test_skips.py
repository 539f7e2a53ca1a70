"""A skip that nobody expects fails a run with CI=true, and is shown in every run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
REASON = "tests/test_some.py: lftp is not installed"


def run_a_suite_with_a_skip(folder: Path, *, ci: bool, expected: str) -> tuple[int, str]:
    """The exit code and output of pytest, under this project's conftest, over one test that passes and one that is skipped."""
    tests = folder / "tests"
    tests.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -q -p no:cacheprovider\n")
    (tests / "conftest.py").write_bytes((HERE / "conftest.py").read_bytes())
    (tests / "expected-skips").write_text(f"# a comment\n\n{expected}\n")
    (tests / "test_some.py").write_text(
        "import pytest\n\ndef test_one(): pass\n\n@pytest.mark.skip(reason='lftp is not installed')\ndef test_two(): raise AssertionError\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest"],
        cwd=folder,
        env=environment | ({"CI": "true"} if ci else {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("ci", "expected", "returncode"),
    [(False, "", 0), (True, "", 1), (True, REASON, 0), (True, REASON + " either", 1)],
)
def test_the_run_fails_exactly_for_an_unexpected_skip_in_ci(tmp_path: Path, ci: bool, expected: str, returncode: int) -> None:
    found, output = run_a_suite_with_a_skip(tmp_path, ci=ci, expected=expected)
    assert found == returncode, output
    line = f"   1 {REASON}" + ("" if expected == REASON else "  (not in tests/expected-skips)")
    assert line in output.splitlines()
