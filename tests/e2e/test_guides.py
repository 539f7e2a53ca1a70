"""Messages that break a guide, on a running hub: delivered, held or refused as the mailbox or the route says, and told to everybody whom it concerns."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.hub import Partner, RunningHub, cusres, interchange
from tests.e2e.interchanges import new_reference
from tests.e2e.ways import said, sftp_files
from vanhub.edifact.aperak import parse_aperak

pytestmark = pytest.mark.e2e

GUIDE = """\
name = "numbered"
title_en = "Answers with numbers"
title_zh = "带编号的回执"
message = "CUSRES"
directory = "D.01B"
association = ""
documents = ["961"]
source = "this test"

[[use]]
at = "BGM"
name_en = "answer"
name_zh = "回执"
elements.1004 = { form = "n..9" }
"""

MAILBOX = """\
id = "{id}"
name_en = "{id}"
name_zh = "新机构"
addresses = ["{address}"]
on_guide_fault = "{rule}"
"""

ROUTE = """
[[route]]
types = ["CUSRES"]
senders = ["router"]
on_guide_fault = "hold"
"""

GOOD, BROKEN = cusres("1", number="1"), cusres("2", number="NUMBER2")


@pytest.fixture(scope="module")
def guided(new_hub: Callable[..., RunningHub]) -> RunningHub:
    """A hub with a guide of its own, and an agency for each way to treat what breaks it."""
    hub = new_hub()
    (hub.path / "schemas" / "guides").mkdir()
    (hub.path / "schemas" / "guides" / "numbered.toml").write_text(GUIDE, encoding="utf-8")
    for id, rule, more in (("deliverer", "deliver", ""), ("holder", "hold", ""), ("refuser", "refuse", ROUTE)):
        (hub.path / "mailboxes" / f"{id}.toml").write_text(MAILBOX.format(id=id, address=f"{id.upper()}:ZZZ", rule=rule) + more, encoding="utf-8")
    return hub.start()


@pytest.fixture(scope="module")
def sender(guided: RunningHub) -> Partner:
    return guided.add_partner("sender", "SENDER:ZZZ", sftp=True)


@pytest.fixture(scope="module")
def agencies(guided: RunningHub) -> dict[str, Partner]:
    return {id: guided.agency(id) for id in ("deliverer", "holder", "refuser")}


def waiting(hub: RunningHub, agency: Partner, receipt: dict[str, Any], state: str) -> list[tuple[int, int]]:
    """Of each delivery of the interchange that is in ``state``: how many messages, how many of them break a guide."""
    with hub.api(agency) as api:
        listed = api.get(f"/v1/mailbox?state={state}&limit=1000")[1]["deliveries"]
    return [(each["messages"], each["guide_faults"]) for each in listed if each["interchange"] == receipt["id"]]


def told(acknowledgement: str | bytes) -> list[tuple[str, list[str]]]:
    """Of each APERAK: BGM's response type, and the codes of its errors."""
    octets = acknowledgement.encode() if isinstance(acknowledgement, str) else acknowledgement
    return [(report.response, [error.code for error in report.errors]) for report in parse_aperak(octets)]


