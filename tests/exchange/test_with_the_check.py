"""The examples through the real check, admission and envelopes: what every mailbox gets is accepted by the check again and holds the original messages."""

from __future__ import annotations

import pytest

from tests.exchange.interchanges import HUB, NOW, principal, registry
from vanhub.directory.check import check_interchange
from vanhub.directory.load import open_directories
from vanhub.directory.model import Directories
from vanhub.edifact.report import Verdict
from vanhub.exchange.admission import decide_admission
from vanhub.exchange.envelopes import build_recipe, recipe_octets
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
