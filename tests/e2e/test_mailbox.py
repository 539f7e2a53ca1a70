"""The mailbox as its owner uses it: claim, collect, commit; leases that are lost; connections that are cut in the middle."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.hub import Api, Partner, RunningHub, interchange, read_interchanges, wait_until
from tests.e2e.interchanges import large, new_reference, small, without_bgm
from tests.e2e.ways import by_https, by_tcp, uci

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def sender(hub: RunningHub) -> Partner:
    return hub.add_partner("poster", "POSTER:ZZZ")


@pytest.fixture(scope="module")
def owner(hub: RunningHub) -> Partner:
    return hub.add_partner("owner", "OWNER:ZZZ", sftp=True)


@pytest.fixture
def api(hub: RunningHub, owner: Partner) -> Iterator[Api]:
    """The owner at an empty mailbox."""
    with hub.api(owner) as api:
        for slot in ("production", "test"):
            for claimed in api.post("/v1/mailbox/claim", {"max": 1000, "slot": slot})[1]["deliveries"]:
                api.post(f"/v1/deliveries/{claimed['id']}/commit", {"claim": claimed["claim"]})
        yield api


def claim(api: Api, **members: Any) -> list[dict[str, Any]]:
    status, body = api.post("/v1/mailbox/claim", {"max": 10} | members)
    assert status == 200, body
    return list(body["deliveries"])


def listed(api: Api, **keys: Any) -> list[str]:
    status, body = api.get("/v1/mailbox?" + "&".join(f"{name}={value}" for name, value in keys.items()))
    assert status == 200, body
    return [delivery["reference"] for delivery in body["deliveries"]]


def state(hub: RunningHub, id: str) -> str:
    return str(next(row["state"] for row in hub.json("mailbox", "peek", "owner", "--state", "all", "--limit", "10000") if row["id"] == id))


def test_claim_collect_commit(hub: RunningHub, sender: Partner, api: Api) -> None:
    references = [new_reference() for _ in range(3)]
    sent = [small("POSTER:ZZZ", "OWNER:ZZZ", reference) for reference in references]
    hub.send(sender, *sent)
    assert listed(api) == references
    claimed = claim(api, max=2, lease_s=60)
    assert [delivery["reference"] for delivery in claimed] == references[:2]
    assert listed(api) == references[2:]
    assert listed(api, state="claimed") == references[:2]
    for delivery, octets in zip(claimed, sent, strict=False):
        path = f"/v1/deliveries/{delivery['id']}"
        assert api.request("GET", f"{path}/content") == (200, octets)
        assert api.request("GET", f"{path}/original") == (200, octets)
        status, committed = api.post(f"{path}/commit", {"claim": delivery["claim"]})
        assert (status, committed["state"]) == (200, "delivered")
        assert api.post(f"{path}/commit", {"claim": delivery["claim"]}) == (200, committed)
        assert api.post(f"{path}/release", {"claim": delivery["claim"]})[0] == 409
    assert listed(api, state="delivered")[-2:] == references[:2]
    trace = hub.json("message", "trace", claimed[0]["interchange"])
    assert [event["kind"] for event in trace["events"] if event["subject"] == claimed[0]["id"]] == ["delivery.claimed", "delivery.delivered"]


def test_release_extend_and_stale_claims(hub: RunningHub, sender: Partner, api: Api) -> None:
    reference = new_reference()
    hub.send(sender, small("POSTER:ZZZ", "OWNER:ZZZ", reference))
    (first,) = claim(api, lease_s=60)
    path = f"/v1/deliveries/{first['id']}"
    status, extended = api.post(f"{path}/extend", {"claim": first["claim"], "lease_s": 3600})
    assert status == 200
    assert extended["lease_until"] > first["lease_until"]
    assert api.post(f"{path}/release", {"claim": first["claim"]})[1]["state"] == "available"
    (second,) = claim(api, lease_s=60)
    assert second["id"] == first["id"]
    assert second["claim"] != first["claim"]
    for act in ("commit", "release", "extend"):
        status, problem = api.post(f"{path}/{act}", {"claim": first["claim"]})
        assert (act, status, problem["status"]) == (act, 409, 409)
    assert api.post(f"{path}/commit", {"claim": second["claim"]})[0] == 200


def test_lost_leases_quarantine_and_free(hub: RunningHub, sender: Partner, api: Api) -> None:
    """A lease that ran out makes the delivery available again, under the same id; the second time it is quarantined, and blocks nobody."""
    reference, later = new_reference(), new_reference()
    hub.send(sender, small("POSTER:ZZZ", "OWNER:ZZZ", reference))
    (first,) = claim(api, lease_s=1)
    (second,) = wait_until(lambda: claim(api, lease_s=1), 15, lambda: "the lease does not run out")
    assert (second["id"], second["lost"]) == (first["id"], 1)
    assert api.post(f"/v1/deliveries/{first['id']}/commit", {"claim": first["claim"]})[0] == 409
    wait_until(lambda: listed(api, state="quarantined") == [reference], 15, lambda: state(hub, first["id"]))
    hub.send(sender, small("POSTER:ZZZ", "OWNER:ZZZ", later))
    assert [delivery["reference"] for delivery in claim(api)] == [later]
    assert [alert["cure"] for alert in hub.json("alerts", "list") if first["id"] in alert["text"]] == [f"ask owner why, then vanhub mailbox free {first['id']}"]
    assert hub.json("mailbox", "free", first["id"])["state"] == "available"
    (third,) = claim(api)
    assert third["id"] == first["id"]
    assert api.post(f"/v1/deliveries/{third['id']}/commit", {"claim": third["claim"]})[0] == 200


def test_test_slot(hub: RunningHub, sender: Partner, api: Api) -> None:
    """Test traffic never mixes with production."""
    reference, test = new_reference(), new_reference()
    hub.send(sender, small("POSTER:ZZZ", "OWNER:ZZZ", reference), small("POSTER:ZZZ", "OWNER:ZZZ", test, test=True))
    assert (listed(api), listed(api, slot="test")) == ([reference], [test])
    assert [delivery["reference"] for delivery in claim(api)] == [reference]
    assert [delivery["reference"] for delivery in claim(api, slot="test")] == [test]


def test_rejected_slot(hub: RunningHub, sender: Partner) -> None:
    """An agency is shown what was addressed to it and rejected, in a slot of its own."""
    agency = hub.agency("inspection")
    (address,) = hub.json("agency", "show", "inspection")["addresses"]
    octets = interchange("POSTER:ZZZ", address, new_reference(), without_bgm("1"))
    assert uci(by_tcp(hub, sender, octets))[1] == "4"
    with hub.api(agency) as api:
        assert listed(api) == []
        (delivery,) = claim(api, slot="rejected")
        assert api.request("GET", f"/v1/deliveries/{delivery['id']}/content") == (200, octets)


def test_long_poll(hub: RunningHub, sender: Partner, api: Api) -> None:
    """Who waits is answered when something comes, not when the time is over; and in time when nothing comes."""
    begun = time.monotonic()
    assert listed(api, wait=1) == []
    assert time.monotonic() - begun >= 1
    reference = new_reference()
    found: list[dict[str, Any]] = []
    waiting = threading.Thread(target=lambda: found.extend(claim(api, wait=25)))
    waiting.start()
    hub.send(sender, small("POSTER:ZZZ", "OWNER:ZZZ", reference))
    begun = time.monotonic()
    waiting.join(20)
    assert time.monotonic() - begun < 15
    assert [delivery["reference"] for delivery in found] == [reference]


def test_sftp_pickup(hub: RunningHub, sender: Partner, api: Api, tmp_path: Path) -> None:
    """``mget *`` and ``rm *``: what was read is collected and archived, what was not read cannot be deleted."""
    references = sorted(new_reference() for _ in range(3))
    sent = [small("POSTER:ZZZ", "OWNER:ZZZ", reference) for reference in references]
    by_https(hub, sender, sent[0])
    by_https(hub, sender, sent[1])
    owner = Partner("owner", Path(), hub.path.parent / "partners" / "owner.ssh")
    hub.sftp(owner, f"mget inbox/* {tmp_path}/\nrm inbox/*\n")
    assert [file.read_bytes() for file in sorted(tmp_path.iterdir())] == sent[:2]
    assert listed(api, state="delivered")[-2:] == references[:2]
    by_https(hub, sender, sent[2])
    assert "ermission denied" in hub.sftp(owner, "-rm inbox/*\n")
    assert listed(api) == references[2:]
    archived = hub.sftp(owner, "ls -1 archive/*\n")
    assert [reference in archived for reference in references] == [True, True, False]


def test_download_cut_over_sftp(hub: RunningHub, sender: Partner, owner: Partner, api: Api, tmp_path: Path) -> None:
    """A lost connection releases the lease at once: nothing was collected."""
    reference = new_reference()
    octets = large("POSTER:ZZZ", "OWNER:ZZZ", reference, 300_000)
    assert hub.post(sender, octets)[0] == 201
    command = hub.sftp_command(owner)
    with subprocess.Popen([command[0], "-l", "800", *command[1:]], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
        assert client.stdin is not None
        client.stdin.write(f"mget inbox/* {tmp_path}/\n".encode())
        client.stdin.flush()
        wait_until(lambda: reference in listed(api, state="claimed"), 20, lambda: "nothing is claimed")
        wait_until(lambda: any(tmp_path.iterdir()), 20, lambda: "nothing arrives")  # the client opens its own file after ours
        client.kill()
    wait_until(lambda: listed(api) == [reference], 20, lambda: "the lease is not released")
    (part,) = tmp_path.iterdir()
    assert len(part.read_bytes()) < len(octets)
    hub.sftp(owner, f"mget inbox/* {tmp_path}/\n")
    assert part.read_bytes() == octets
    assert listed(api, state="delivered")[-1] == reference


def test_download_cut_over_https(hub: RunningHub, sender: Partner, owner: Partner, api: Api) -> None:
    """The claim holds: the rest is got in a range, or all of it again."""
    reference = new_reference()
    octets = large("POSTER:ZZZ", "OWNER:ZZZ", reference, 900_000)
    assert hub.post(sender, octets)[0] == 201
    (delivery,) = claim(api)
    path = f"/v1/deliveries/{delivery['id']}/content"
    with socket.create_connection(("127.0.0.1", hub.port("https"))) as plain, owner.tls_context.wrap_socket(plain, server_hostname="localhost") as session:
        session.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert session.recv(1000).startswith(b"HTTP/1.1 200")
    assert api.request("GET", path) == (200, octets)
    status, rest = hub.curl(owner, path, "-r", "500000-")
    assert (status, rest) == (206, octets[500_000:])
    assert api.post(f"/v1/deliveries/{delivery['id']}/commit", {"claim": delivery["claim"]})[0] == 200


def test_claim_cut(hub: RunningHub, sender: Partner, owner: Partner, api: Api) -> None:
    """Who is gone when something comes claims nothing: the next one gets it."""
    reference = new_reference()
    with socket.create_connection(("127.0.0.1", hub.port("https"))) as plain, owner.tls_context.wrap_socket(plain, server_hostname="localhost") as session:
        body = b'{"max": 10, "lease_s": 3600, "wait": 50}'
        session.sendall(b"POST /v1/mailbox/claim HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        wait_until(lambda: sum(s["principal"] == "owner" for s in hub.json("status")["sessions"]) == 2, 10, lambda: "no session")
    hub.send(sender, small("POSTER:ZZZ", "OWNER:ZZZ", reference))
    (delivery,) = wait_until(lambda: claim(api), 10, lambda: "it stays claimed by nobody")
    assert delivery["reference"] == reference


def test_deliver_over_tcp(hub: RunningHub, sender: Partner) -> None:
    """``deliver = true``: the hub sends, the peer's CONTRL commits; without it the same octets come again in the next session."""
    partner = hub.add_partner("delivered", "DELIVERED:ZZZ", terms=("deliver=true",))
    references = [new_reference(), new_reference()]
    sent = [small("POSTER:ZZZ", "DELIVERED:ZZZ", reference) for reference in references]
    hub.send(sender, *sent)

    def answer_to(reference: str, action: str) -> bytes:
        body = f"UNH+1+CONTRL:D:3:UN'UCI+{reference}+POSTER:ZZZ+DELIVERED:ZZZ+{action}'UNT+3+1'"
        return interchange("DELIVERED:ZZZ", "POSTER:ZZZ", new_reference(), body.encode())

    with hub.connect(partner) as session:
        assert read_interchanges(session, 1) == [sent[0]]
    with hub.connect(partner) as session:
        wait_until(lambda: _delivered(hub, "delivered")[0] == "claimed", 20, lambda: str(_delivered(hub, "delivered")))
        assert read_interchanges(session, 1) == [sent[0]]
        session.sendall(answer_to(references[0], "7"))
        assert read_interchanges(session, 1) == [sent[1]]
        assert _delivered(hub, "delivered") == ["answered", "claimed"]
        session.sendall(answer_to(references[1], "8"))
        wait_until(lambda: _delivered(hub, "delivered") == ["answered", "answered"], 10, lambda: str(_delivered(hub, "delivered")))
        third = small("POSTER:ZZZ", "DELIVERED:ZZZ")
        hub.send(sender, third)
        assert read_interchanges(session, 1) == [third]


def _delivered(hub: RunningHub, mailbox: str) -> list[str]:
    return [row["state"] for row in hub.json("mailbox", "peek", mailbox, "--state", "all")]
