"""The log: one line an event whatever is in it, and no secret ever."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.hub import RunningHub
from vanhub.service import asking

# What outsiders may put into a name, an address or a reference: line ends, terminal controls (C0, C1), a change of writing direction, half a character.
NASTY = "R1\n2026-11-21 level='error'\r\x1b[2J\x9b31m\u2028\u202e\x00\ud800结束'\"\\"

PROGRAM = f"""
import structlog
from twisted.logger import Logger
from twisted.python.failure import Failure
from vanhub.service.logs import begin_logging
begin_logging(LEVEL, FORMAT)
log = structlog.get_logger("vanhub.test")
nasty = {NASTY!r}
log.debug("too.quiet")
log.info("judged", reference=nasty, faults=3)
log.warning(nasty)
try:
    raise ValueError(nasty)
except ValueError:
    log.error("failed", exc_info=True)
    Logger("conch").failure("broken {{what}}", what=nasty)
Logger("conch").info("nobody needs this")
"""


_PAIR = re.compile(r"""(\w+)=('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[\w.-]+)(?: |$)""")


def event_of(line: str) -> dict[str, Any]:
    """A line of the log as text, read strictly: nothing but ``key=value``, values as Python writes them."""
    event, position = {}, 0
    while position < len(line):
        pair = _PAIR.match(line, position)
        assert pair is not None, line[position:]
        event[pair[1]] = ast.literal_eval(pair[2])
        position = pair.end()
    return event


def lines(format: str, level: str = "info") -> list[str]:
    """What a program that logs writes to standard error."""
    program = PROGRAM.replace("LEVEL", repr(level)).replace("FORMAT", repr(format))
    done = subprocess.run([sys.executable, "-X", "utf8", "-c", program], capture_output=True, timeout=60, check=True)
    assert done.stdout == b""
    return done.stderr.decode().removesuffix("\n").split("\n")


def test_as_text_every_event_is_one_printable_line() -> None:
    written = lines("text")
    assert len(written) == 4
    assert all(line.isprintable() for line in written)
    judged, warning, failed, twisted = written
    assert f"level='info' logger='vanhub.test' event='judged' faults=3 reference={NASTY!r}" in judged or f"reference={NASTY!r} faults=3" in judged
    assert warning.endswith(f"level='warning' logger='vanhub.test' event={NASTY!r}")
    assert "event='failed'" in failed
    assert "Traceback" in failed
    assert "logger='twisted'" in twisted
    assert "Traceback" in twisted


def test_as_json_every_event_is_one_object_in_ascii() -> None:
    written = lines("json")
    assert all(line.isascii() and line.isprintable() for line in written)
    events: list[dict[str, Any]] = [json.loads(line) for line in written]
    assert [(event["level"], event["logger"]) for event in events] == [
        ("info", "vanhub.test"),
        ("warning", "vanhub.test"),
        ("error", "vanhub.test"),
        ("error", "twisted"),
    ]
    assert (events[0]["event"], events[0]["reference"], events[0]["faults"]) == ("judged", NASTY, 3)
    assert events[1]["event"] == NASTY
    assert "ValueError" in events[2]["exception"]
    assert "ValueError" in events[3]["traceback"]


def test_what_is_below_the_level_is_not_written() -> None:
    assert len(lines("text", "debug")) == 5
    assert len(lines("text", "error")) == 2


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    running = RunningHub(tmp_path_factory.mktemp("logs") / "home", settings={"level": '"debug"'})
    try:
        yield running.start()
    finally:
        running.close()


@pytest.mark.e2e
def test_no_secret_is_in_the_log_and_nobody_forges_a_line(hub: RunningHub, tmp_path: Path) -> None:
    def ask(verb: str, **arguments: Any) -> Any:
        return asking.ask(hub.path / "var" / "admin.sock", verb, arguments)

    ask("principal.add", kind="partner", id="trader", addresses=["TRADER"])
    token = ask("token.issue", id="trader")["token"]
    code = ask("enrolment.issue", id="trader")["code"]
    password, wrong = "a very secret password", "vht_a-wrong-token-that-nobody-has"
    ask("password.set", id="trader", password=password)
    base = ["curl", "-sS", "--cacert", str(hub.path / "certs" / "root.pem"), "-o", "/dev/null"]
    url = f"https://localhost:{hub.port('https')}"
    forged = "trader%0Alevel='error' event='forged'"
    asked: list[list[str]] = [
        ["-H", f"Authorization: Bearer {token}", f"{url}/v1/mailbox"],
        ["-H", f"Authorization: Bearer {wrong}", f"{url}/v1/mailbox"],
        ["--user", f"trader:{code}", "--data-binary", "MAA=", f"{url}/.well-known/est/simpleenroll"],
        ["--user", f"trader\n{forged}:{code}", "--data-binary", "MAA=", f"{url}/.well-known/est/simpleenroll"],
        ["--user", f"trader:{wrong}", "--data-binary", "MAA=", f"{url}/.well-known/est/simpleenroll"],
        [f"{url}/v1/interchanges/{forged.replace(' ', '%20')}?x={forged.replace(' ', '%20')}"],
        [
            "-H",
            f"Authorization: Bearer {token}",
            "--data-binary",
            f"UNB+UNOA:3+TRADER\n{forged}+GACC:ZZZ+261121:0830+R1\r\nevent='x'",
            f"{url}/v1/interchanges",
        ],
    ]
    for arguments in asked:  # and never mind the answers
        subprocess.run([*base, *arguments], timeout=30, check=True)
    (tmp_path / "askpass").write_text(f"#!/bin/sh\necho '{password}'\n")
    (tmp_path / "askpass").chmod(0o700)
    options = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "NumberOfPasswordPrompts=1", "-F", "/dev/null"]
    command = ["setsid", "-w", "sftp", "-q", *options, "-P", str(hub.port("sftp")), "trader@127.0.0.1"]
    environment = {"PATH": "/usr/bin:/bin", "SSH_ASKPASS": str(tmp_path / "askpass"), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"}
    done = subprocess.run(command, input="ls\n", capture_output=True, text=True, timeout=60, check=True, env=environment)
    assert "outbox" in done.stdout
    assert hub.stop() == 0
    log = hub.log.read_text()
    events = [event_of(line) for line in log.splitlines()]
    assert {tuple(event)[:4] for event in events} == {("time", "level", "logger", "event")}
    assert "forged" not in {event["event"] for event in events}
    assert f"trader\n{forged}" in [event.get("who") for event in events]
    passphrase = (hub.path / "var" / "passphrase").read_text().strip()
    for secret in (token, code, code.replace("-", ""), password, wrong, passphrase, "PRIVATE KEY"):
        assert secret not in log
    # It did log what happened: who logged in how, who was refused, what was judged.
    assert {event["event"] for event in events} >= {"session.opened", "login.refused", "interchange.judged"}
