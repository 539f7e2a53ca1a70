"""The daemon as an operator has it: start, stop, reload, one of it only; commands answer alike whether it runs or not."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.hub import Failed, Partner, RunningHub, is_ended, read_interchanges, wait_until
from tests.e2e.interchanges import new_reference, small
from tests.e2e.ways import by_tcp, uci

pytestmark = pytest.mark.e2e

MAILBOX = """\
id = "{id}"
name_en = "{id}"
name_zh = "新机构"
addresses = ["{address}"]
"""


@pytest.fixture(scope="module")
def own(new_hub: Callable[..., RunningHub]) -> RunningHub:
    """A hub that these tests stop and start; they leave it running."""
    return new_hub().start()


@pytest.fixture(scope="module")
def sender(own: RunningHub) -> Partner:
    return own.add_partner("sender", "SENDER:ZZZ", sftp=True)


def fetch(own: RunningHub, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{own.port('metrics')}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_ready_after_start(own: RunningHub, sender: Partner) -> None:
    """When endpoints.json names them, all gateways answer; health and metrics say so."""
    endpoints = json.loads((own.path / "var" / "endpoints.json").read_text())
    assert sorted(endpoints) == ["https", "metrics", "sftp", "tcp"]
    for endpoint in endpoints.values():
        assert endpoint["host"] == "127.0.0.1"
        socket.create_connection((endpoint["host"], endpoint["port"]), timeout=5).close()
    assert uci(by_tcp(own, sender, small("SENDER:ZZZ", "GACC:ZZZ")))[1] == "7"
    assert fetch(own, "/health")[0] == 200
    metrics = fetch(own, "/metrics")[1]
    assert re.search(r"^vanhub_\w*interchanges\w*\{.*\} 1\.0$", metrics, re.MULTILINE), metrics
    status = own.json("status")
    assert (status["running"], status["troubles"], status["endpoints"]) == (True, [], endpoints)


def test_a_second_one_ends(own: RunningHub) -> None:
    """It says which process serves this home."""
    assert own.process is not None
    assert str(own.process.pid) in own.vanhub("serve", code=2)


def test_init_leaves_a_home_as_it_is(own: RunningHub) -> None:
    before = (own.path / "certs" / "root.pem").read_bytes()
    own.vanhub("init", str(own.path), code=2, home=False)
    assert (own.path / "certs" / "root.pem").read_bytes() == before


def test_serve_without_a_home_and_without_a_ca(tmp_path: Path) -> None:
    for arguments in (["--home", str(tmp_path), "serve"], ["--home", str(tmp_path), "status"]):
        done = subprocess.run([sys.executable, "-m", "vanhub.cli", *arguments], capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert "init" in done.stderr


def test_what_hinders_the_start_ends_it(new_hub: Callable[..., RunningHub]) -> None:
    """It ends with 2 and names what is in the way, be it a port or a folder; the lock is free again."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        hub = new_hub({"port": str(port)})
        said = hub.vanhub("serve", code=2)
        assert f"127.0.0.1:{port}" in said
        assert "hub.toml" in said
    in_the_way = hub.path / "var" / "admin.sock"
    in_the_way.mkdir()
    (hub.path / "hub.toml").write_text((hub.path / "hub.toml").read_text().replace(f"port = {port}", "port = 0"))
    assert "admin.sock" in hub.vanhub("serve", code=2)
    in_the_way.rmdir()
    assert hub.json("doctor")["healthy"] is True


def test_reload_takes_a_new_mailbox(own: RunningHub, sender: Partner) -> None:
    assert uci(by_tcp(own, sender, small("SENDER:ZZZ", "NEWONE:ZZZ")))[1:] == ("4", "43")
    with own.connect(sender) as session:
        file = own.path / "mailboxes" / "new-one.toml"
        file.write_text(MAILBOX.format(id="new-one", address="NEWONE:ZZZ"), encoding="utf-8")
        own.vanhub("reload")
        session.sendall(small("SENDER:ZZZ", "NEWONE:ZZZ"))  # open sessions stay
        assert [uci(answer)[1] for answer in read_interchanges(session, 1)] == ["7"]
    agency = own.agency("new-one")
    with own.api(agency) as api:
        assert len(api.get("/v1/mailbox")[1]["deliveries"]) == 1


