"""The examples through the real check, admission and envelopes: what every mailbox gets is accepted by the check again and holds the original messages."""

from __future__ import annotations

from itertools import combinations

import pytest

from tests.exchange.interchanges import HUB, NOW, principal, registry
from vanhub.directory.check import check_interchange
from vanhub.directory.load import open_directories
from vanhub.directory.model import Directories
from vanhub.edifact.contrl import render_contrl
from vanhub.edifact.faults import FaultKind
from vanhub.edifact.iso2022 import CodeExtension, without_shifts
from vanhub.edifact.report import Party, Verdict
from vanhub.exchange.admission import decide_admission
from vanhub.exchange.envelopes import build_recipe, recipe_octets
from vanhub.exchange.routing import Route
from vanhub.packed import packed
from vanhub.values.delivery import Slot
from vanhub.values.principal import Address

PARTNERS = [
    principal("trader", "SZTEXTILES:ZZZ"),
    principal("broker", "SKBROKER:ZZZ"),
    principal("carrier", "NHLINE:ZZZ"),
    principal("bank", "PRBANK:ZZZ"),
]

# Mailbox -> positions of its messages in the interchange; copies are marked.
EXPECTED = {
    "bopcus-receipt": {"foreign-exchange": "0", "e-port copy": "0"},
    "contrl": {"customs": "0"},
    "cuscar-manifest": {"customs": "0", "e-port copy": "0", "inspection copy": "0"},
    "cusdec-chinese": {"customs": "0", "e-port copy": "0"},
    "cusdec-export": {"customs": "0", "e-port copy": "0"},
    "cusdec-import": {"customs": "0", "e-port copy": "0"},
    "cusdec-test": {"customs test": "0", "e-port test copy": "0"},
    "cusdec-three-faults": {"customs": "04", "e-port copy": "04"},
    "cusrep-arrival": {"customs": "0", "e-port copy": "0", "inspection copy": "0", "transport copy": "0"},
    "cusres-rejection": {"broker": "0", "e-port copy": "0"},
    "cusres-release": {"trader": "0", "e-port copy": "0"},
    "grouped": {"customs": "01", "licensing": "2", "e-port copy": "012"},
    "regent-registration": {"licensing": "0", "e-port copy": "0", "registry copy": "0"},
    "sancrt-application": {"licensing": "0", "e-port copy": "0"},
    "sancrt-licence": {"trader": "0", "e-port copy": "0"},
    "taxcon-refund": {"tax": "0", "e-port copy": "0"},
}


@pytest.fixture(scope="module")
def directories() -> Directories:
    return open_directories(packed("schemas"))


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_reaches_its_mailboxes(name: str, directories: Directories) -> None:
    data = (packed("examples") / f"{name}.edi").read_bytes()
    report = check_interchange(data, directories)
    known = registry(*PARTNERS)
    sender = known.owner(Address(report.header.sender.identification, report.header.sender.qualifier))
    assert sender is not None

    def peek(offset: int, length: int) -> bytes:
        return data[offset : offset + length]

    admission = decide_admission(report, peek=peek, principal=sender, registry=known, hub=HUB, now=NOW)
    assert admission.report.faults == report.faults
    got = {f"{route.mailbox}{' test' * (route.slot is Slot.TEST)}{' copy' * route.copy}": "".join(map(str, route.messages)) for route in admission.routes}
    assert got == EXPECTED[name]

    for route in admission.routes:
        recipe = build_recipe(admission.report, route, peek=peek, original_size=len(data), reference="OWN1", now=NOW)
        delivered = b"".join(recipe_octets(recipe, peek))
        again = check_interchange(delivered, directories)
        assert route.whole == (delivered == data)
        assert (again.verdict, again.faults) == (Verdict.ACCEPTED, ())
        assert (again.header.sender, again.header.recipient, again.header.test) == (report.header.sender, route.recipient, report.header.test)
        assert again.header.reference == (report.header.reference if route.whole else "OWN1")
        originals = [report.messages[index] for index in route.messages]
        assert [delivered[m.offset : m.end] for m in again.messages] == [data[m.offset : m.end] for m in originals]


def body(name: str, number: int) -> bytes:
    """The message of an example, as the ``number``-th of an interchange."""
    data = (packed("examples") / f"{name}.edi").read_bytes()
    message = data[data.index(b"UNH+") : data.index(b"UNZ+")].rstrip()
    reference = message[4:].split(b"+", 1)[0]
    return message.replace(b"UNH+" + reference, b"UNH+%d" % number, 1)[: -len(reference) - 1] + b"%d'" % number


def package(reference: str, related: str, *, length: int = 5) -> bytes:
    return f"UNO+{reference}+2:{related}+1:PDF+5'UNZ'+UNP+{length}+{reference}'".encode()