@pytest.mark.parametrize(
    ("agency", "verdict", "response", "held", "available"),
    [
        ("deliverer", "accepted", "AB", [], [(2, 1)]),
        ("holder", "accepted", "AJ", [(1, 1)], [(1, 0)]),
        ("refuser", "partly", "RE", [], [(1, 0)]),
    ],
)
def test_a_good_message_and_one_that_breaks_the_guide(
    guided: RunningHub,
    sender: Partner,
    agencies: dict[str, Partner],
    agency: str,
    verdict: str,
    response: str,
    held: list[tuple[int, int]],
    available: list[tuple[int, int]],
) -> None:
    octets = interchange("SENDER:ZZZ", f"{agency.upper()}:ZZZ", new_reference(), GOOD, BROKEN)
    status, receipt = guided.post(sender, octets)
    assert (status, receipt["verdict"], receipt["guide_faults"]) == (201, verdict, 1), receipt["explanation"]
    # Its syntax is acknowledged in any case; what became of it is the APERAK's to say.
    assert (said(receipt["acknowledgement"].encode()).said.action, said(receipt["acknowledgement"].encode()).messages) == ("7", ())
    assert told(receipt["acknowledgement"]) == [(response, ["E112"])]
    assert "numbered" in receipt["explanation"]
    assert "NUMBER2 " in receipt["explanation"]
    assert (waiting(guided, agencies[agency], receipt, "held"), waiting(guided, agencies[agency], receipt, "available")) == (held, available)
    # A repeat, on another way too, gets the same octets and delivers nothing.
    again, repeated = guided.post(sender, octets)
    assert (again, repeated["outcome"], repeated["acknowledgement"], repeated["guide_faults"]) == (200, "repeat", receipt["acknowledgement"], 1)
    files = sftp_files(guided, sender, octets)
    assert files[".contrl.edi"].decode() == receipt["acknowledgement"]
    assert files[".explain.txt"].decode() == receipt["explanation"]
    assert (waiting(guided, agencies[agency], receipt, "held"), waiting(guided, agencies[agency], receipt, "available")) == (held, available)
    with guided.api(sender) as api:
        trace = api.get(f"/v1/interchanges/{receipt['id']}")[1]
    (fault,) = trace["interchange"]["guide_faults"]
    assert (fault["guide"], fault["message"], fault["segment"], fault["element"], fault["value"]) == ("numbered", "2", "BGM", 3, "NUMBER2")
    fates = {"AB": ("accepted", "delivered"), "AJ": ("accepted", "held"), "RE": ("rejected", "refused")}
    assert [(message["verdict"], message["disposition"]) for message in trace["messages"]] == [("accepted", None), fates[response]]


def test_sent_by_sftp_first(guided: RunningHub, sender: Partner) -> None:
    """The answer's files hold CONTRL and APERAK as one interchange, and its signature is over both."""
    files = sftp_files(guided, sender, interchange("SENDER:ZZZ", "HOLDER:ZZZ", new_reference(), BROKEN))
    assert (said(files[".contrl.edi"]).said.action, told(files[".contrl.edi"])) == ("7", [("AJ", ["E112"])])
    assert set(files) == {".contrl.edi", ".contrl.p7s", ".explain.txt"}
    signature, content = guided.scratch(files[".contrl.p7s"]), guided.scratch(files[".contrl.edi"])
    command = f"openssl cms -verify -binary -inform DER -in {signature} -content {content} -CAfile {sender.folder / 'ca.pem'} -out /dev/null"
    subprocess.run(command.split(), check=True, capture_output=True)


def held_by(hub: RunningHub, agency: str, interchange: str) -> dict[str, Any]:
    """The one delivery of the interchange that is held."""
    (delivery,) = [each for each in hub.json("mailbox", "peek", agency, "--state", "held", "--limit", "1000") if each["interchange"] == interchange]
    return dict(delivery)


def test_what_is_held_is_collected_when_an_operator_freed_it(guided: RunningHub, agencies: dict[str, Partner]) -> None:
    """On a route; nobody can claim it before, an alert says so, and the agency gets the faults with it."""
    router = guided.add_partner("router", "ROUTER:ZZZ")
    _, receipt = guided.post(router, interchange("ROUTER:ZZZ", "VANHUB:ZZZ", new_reference(), BROKEN))
    delivery = held_by(guided, "refuser", receipt["id"])
    assert "refuser" in [alert["subject"] for alert in guided.json("alerts", "list") if alert["kind"] == "held"]
    with guided.api(agencies["refuser"]) as api:
        assert receipt["id"] not in [each["interchange"] for each in api.post("/v1/mailbox/claim", {"max": 1000})[1]["deliveries"]]
        assert guided.json("mailbox", "free", delivery["id"])["state"] == "available"
        (claimed,) = api.post("/v1/mailbox/claim", {"max": 1})[1]["deliveries"]
        assert (claimed["id"], claimed["guide_faults"]) == (delivery["id"], 1)
        trace = api.get(f"/v1/interchanges/{receipt['id']}")[1]
        assert [fault["value"] for fault in trace["interchange"]["guide_faults"]] == ["NUMBER2"]
        assert api.post(f"/v1/deliveries/{claimed['id']}/commit", {"claim": claimed["claim"]})[0] == 200
    assert "refuser" not in [alert["subject"] for alert in guided.json("alerts", "list") if alert["kind"] == "held"]
    assert "numbered" in guided.vanhub("message", "trace", receipt["id"])