def test_sighup_takes_a_new_mailbox(own: RunningHub, sender: Partner) -> None:
    (own.path / "mailboxes" / "hung-up.toml").write_text(MAILBOX.format(id="hung-up", address="HUNGUP:ZZZ"), encoding="utf-8")
    assert own.process is not None
    own.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "hung-up" in [row["id"] for row in own.json("agency", "list")], 20, own.log.read_text)
    assert uci(by_tcp(own, sender, small("SENDER:ZZZ", "HUNGUP:ZZZ")))[1] == "7"


def test_a_wrong_mailbox_changes_nothing(own: RunningHub, sender: Partner) -> None:
    """The error names the file, the key and the nearest known key; the hub works as before, and takes the repaired file."""
    file = own.path / "mailboxes" / "wrong.toml"
    file.write_text(MAILBOX.format(id="wrong", address="WRONG:ZZZ") + "retention_day = 5\n", encoding="utf-8")
    said = own.vanhub("reload", code=2)
    assert "wrong.toml" in said
    assert "retention_days" in said
    assert own.process is not None
    own.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "hub.reload-failed" in own.log.read_text(), 20, own.log.read_text)
    assert uci(by_tcp(own, sender, small("SENDER:ZZZ", "GACC:ZZZ")))[1] == "7"
    file.unlink()
    own.vanhub("reload")


READS = (
    ["partner", "show", "sender"],
    ["mailbox", "peek", "customs", "--state", "all"],
    ["message", "find"],
    ["ca", "list"],
    ["doctor"],
)


def answers(own: RunningHub) -> dict[str, Any]:
    found = {" ".join(arguments): own.json(*arguments) for arguments in READS}
    id = found["message find"][0]["id"]
    found["message show"], found["message trace"] = own.json("message", "show", id), own.json("message", "trace", id)
    found["doctor"]["store"].pop("unsequenced_leaves")
    return found


def test_commands_answer_alike_with_the_hub_stopped(own: RunningHub, sender: Partner) -> None:
    """SIGTERM: open sessions are ended, exit 0, endpoints.json is gone; then every command answers as before, and what is done now holds after a start."""
    own.json("token", "issue", "sender")
    by_tcp(own, sender, small("SENDER:ZZZ", "GACC:ZZZ"))
    with own.connect(sender) as session:
        session.sendall(small("SENDER:ZZZ", "GACC:ZZZ")[:50])
        wait_until(lambda: own.json("status")["in_flight"] == 1, 10, lambda: str(own.json("status")))
        running = answers(own)
        assert own.stop() == 0
        assert is_ended(session, 5)
    assert not (own.path / "var" / "endpoints.json").exists()
    stopped = answers(own)
    assert stopped["doctor"]["store"].pop("leaves") >= running["doctor"]["store"].pop("leaves")
    assert stopped == running
    assert own.json("status", code=1)["running"] is False
    own.vanhub("partner", "add", "offline", "--edi", "OFFLINE:ZZZ")
    (claimed,) = own.json("mailbox", "claim", "customs", "--lease", "10m")["deliveries"]
    own.start()
    assert own.json("partner", "show", "offline")["addresses"] == ["OFFLINE:ZZZ"]
    assert own.json("mailbox", "commit", claimed["id"], "--claim", claimed["claim"])["state"] == "delivered"
    assert own.json("doctor")["findings"] == []


def test_told_twice_to_stop_it_stops_as_if_told_once(new_hub: Callable[..., RunningHub]) -> None:
    hub = new_hub().start()
    assert hub.process is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGTERM):
        hub.process.send_signal(number)
    assert hub.process.wait(30) == 0
    assert "traceback" not in hub.log.read_text().lower()


def test_an_acknowledgement_is_the_same_after_a_restart(own: RunningHub, sender: Partner) -> None:
    octets = small("SENDER:ZZZ", "GACC:ZZZ", new_reference())
    first = by_tcp(own, sender, octets)
    assert own.stop() == 0
    own.start()
    assert by_tcp(own, sender, octets) == first
    own.kill()
    with pytest.raises(Failed):
        own.vanhub("status")  # exit 1: it does not run
    own.start()
    assert by_tcp(own, sender, octets) == first


def test_who_may_ask_and_read(own: RunningHub) -> None:
    """The admin socket and the keys are the operators' alone."""
    files = [own.path / "var" / "admin.sock", *(own.path / "certs").glob("*.key")]
    assert len(files) > 3
    assert {oct(file.stat().st_mode & 0o777) for file in files} == {"0o600"}
