"""What holds for every test run: skips are counted and shown, in CI allowed only when they are expected; Hypothesis keeps no clock.

A skipped test proves nothing, so each one has a reason that a reader of the run can see. With ``CI=true`` a skip fails the run
unless ``tests/expected-skips`` has its line, ``FILE: REASON``, character for character.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import hypothesis
import pytest

EXPECTED_SKIPS = Path(__file__).parent / "expected-skips"

# How long one example takes says nothing on a busy machine. In CI the examples are the same every time: a change fails for its own faults only.
hypothesis.settings.register_profile("vanhub", deadline=None, derandomize=os.environ.get("CI") == "true")
hypothesis.settings.load_profile("vanhub")

_skips = pytest.StashKey[Counter[str]]()


def expected_skips(text: str) -> frozenset[str]:
    """The lines ``FILE: REASON`` of ``tests/expected-skips``; empty lines and lines that begin with ``#`` say nothing."""
    return frozenset(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


class SkipAccount:
    """Counts skips by ``FILE: REASON``, wherever they come from: a mark, a call, a fixture or the import of a test module."""

    def __init__(self, config: pytest.Config) -> None:
        self._strict = os.environ.get("CI") == "true"
        self._expected = expected_skips(EXPECTED_SKIPS.read_text(encoding="utf-8"))
        self._skips = config.stash.setdefault(_skips, Counter())

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._count(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._count(report)

    def _count(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        # A test that is expected to fail reports as skipped too; it did run.
        if report.skipped and not hasattr(report, "wasxfail") and isinstance(report.longrepr, tuple):
            reason = report.longrepr[2].removeprefix("Skipped: ").replace("\n", " ")
            self._skips[f"{report.nodeid.partition('::')[0]}: {reason}"] += 1

    def unexpected(self) -> list[str]:
        return sorted(skip for skip in self._skips if skip not in self._expected)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._strict and self.unexpected() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._skips:
            return
        terminalreporter.section("skipped")
        for skip, times in sorted(self._skips.items()):
            terminalreporter.line(f"{times:4} {skip}{'' if skip in self._expected else '  (not in tests/expected-skips)'}")
        if self._strict and self.unexpected():
            terminalreporter.line("A skip that is not expected fails a run with CI=true.", red=True)


def pytest_configure(config: pytest.Config) -> None:
    # A worker of pytest-xdist reports to the process that started it, which alone keeps the account.
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(SkipAccount(config), "skip-account")
