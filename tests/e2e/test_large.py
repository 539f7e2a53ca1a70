"""Interchanges above ``limits.memory_octets``: they go to disk as they come, a worker process checks them, and nothing else is different."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.hub import Partner, RunningHub
from tests.e2e.interchanges import large, new_reference, small
from tests.e2e.ways import WAYS, by_https, by_tcp, said, uci

pytestmark = pytest.mark.e2e

OCTETS = 2_500_000


@pytest.fixture(scope="module")
def sender(hub: RunningHub) -> Partner:
    return hub.add_partner("large", "LARGE:ZZZ", sftp=True)


@pytest.fixture(scope="module")
def receiver(hub: RunningHub) -> Partner:
    return hub.add_partner("vast", "VAST:ZZZ", sftp=True)


def collect(hub: RunningHub, receiver: Partner) -> list[tuple[dict[str, Any], bytes]]:
    """What waits, claimed, read and committed."""
    found = []
    with hub.api(receiver) as api:
        for delivery in api.post("/v1/mailbox/claim", {"max": 10})[1]["deliveries"]:
            status, octets = api.request("GET", f"/v1/deliveries/{delivery['id']}/content")
            assert status == 200
            assert api.post(f"/v1/deliveries/{delivery['id']}/commit", {"claim": delivery["claim"]})[0] == 200
            found.append((delivery, octets))
    return found


def children(hub: RunningHub) -> list[str]:
    """The command lines of the daemon's processes."""
    assert hub.process is not None
    listed = Path(f"/proc/{hub.process.pid}/task").glob("*/children")
    return [Path(f"/proc/{pid}/cmdline").read_text() for file in listed for pid in file.read_text().split()]


@pytest.mark.parametrize("way", list(WAYS))
def test_accepted_and_delivered_as_it_was_sent(hub: RunningHub, sender: Partner, receiver: Partner, way: str) -> None:
    reference = new_reference()
    octets = large("LARGE:ZZZ", "VAST:ZZZ", reference, OCTETS)
    answer = WAYS[way](hub, sender, octets)
    assert uci(answer) == (reference, "7", "")
    ((delivery, delivered),) = collect(hub, receiver)
    assert delivered == octets
    assert delivery["messages"] == octets.count(b"UNH+")
    assert by_https(hub, sender, octets) == answer
    assert collect(hub, receiver) == []
    assert any("spawn_main" in command for command in children(hub))


@pytest.mark.parametrize("way", ["tcp", "https"])
def test_faults_far_inside(hub: RunningHub, sender: Partner, receiver: Partner, way: str) -> None:
    """Each is named, the good messages go their way; all others keep being served meanwhile."""
    reference = new_reference()
    whole = large("LARGE:ZZZ", "VAST:ZZZ", reference, OCTETS)
    octets = large("LARGE:ZZZ", "VAST:ZZZ", reference, OCTETS, faulty=frozenset({2, 700, 1300}))
    report = said(WAYS[way](hub, sender, octets))
    assert (report.reference, report.said.action) == (reference, "7")
    assert [(message.reference, message.segments[0].code) for message in report.messages] == [("2", "13"), ("700", "13"), ("1300", "13")]
    ((delivery, delivered),) = collect(hub, receiver)
    assert delivery["messages"] == whole.count(b"UNH+") - 3
    bodies = [part for part in octets.split(b"UNH+")[1:] if part.split(b"+")[0] not in {b"2", b"700", b"1300"}]
    assert [part.split(b"UNZ+")[0] for part in delivered.split(b"UNH+")[1:]] == [part.split(b"UNZ+")[0] for part in bodies]


def test_pickup_over_sftp(hub: RunningHub, sender: Partner, receiver: Partner, tmp_path: Path) -> None:
    octets = large("LARGE:ZZZ", "VAST:ZZZ", new_reference(), OCTETS)
    assert hub.post(sender, octets)[0] == 201
    hub.sftp(receiver, f"mget inbox/* {tmp_path}/\n")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [octets]
    assert collect(hub, receiver) == []


def test_others_are_served_meanwhile(hub: RunningHub, sender: Partner) -> None:
    """A small one that is sent while a large one arrives is answered before it."""
    other = hub.add_partner("nimble", "NIMBLE:ZZZ")
    octets = large("LARGE:ZZZ", "VAST:ZZZ", new_reference(), OCTETS)
    with hub.connect(sender) as session:
        session.sendall(octets[:-100])
        assert uci(by_tcp(hub, other, small("NIMBLE:ZZZ", "GACC:ZZZ")))[1] == "7"
