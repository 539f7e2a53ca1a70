"""Where messages go: addressed to the hub, by their types to several agencies at once; the good ones beside the bad; all or nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.e2e.hub import Partner, RunningHub, cusres, interchange
from tests.e2e.interchanges import example_message, new_reference, small, without_bgm
from tests.e2e.ways import said, uci

pytestmark = pytest.mark.e2e

DECLARATION = example_message("cusdec-export.edi", "1")
APPLICATION = example_message("sancrt-application.edi", "2")
REFUND = example_message("taxcon-refund.edi", "3")


@pytest.fixture(scope="module")
def sender(hub: RunningHub) -> Partner:
    return hub.add_partner("router", "ROUTER:ZZZ")


@pytest.fixture(scope="module")
def agencies(hub: RunningHub) -> dict[str, Partner]:
    return {id: hub.agency(id) for id in ("customs", "licensing", "tax", "e-port")}


def got(hub: RunningHub, agency: Partner, interchange: str) -> list[tuple[dict[str, Any], bytes]]:
    """The agency's deliveries of one interchange, with their octets; claimed and committed."""
    with hub.api(agency) as api:
        found = []
        for delivery in api.post("/v1/mailbox/claim", {"max": 1000})[1]["deliveries"]:
            path = f"/v1/deliveries/{delivery['id']}"
            status, octets = api.request("GET", f"{path}/content")
            assert status == 200
            assert api.post(f"{path}/commit", {"claim": delivery["claim"]})[0] == 200
            if delivery["interchange"] == interchange:
                found.append((delivery, octets))
                original, _ = api.request("GET", f"{path}/original")
                assert original == (200 if delivery["reference"].startswith("E") else 404)
        return found


def messages(octets: bytes) -> list[bytes]:
    """UNH..UNT of each message."""
    return re.findall(rb"UNH\+.*?UNT\+[^']*'", octets, re.DOTALL)


def test_one_interchange_for_several_agencies(hub: RunningHub, sender: Partner, agencies: dict[str, Partner]) -> None:
    """Each gets its messages' own octets, under the original sender, in an envelope with a reference of its own; nobody sees the rest."""
    reference = new_reference()
    octets = interchange("ROUTER:ZZZ", "VANHUB:ZZZ", reference, DECLARATION, APPLICATION, REFUND)
    status, receipt = hub.post(sender, octets)
    assert (status, receipt["verdict"]) == (201, "accepted"), receipt["explanation"]
    assert uci(receipt["acknowledgement"].encode()) == (reference, "7", "")
    expected = {"customs": [DECLARATION], "licensing": [APPLICATION], "tax": [REFUND]}
    references = set()
    for id, agency in agencies.items():
        deliveries = got(hub, agency, receipt["id"])
        assert messages(b"".join(octets for _, octets in deliveries)) == expected.get(id, [DECLARATION, APPLICATION, REFUND])
        for delivery, delivered in deliveries:
            assert (delivery["sender"], delivery["interchange"], delivery["size"]) == ("ROUTER:ZZZ", receipt["id"], len(delivered))
            assert delivered.startswith(b"UNB+UNOC:3+ROUTER:ZZZ+")
            assert delivered.endswith(f"+{delivery['reference']}'".encode())
            references.add(delivery["reference"])
            (checked,) = hub.json("check", str(hub.scratch(delivered)))["interchanges"]
            assert (checked["verdict"], checked["reference"]) == ("accepted", delivery["reference"])
    assert reference not in references
    trace = hub.json("message", "trace", receipt["id"])
    assert {delivery["state"] for delivery in trace["deliveries"]} == {"delivered"}
    assert {"customs", "licensing", "tax"} <= {delivery["mailbox"] for delivery in trace["deliveries"]}


def test_a_message_that_nobody_takes(hub: RunningHub, sender: Partner, agencies: dict[str, Partner]) -> None:
    """It is rejected with 17; the others go their way."""
    orders = b"UNH+9+ORDERS:D:01B:UN'BGM+220+1+9'DTM+137:20060320:102'UNS+S'UNT+5+9'"
    status, receipt = hub.post(sender, interchange("ROUTER:ZZZ", "VANHUB:ZZZ", new_reference(), DECLARATION, orders))
    assert (status, receipt["verdict"]) == (201, "partly")
    assert [(message.reference, message.said.action, message.said.code) for message in said(receipt["acknowledgement"].encode()).messages] == [("9", "4", "17")]
    assert [messages(octets) for _, octets in got(hub, agencies["customs"], receipt["id"])] == [[DECLARATION]]