def test_what_an_operator_refused_can_be_sent_again_corrected(guided: RunningHub, sender: Partner) -> None:
    reference = new_reference()
    _, receipt = guided.post(sender, interchange("SENDER:ZZZ", "HOLDER:ZZZ", reference, BROKEN))
    delivery = held_by(guided, "holder", receipt["id"])
    assert "a refusal has a reason" in guided.vanhub("mailbox", "refuse", delivery["id"], "--reason", " ", code=2)
    assert guided.json("mailbox", "refuse", delivery["id"], "--reason", "no such number")["state"] == "refused"
    assert guided.vanhub("message", "trace", receipt["id"]).count("no such number") == len(["holder", "e-port"])
    trace = guided.json("message", "trace", receipt["id"])
    assert {event["subject"]: event["data"]["reason"] for event in trace["events"] if event["kind"] == "delivery.refused"} == {
        each["id"]: "no such number" for each in trace["deliveries"]
    }
    # The data centre's copy shares its fate.
    assert [(each["mailbox"], each["state"], each["held_with"]) for each in trace["deliveries"]] == [
        ("holder", "refused", ""),
        ("e-port", "refused", delivery["id"]),
    ]
    status, corrected = guided.post(sender, interchange("SENDER:ZZZ", "HOLDER:ZZZ", reference, cusres("2", number="2")))
    assert (status, corrected["outcome"], corrected["verdict"]) == (201, "new", "accepted")


def test_what_was_refused_whole_can_be_sent_again_corrected(guided: RunningHub, sender: Partner) -> None:
    reference = new_reference()
    octets = interchange("SENDER:ZZZ", "REFUSER:ZZZ", reference, BROKEN)
    status, receipt = guided.post(sender, octets)
    assert (status, receipt["verdict"], told(receipt["acknowledgement"])) == (422, "rejected", [("RE", ["E112"])])
    assert said(receipt["acknowledgement"].encode()).said.action == "7"
    assert guided.post(sender, octets)[1]["acknowledgement"] == receipt["acknowledgement"]
    status, corrected = guided.post(sender, interchange("SENDER:ZZZ", "REFUSER:ZZZ", reference, cusres("2", number="2")))
    assert (status, corrected["outcome"], corrected["verdict"]) == (201, "new", "accepted")


def test_a_large_interchange_is_held_against_the_guide_by_a_worker(guided: RunningHub, sender: Partner, agencies: dict[str, Partner]) -> None:
    numbers = range(1, 20_001)
    messages = [cusres(str(number), number=f"{number}" if number != 777 else "NUMBER777") for number in numbers]
    octets = interchange("SENDER:ZZZ", "HOLDER:ZZZ", new_reference(), *messages)
    assert len(octets) > 1 << 20
    status, receipt = guided.post(sender, octets)
    assert (status, receipt["verdict"], told(receipt["acknowledgement"])) == (201, "accepted", [("AJ", ["E112"])])
    assert (waiting(guided, agencies["holder"], receipt, "held"), waiting(guided, agencies["holder"], receipt, "available")) == ([(1, 1)], [(19_999, 0)])


def test_a_guide_is_read_again_and_a_broken_one_changes_nothing(guided: RunningHub, sender: Partner) -> None:
    file = guided.path / "schemas" / "guides" / "numbered.toml"

    def found() -> int:
        return int(guided.post(sender, interchange("SENDER:ZZZ", "DELIVERER:ZZZ", new_reference(), BROKEN))[1]["guide_faults"])

    try:
        file.write_text(GUIDE.replace("name_en", "name_end"), encoding="utf-8")
        error = guided.vanhub("reload", code=2)
        assert "numbered.toml" in error
        assert "name_en" in error
        assert found() == 1
        file.write_text(GUIDE.replace("n..9", "an..17"), encoding="utf-8")
        guided.vanhub("reload")
        assert found() == 0
    finally:
        file.write_text(GUIDE, encoding="utf-8")
        guided.vanhub("reload")
    assert found() == 1


def test_nothing_was_lost(guided: RunningHub, sender: Partner) -> None:
    """Last in this file: whatever was held, refused or freed, the store is consistent."""
    assert guided.json("doctor")["findings"] == []