def test_a_package_goes_with_the_messages_that_it_names(directories: Directories) -> None:
    header = b"UNB+UNOY:4+SZTEXTILES:ZZZ+VANHUB:ZZZ+20260320:0900+PACKED'"
    pieces = [body("cusdec-import", 1), body("sancrt-application", 2), package("P1", "2"), package("P2", "NOWHERE"), package("P3", "1", length=6)]
    data = header + b"".join(pieces) + b"UNZ+5+PACKED'"
    report = check_interchange(data, directories)
    assert [(fault.kind.name, fault.message) for fault in report.faults] == [("LENGTH_IN_UNP", 4)]

    def peek(offset: int, length: int) -> bytes:
        return data[offset : offset + length]

    known = registry(*PARTNERS)
    sender = known.owner(Address.parse("SZTEXTILES:ZZZ"))
    assert sender is not None
    admission = decide_admission(report, peek=peek, principal=sender, registry=known, hub=HUB, now=NOW)
    assert admission.verdict is Verdict.PARTLY
    routes = {route.mailbox: route for route in admission.routes if not route.copy}
    assert {mailbox: route.messages for mailbox, route in routes.items()} == {"customs": (0, 3), "licensing": (1, 2, 3)}
    recipe = build_recipe(report, routes["licensing"], peek=peek, original_size=len(data), reference="CUT", now=NOW)
    delivered = b"".join(recipe_octets(recipe, peek))
    assert delivered.endswith(b"".join(pieces[1:4]) + b"UNZ+3+CUT'")
    again = check_interchange(delivered, directories)
    assert (again.faults, [message.reference for message in again.messages]) == ((), ["2", "P1", "P2"])
    contrl = render_contrl(admission.report, hub=Party("VANHUB", "ZZZ"), reference="A", prepared=NOW, fallback_sender=Party("SZTEXTILES", "ZZZ"))
    assert b"'UCM+++4+29+UNP+2+P3'" in contrl
    assert check_interchange(contrl, directories).faults == ()


def test_what_is_designated_for_all_messages_goes_with_each_of_them(directories: Directories) -> None:
    korean, japanese = "무역".encode("iso2022_kr").removeprefix(b"\x1b$)C"), b"\x1b$B4+\x1b(J"
    texts = [b"\x1b$)C" + korean, korean, japanese + b"A\xb9\xab", korean, b"\x1b$)A" + "贸易".encode("gb2312"), b"\x1b*I\x1bn1\x0f"]
    messages = [body("cusdec-import", number).replace(b"SHEKOU CUSTOMS BROKERS", text) for number, text in enumerate(texts, start=1)]
    data = b"UNA:+.? 'UNB+UNOX:3+SZTEXTILES:ZZZ+GACC:ZZZ+060320:0900+SHIFTED'" + b"\r\n".join(messages) + b"UNZ+%d+SHIFTED'" % len(messages)

    def peek(offset: int, length: int) -> bytes:
        return data[offset : offset + length]

    def written(octets: bytes, start: int, end: int) -> str:
        extension = CodeExtension()
        extension.feed(octets[:start])
        return without_shifts(extension.feed(octets[start:end]))

    report = check_interchange(data, directories)
    originals = [written(data, message.offset, message.end) for message in report.messages]
    assert [text.partition("NAD+CB+4403980127:ZZZ:ZZZ++")[2].partition("'")[0] for text in originals] == ["무역", "무역", "勧A무", "무역", "贸易", "ｱ"]
    for chosen in [each for size in range(1, 6) for each in combinations(range(6), size)]:
        route = Route("customs", Slot.PRODUCTION, chosen, False, Party("GACC", "ZZZ"), NOW)
        recipe = build_recipe(report, route, peek=peek, original_size=len(data), reference="OWN1", now=NOW)
        delivered = b"".join(recipe_octets(recipe, peek))
        again = check_interchange(delivered, directories)
        assert ([fault.kind for fault in again.faults], again.end, len(again.messages)) == ([], len(delivered), len(chosen))
        assert [delivered[m.offset : m.end] for m in again.messages] == [data[report.messages[n].offset : report.messages[n].end] for n in chosen]
        assert [written(delivered, m.offset, m.end) for m in again.messages] == [originals[n] for n in chosen]
        if chosen == (1,):
            assert b"+OWN1'\x1b(B\x1b$)C\x0f\x1b~UNH+2+" in delivered
            assert delivered.endswith(b"'\x1b(B\x1b$)A\x0f\x1b~UNZ+1+OWN1'")
        if chosen == (0, 1):
            assert b"+OWN1'UNH+1+" in delivered
            assert b"'\r\nUNH+2+" in delivered


def test_an_interactive_interchange_is_refused(directories: Directories) -> None:
    data = b"UIB+UNOA:4+D1++++SZTEXTILES:ZZZ+SKBROKER:ZZZ'UIH+IHCLME:D:01B::UN+M1'UIT+M1+2'UIZ+D1+1'"
    report = check_interchange(data, directories)
    assert report.verdict is Verdict.ACCEPTED
    known = registry(*PARTNERS)
    sender = known.owner(Address.parse("SZTEXTILES:ZZZ"))
    assert sender is not None
    admission = decide_admission(report, peek=lambda at, size: data[at : at + size], principal=sender, registry=known, hub=HUB, now=NOW)
    assert (admission.verdict, admission.routes, [fault.kind for fault in admission.report.faults]) == (Verdict.REJECTED, (), [FaultKind.INTERACTIVE])
    contrl = render_contrl(admission.report, hub=Party("VANHUB", "ZZZ"), reference="A", prepared=NOW, fallback_sender=Party("SZTEXTILES", "ZZZ"))
    assert b"'UCI+D1+SZTEXTILES:ZZZ+SKBROKER:ZZZ+4+47+UIB'" in contrl
    assert check_interchange(contrl, directories).faults == ()