def test_partial_acceptance(hub: RunningHub, sender: Partner, agencies: dict[str, Partner]) -> None:
    """The good messages only, in their order; the bad one is named."""
    reference = new_reference()
    good = [cusres("1", number="ONE"), cusres("3", number="THREE")]
    status, receipt = hub.post(sender, interchange("ROUTER:ZZZ", "GACC:ZZZ", reference, good[0], without_bgm("2"), good[1]))
    assert (status, receipt["verdict"]) == (201, "partly")
    report = said(receipt["acknowledgement"].encode())
    assert (report.said.action, [(message.reference, message.said.action) for message in report.messages]) == ("7", [("2", "4")])
    ((delivery, octets),) = got(hub, agencies["customs"], receipt["id"])
    assert messages(octets) == good
    assert delivery["messages"] == 2


def test_all_or_nothing(hub: RunningHub, agencies: dict[str, Partner]) -> None:
    """``acceptance = all``: one bad message rejects the interchange, and nothing is delivered."""
    strict = hub.add_partner("strict", "STRICT:ZZZ", terms=("acceptance=all",))
    reference = new_reference()
    octets = interchange("STRICT:ZZZ", "GACC:ZZZ", reference, cusres("1"), without_bgm("2"))
    status, receipt = hub.post(strict, octets)
    assert (status, receipt["verdict"]) == (422, "rejected")
    assert uci(receipt["acknowledgement"].encode())[:2] == (reference, "4")
    assert got(hub, agencies["customs"], receipt["id"]) == []
    good = interchange("STRICT:ZZZ", "GACC:ZZZ", reference, cusres("1"), cusres("2"))
    status, receipt = hub.post(strict, good)
    assert (status, receipt["verdict"]) == (201, "accepted")
    assert [octets for _, octets in got(hub, agencies["customs"], receipt["id"])] == [good]


def test_agreement_terms(hub: RunningHub) -> None:
    """What ``partner set`` agrees acts on the next interchange, in open sessions too."""
    partner = hub.add_partner("agreed", "AGREED:ZZZ")
    sample = interchange("AGREED:ZZZ", "GACC:ZZZ", "A", cusres("1"))

    def verdict(api_reference: str, *, test: bool = False) -> tuple[str, str]:
        octets = sample.replace(b"+A'", f"+{api_reference}{'++++++1' if test else ''}'".encode(), 1).replace(b"UNZ+1+A'", f"UNZ+1+{api_reference}'".encode())
        status, body = api.submit(octets)
        report = said(body["acknowledgement"].encode())
        codes = [message.said.code for message in report.messages]
        return str(status), report.said.code or "".join(codes)

    with hub.api(partner) as api:
        assert verdict("A1") == ("201", "")
        for number, (term, code) in enumerate([("types=CUSDEC", "17"), ("directories=D.96B", "17"), ("syntax_versions=4", "17"), ("traffic=test", "25")]):
            hub.vanhub("partner", "set", "agreed", term)
            assert verdict(f"B{number}") == ("422", code)
            hub.vanhub("partner", "set", "agreed", f"{term.partition('=')[0]}={'both' if term.startswith('traffic') else ''}")
        hub.vanhub("partner", "set", "agreed", "traffic=production")
        assert verdict("C1", test=True) == ("422", "25")
        assert verdict("C2") == ("201", "")


def test_a_relay_carries_for_others(hub: RunningHub, sender: Partner) -> None:
    """It may send under the addresses that it carries, and collects what is addressed to them; nobody else may use them."""
    relay = hub.add_partner("relay", "RELAY:ZZZ")
    hub.vanhub("partner", "set", "relay", "carries=FAR:ZZZ,AWAY:ZZZ")
    assert [hub.post(relay, small(address, "ROUTER:ZZZ"))[0] for address in ("RELAY:ZZZ", "FAR:ZZZ", "AWAY:ZZZ", "ELSEWHERE:ZZZ")] == [201, 201, 201, 422]
    status, refused = hub.post(sender, small("FAR:ZZZ", "GACC:ZZZ"))
    assert (status, uci(refused["acknowledgement"].encode())[1:]) == (422, ("4", "23"))
    octets = small("ROUTER:ZZZ", "FAR:ZZZ")
    status, receipt = hub.post(sender, octets)
    assert status == 201
    assert [delivered for _, delivered in got(hub, relay, receipt["id"])] == [octets]
