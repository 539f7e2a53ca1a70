"""Nobody sees what is not theirs: every principal tries everything of every other, over HTTPS and SFTP."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from itertools import product

import pytest

from tests.e2e.hub import Partner, RunningHub
from tests.e2e.interchanges import new_reference, small

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class Dealing:
    """One interchange from one principal to another."""

    sender: str
    owner: str
    interchange: str
    delivery: str
    claim: str


@pytest.fixture(scope="module")
def principals(hub: RunningHub) -> dict[str, Partner]:
    partners = {id: hub.add_partner(id, f"{id.upper()}:ZZZ", sftp=True) for id in ("ann", "ben", "cem")}
    agency = hub.agency("transport")
    key = hub.path.parent / "partners" / "ann.ssh"
    return partners | {"transport": Partner("transport", agency.folder, key.with_name("transport.ssh"))}


@pytest.fixture(scope="module")
def dealings(hub: RunningHub, principals: dict[str, Partner]) -> list[Dealing]:
    """One from every principal to every other, claimed by its owner."""
    key = principals["transport"].ssh_key
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key), "-C", "transport"], check=True)
    hub.vanhub("key", "add", "transport", f"{key}.pub")
    addresses = {id: hub.json("agency" if id == "transport" else "partner", "show", id)["addresses"][0] for id in principals}
    sent = {}
    for sender, owner in product(principals, principals):
        if sender != owner:
            with hub.api(principals[sender]) as api:
                message_type = b"IFTSTA" if owner == "transport" else b"CUSRES"
                octets = small(addresses[sender], addresses[owner], new_reference())
                if owner == "transport":
                    octets = octets.replace(b"CUSRES:D:01B:UN'BGM+961+", message_type + b":D:01B:UN'BGM+23+").replace(
                        b"+11'UNT+3", b"+9'DTM+9:20060320:102'UNT+4"
                    )
                status, receipt = api.submit(octets)
                assert status == 201, receipt
                sent[receipt["id"]] = (sender, owner)
    found = []
    for owner, partner in principals.items():
        with hub.api(partner) as api:
            for delivery in api.post("/v1/mailbox/claim", {"max": 100, "lease_s": 3600})[1]["deliveries"]:
                sender, addressee = sent[delivery["interchange"]]
                assert addressee == owner
                found.append(Dealing(sender, owner, delivery["interchange"], delivery["id"], delivery["claim"]))
    assert len(found) == len(sent) == 12
    return found


def test_matrix_over_https(hub: RunningHub, principals: dict[str, Partner], dealings: list[Dealing]) -> None:
    """Every principal, every dealing, every path: what it is not part of does not exist for it."""
    wrong = []
    for id, partner in principals.items():
        with hub.api(partner) as api:
            for dealing in dealings:
                delivery, record = f"/v1/deliveries/{dealing.delivery}", f"/v1/interchanges/{dealing.interchange}"
                claim = json.dumps({"claim": dealing.claim}).encode()
                seen = {
                    "delivery": api.request("GET", delivery)[0],
                    "content": api.request("GET", f"{delivery}/content")[0],
                    "original": api.request("GET", f"{delivery}/original")[0],
                    "extend": api.request("POST", f"{delivery}/extend", claim)[0],
                    "trace": api.request("GET", record)[0],
                    "acknowledgement": api.request("GET", f"{record}/acknowledgement")[0],
                    "signature": api.request("GET", f"{record}/acknowledgement.p7s")[0],
                    "evidence": api.request("GET", f"{record}/evidence")[0],
                }
                if id != dealing.owner:  # of its own the owner's claim stays
                    seen |= {act: api.request("POST", f"{delivery}/{act}", claim)[0] for act in ("commit", "release")}
                owns, sent = id == dealing.owner, id == dealing.sender
                may = dict.fromkeys(("delivery", "content", "original", "extend", "commit", "release"), owns)
                may |= dict.fromkeys(("acknowledgement", "signature", "evidence"), sent) | {"trace": owns or sent}
                wrong += [(id, dealing, name, status) for name, status in seen.items() if status != (200 if may[name] else 404)]
    assert wrong == []


def test_a_recipient_sees_only_its_part_of_a_trace(hub: RunningHub, principals: dict[str, Partner], dealings: list[Dealing]) -> None:
    for dealing in dealings:
        with hub.api(principals[dealing.owner]) as api:
            trace = api.get(f"/v1/interchanges/{dealing.interchange}")[1]
        assert {delivery["mailbox"] for delivery in trace["deliveries"]} == {dealing.owner}
        assert {event["subject"] for event in trace["events"]} == {dealing.delivery}


def test_listings_over_https(hub: RunningHub, principals: dict[str, Partner], dealings: list[Dealing]) -> None:
    for id, partner in principals.items():
        with hub.api(partner) as api:
            listed = {delivery["id"] for delivery in api.get("/v1/mailbox?state=claimed&limit=1000")[1]["deliveries"]}
        assert listed == {dealing.delivery for dealing in dealings if dealing.owner == id}


def test_listings_over_sftp(hub: RunningHub, principals: dict[str, Partner], dealings: list[Dealing]) -> None:
    """Only what it sent stands in ``ack/``, only what is for it in ``inbox/``; the names of others' files are not there, however asked for."""
    for dealing in dealings:  # what is claimed is not listed
        with hub.api(principals[dealing.owner]) as api:
            assert api.post(f"/v1/deliveries/{dealing.delivery}/release", {"claim": dealing.claim})[0] == 200
    for id, partner in principals.items():
        acks = set(re.findall(r"-([0-9a-z]{26})\.contrl\.edi", hub.sftp(partner, "ls -1 ack\n")))
        assert acks == {dealing.interchange for dealing in dealings if dealing.sender == id}
        inbox = set(re.findall(r"_([0-9a-z]{26})\.edi", hub.sftp(partner, "ls -1 inbox\n")))
        assert inbox == {dealing.delivery for dealing in dealings if dealing.owner == id}
    names = {owner: re.findall(r"inbox/(\S+\.edi)", hub.sftp(partner, "ls -1 inbox\n")) for owner, partner in principals.items()}
    for id, partner in principals.items():
        others = [name for owner in principals if owner != id for name in names[owner]]
        said = hub.sftp(partner, "".join(f"-get inbox/{name} /dev/null\n" for name in others))
        assert said.count("not found") == len(others) == 9
