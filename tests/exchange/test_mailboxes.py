"""mailboxes/*.toml: read strictly; the shipped ones do what their README promises."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.exchange.interchanges import HUB, NOW, Letter, principal, registry, shipped_mailboxes, write
from vanhub.edifact.report import Disposition
from vanhub.errors import OperatorError
from vanhub.exchange.admission import decide_admission
from vanhub.exchange.mailboxes import parse_mailbox, parse_mailboxes
from vanhub.packed import packed
from vanhub.values.mailbox import CopyRule, Mailbox, RouteRule, Selection
from vanhub.values.principal import Address

LEAST = 'id = "a"\nname_en = "A"\nname_zh = "甲"\naddresses = ["A:ZZZ"]\n'


def mailbox(id: str, *rules: str) -> str:
    return f'id = "{id}"\nname_en = "A"\nname_zh = "甲"\naddresses = ["{id.upper()}:ZZZ"]\n' + "\n".join(rules)


def test_the_least_file() -> None:
    assert parse_mailbox(LEAST, "a.toml") == Mailbox("a", "A", "甲", (Address("A", "ZZZ"),))


def test_a_file_with_every_key() -> None:
    content = (
        LEAST
        + """types = ["CUSDEC", "SANCRT"]
directories = ["D.01B"]
rejected = true
retention_days = 7
on_guide_fault = "hold"
[deadlines]
pickup = "30m"
answer = "4h"
expiry = "14d"
[[route]]
types = ["CUSDEC"]
documents = ["830", "929"]
senders = ["b", "c"]
[[route]]
types = ["SANCRT"]
on_guide_fault = "refuse"
[[copy]]
types = ["SANCRT"]
recipients = ["b"]
"""
    )
    assert parse_mailbox(content, "a.toml") == Mailbox(
        "a",
        "A",
        "甲",
        (Address("A", "ZZZ"),),
        ("CUSDEC", "SANCRT"),
        ("D.01B",),
        (RouteRule(Selection(("CUSDEC",), ("830", "929"), ("b", "c")), Disposition.HELD), RouteRule(Selection(("SANCRT",)), Disposition.REFUSED)),
        (CopyRule(Selection(("SANCRT",)), ("b",)),),
        timedelta(minutes=30),
        timedelta(hours=4),
        timedelta(days=14),
        7,
        True,
        Disposition.HELD,
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (LEAST + "adresses = []", "unknown key adresses; the nearest known key is addresses"),
        (LEAST + "[deadlines]\npikup = '4h'", "unknown key deadlines.pikup; the nearest known key is deadlines.pickup"),
        (LEAST + "[[route]]\ntypes = ['CUSDEC']\n[[route]]\ntype = ['CUSDEC']", "unknown key route[2].type; the nearest known key is route[2].types"),
        (LEAST + "[[route]]\ntypes = ['CUSDEC']\nrecipients = ['b']", "unknown key route[1].recipients; the nearest known key is route[1].documents"),
        ("id = 'a'", "the key name_en is missing; it takes a text of 1 to 70 characters"),
        (LEAST + "[[copy]]\nsenders = ['b']", 'the key copy[1].types is missing; it takes a list of at least 1, each a message type like "CUSDEC"'),
        (LEAST + "on_guide_fault = 'reject'", "on_guide_fault takes one of 'deliver', 'hold', 'refuse', not 'reject'"),
        (LEAST + "[[copy]]\ntypes = ['CUSDEC']\non_guide_fault = 'hold'", "unknown key copy[1].on_guide_fault; the nearest known key is copy[1].senders"),
        (LEAST + "deadlines = 3", "deadlines is a table, not 3"),
        (LEAST + "[route]\ntypes = ['CUSDEC']", "route is an array of tables [[route]], not {'types': ['CUSDEC']}"),
        (LEAST + "types = 'CUSDEC'", "types takes a list, each a message type like \"CUSDEC\", not 'CUSDEC'"),
        (LEAST + "types = ['cusdec']", "types takes a list, each a message type like \"CUSDEC\", not ['cusdec']"),
        (LEAST + "directories = ['D01B']", "directories takes a list, each a directory like \"D.01B\", not ['D01B']"),
        (LEAST + "rejected = 'yes'", "rejected takes true or false, not 'yes'"),
        (LEAST + "[deadlines]\npickup = 4", 'deadlines.pickup takes a duration like "90s", "30m", "4h" or "14d", not 4'),
        (LEAST + "types = ['TAXCON']\n[[route]]\ntypes = ['CUSDEC']", "a route names CUSDEC, which is not among types"),
        (LEAST + "types = ['TAXCON']\n[[copy]]\ntypes = ['CUSDEC']", "a copy names CUSDEC, which is not among types"),
        (
            LEAST.replace('"a"', '"A b"'),
            "id takes the id of a principal, not 'A b': 'A b' cannot name a principal: use lower-case letters, digits and inner hyphens, at most 40",
        ),
        (
            LEAST.replace("A:ZZZ", "A:ZZZZZ"),
            "addresses takes a list of at least 1, each an EDI address like \"GACC:ZZZ\", not ['A:ZZZZZ']: "
            "'A:ZZZZZ' is no EDI address: 1-35 characters, then optionally a colon and a qualifier of at most 4",
        ),
    ],
)
def test_an_error_names_file_and_key_and_what_it_takes(content: str, says: str) -> None:
    with pytest.raises(OperatorError) as refused:
        parse_mailbox(content, "a.toml")
    assert str(refused.value) == f"a.toml: {says}"


ROUTE = "[[route]]\ntypes = ['CUSDEC']\n"


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"b.toml": mailbox("a")}, "b.toml: the file of the mailbox a is named a.toml"),
        ({"a.toml": mailbox("a").replace("A:ZZZ", "VANHUB:ZZZ")}, "a.toml: VANHUB:ZZZ is the hub's own address"),
        ({"x/a.toml": mailbox("a"), "y/a.toml": mailbox("a")}, "y/a.toml: the mailbox a is defined in x/a.toml already"),
        ({"a.toml": mailbox("a"), "b.toml": mailbox("b").replace("B:ZZZ", "A:ZZZ")}, "b.toml: the address A:ZZZ belongs to a already (a.toml)"),
        (
            {"a.toml": mailbox("a", ROUTE), "b.toml": mailbox("b", ROUTE)},
            "b.toml: a route for CUSDEC overlaps with one in a.toml: tell them apart by documents or senders",
        ),
        (
            {"a.toml": mailbox("a", ROUTE + "documents = ['830']"), "b.toml": mailbox("b", ROUTE + "documents = ['929', '830']")},
            "b.toml: a route for CUSDEC overlaps with one in a.toml: tell them apart by documents or senders",
        ),
        ({"a.toml": mailbox("a", ROUTE, ROUTE)}, "a.toml: a route for CUSDEC overlaps with one in a.toml: tell them apart by documents or senders"),
        (
            {"customs.toml": mailbox("customs"), "b.toml": mailbox("b", "[[copy]]\ntypes = ['CUSDEC']\nrecipients = ['custom']")},
            "b.toml: copy.recipients names 'custom', which has no mailbox; the nearest is 'customs'",
        ),
    ],
)
def test_files_that_contradict_one_another(files: dict[str, str], says: str) -> None:
    with pytest.raises(OperatorError) as refused:
        parse_mailboxes(files, hub="VANHUB:ZZZ")
    assert str(refused.value) == says


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ROUTE, ROUTE + "documents = ['830']"),
        (ROUTE, ROUTE + "senders = ['x']"),
        (ROUTE + "documents = ['830']", ROUTE + "documents = ['929']"),
        (ROUTE + "documents = ['830']", ROUTE + "senders = ['x']"),
        (ROUTE + "documents = ['830']\nsenders = ['x']", ROUTE + "senders = ['x']"),
    ],
)
def test_routes_that_rules_tell_apart(one: str, other: str) -> None:
    assert [box.id for box in parse_mailboxes({"b.toml": mailbox("b", one), "a.toml": mailbox("a", other)}, hub="VANHUB:ZZZ")] == ["a", "b"]


def test_the_shipped_agencies() -> None:
    boxes = shipped_mailboxes()
    assert [(box.id, str(box.addresses[0])) for box in boxes] == [
        ("customs", "GACC:ZZZ"),
        ("e-port", "EPORT:ZZZ"),
        ("foreign-customs-ca", "CACUSTOMS:ZZZ"),
        ("foreign-customs-eu", "EUCUSTOMS:ZZZ"),
        ("foreign-customs-tr", "TRCUSTOMS:ZZZ"),
        ("foreign-customs-us", "USCUSTOMS:ZZZ"),
        ("foreign-exchange", "SAFE:ZZZ"),
        ("inspection", "CIQ:ZZZ"),
        ("licensing", "MOFTEC:ZZZ"),
        ("registry", "SAIC:ZZZ"),
        ("statistics", "GACCSTAT:ZZZ"),
        ("tax", "SAT:ZZZ"),
        ("transport", "MOT:ZZZ"),
    ]
    for box in boxes:
        assert re.search(r"[\u4e00-\u9fff]", box.name_zh)
        assert box.wants_rejected
        assert box.pickup_deadline is not None
        assert box.answer_deadline is not None
        assert box.pickup_deadline < box.answer_deadline < box.expiry


def test_the_readme_describes_every_key() -> None:
    readme = (packed("mailboxes") / "README.md").read_text(encoding="utf-8")
    described = set(re.findall(r"`([a-z_.]+)`", "\n".join(re.findall(r"^\| (`[^|]*) \|", readme, re.MULTILINE))))
    assert described >= {"id", "name_en", "name_zh", "addresses", "types", "directories", "rejected", "retention_days"}
    assert described >= {"deadlines.pickup", "deadlines.answer", "deadlines.expiry", "documents", "senders", "recipients"}


@pytest.mark.parametrize(
    ("sender", "type", "document", "to", "copies"),
    [
        ("trader", "CUSDEC", "830", "customs", ["e-port"]),
        ("trader", "CUSPED", "929", "customs", ["e-port"]),
        ("customs", "CUSDEC", "830", "e-port", ["foreign-exchange", "statistics", "tax"]),
        ("customs", "CUSDEC", "929", "e-port", ["foreign-exchange", "statistics"]),
        ("trader", "CUSCAR", "85", "customs", ["e-port", "inspection"]),
        ("trader", "CUSREP", "185", "customs", ["e-port", "inspection", "transport"]),
        ("trader", "COARRI", "119", "customs", ["transport"]),
        ("trader", "CODECO", "109", "customs", ["transport"]),
        ("trader", "SANCRT", "810", "licensing", ["e-port"]),
        ("trader", "SANCRT", "", "licensing", ["e-port"]),
        ("trader", "QUOTES", "310", "licensing", []),
        ("licensing", "SANCRT", "811", "customs", ["e-port"]),
        ("licensing", "SANCRT", "990", "customs", ["e-port"]),
        ("trader", "SANCRT", "812", "foreign-exchange", ["e-port"]),
        ("foreign-exchange", "SANCRT", "812", "customs", ["e-port"]),
        ("trader", "SANCRT", "841", "inspection", ["e-port"]),
        ("inspection", "SANCRT", "841", "customs", ["e-port"]),
        ("customs", "SANCRT", "901", "licensing", ["e-port"]),
        ("trader", "BOPCUS", "46", "foreign-exchange", ["e-port"]),
        ("trader", "BOPBNK", "46", "foreign-exchange", []),
        ("foreign-exchange", "BOPINF", "812", "tax", ["e-port"]),
        ("trader", "TAXCON", "937", "tax", ["e-port"]),
        ("trader", "REGENT", "101", "registry", ["e-port"]),
        ("statistics", "GESMES", "74", "licensing", []),
        ("customs", "GESMES", "74", "statistics", ["licensing"]),
        ("trader", "GESMES", "75", "statistics", []),
        ("trader", "GOVCBR", "", "e-port", []),
        ("customs", "PARTIN", "", "registry", ["e-port", "licensing"]),
    ],
)
def test_the_hub_sorts_as_the_readme_says(sender: str, type: str, document: str, to: str, copies: list[str]) -> None:
    trader = principal("trader", "TRADER:ZZZ")
    known = registry(trader)
    who = known.principals[sender]
    written = write(Letter(type, document), sender=str(who.addresses[0]))
    admission = decide_admission(written.report, peek=written.peek, principal=who, registry=known, hub=HUB, now=NOW)
    assert [(route.mailbox, route.copy) for route in admission.routes] == [(to, False), *((copy, True) for copy in copies)]


def test_nobody_is_sent_what_it_wrote_itself() -> None:
    known = registry()
    written = write(Letter("SANCRT", "966"), sender="MOFTEC:ZZZ")
    admission = decide_admission(written.report, peek=written.peek, principal=known.principals["licensing"], registry=known, hub=HUB, now=NOW)
    assert [fault.text() for fault in admission.report.faults] == ["no agreement for SANCRT"]
    assert admission.routes == ()


def test_the_registers_answer_to_a_trader_is_copied_to_the_agencies_but_two_traders_mail_is_theirs() -> None:
    trader, other = principal("trader", "TRADER:ZZZ"), principal("other", "OTHER:ZZZ")
    known = registry(trader, other)
    answer = write(Letter("REGENT", "301"), sender="SAIC:ZZZ", recipient="TRADER:ZZZ")
    private = write(Letter("REGENT", "301"), Letter("CUSDEC"), sender="OTHER:ZZZ", recipient="TRADER:ZZZ")
    routes = [
        [route.mailbox for route in decide_admission(w.report, peek=w.peek, principal=who, registry=known, hub=HUB, now=NOW).routes]
        for w, who in ((answer, known.principals["registry"]), (private, other))
    ]
    assert routes == [["trader", "customs", "e-port", "foreign-exchange", "inspection", "licensing", "tax"], ["trader"]]


@pytest.mark.parametrize(("country", "address"), [("us", "USCUSTOMS"), ("eu", "EUCUSTOMS"), ("ca", "CACUSTOMS"), ("tr", "TRCUSTOMS")])
def test_foreign_customs_get_licences_and_ask_about_them(country: str, address: str) -> None:
    known = registry()
    foreign = f"foreign-customs-{country}"
    routes = []
    for sender, recipient, who in (("MOFTEC", address, "licensing"), (address, "MOFTEC", foreign)):
        written = write(Letter("SANCRT", "811"), sender=f"{sender}:ZZZ", recipient=f"{recipient}:ZZZ")
        admission = decide_admission(written.report, peek=written.peek, principal=known.principals[who], registry=known, hub=HUB, now=NOW)
        routes.append([route.mailbox for route in admission.routes])
    assert routes == [[foreign, "e-port"], ["licensing", "e-port"]]
