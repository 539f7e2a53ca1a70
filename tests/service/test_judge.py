"""Everything that the acceptance transaction is given, for the examples and for what is no interchange."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.pki.judges import Ca, seeded
from tests.service.parts import NOW
from vanhub.directory.check import check_interchange
from vanhub.directory.load import open_directories
from vanhub.directory.model import Directories
from vanhub.edifact.explain import explain_report
from vanhub.edifact.report import Report, Verdict
from vanhub.exchange.duplicates import duplicate_key
from vanhub.exchange.mailboxes import parse_mailboxes
from vanhub.packed import packed
from vanhub.pki import cms, profiles, subjects
from vanhub.service.judge import Judge, Submission
from vanhub.values.acceptance import Acceptance, Accepted, Answer, NewDelivery, Outcome
from vanhub.values.agreement import Agreement
from vanhub.values.delivery import Slice, Slot
from vanhub.values.principal import Address, Principal, PrincipalKind
from vanhub.values.registry import Registry

HUB = Address("VANHUB", "ZZZ")
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def directories() -> Directories:
    return open_directories(packed("schemas"))


@pytest.fixture(scope="module")
def registry() -> Registry:
    mailboxes = parse_mailboxes({file.name: file.read_text(encoding="utf-8") for file in packed("mailboxes").glob("*.toml")}, hub=str(HUB))
    agencies = [Principal(mailbox.id, PrincipalKind.AGENCY, mailbox.name_en, "", True, mailbox.addresses, (), Agreement()) for mailbox in mailboxes]
    names = {"shenzhen-textiles": "SZTEXTILES:ZZZ", "shekou-brokers": "SKBROKER:ZZZ", "nanhai-line": "NHLINE:ZZZ", "pearl-river-bank": "PRBANK:ZZZ"}
    partners = [Principal(id, PrincipalKind.PARTNER, id, "", True, (Address.parse(text),), (), Agreement()) for id, text in names.items()]
    return Registry((*agencies, *partners), (), mailboxes)


@pytest.fixture
def judge(ca: Ca) -> Judge:
    leaf, key = ca.leaf_and_key(profiles.ACKNOWLEDGEMENT_SIGNER, subjects.acknowledgement_subject("vanhub.example"))
    return Judge(HUB, cms.Signer(key, leaf, [ca.issuing.certificate]), seeded(1), faults_listed=1000)


@pytest.fixture(scope="module")
def ca() -> Ca:
    return Ca.make(now=NOW)


def submission(data: bytes, principal: Principal) -> Submission:
    digest = hashlib.sha256(data).hexdigest()
    return Submission(principal, "sftp", "192.0.2.7:40001", "a.edi", NOW, len(data), digest, lambda offset, length: data[offset : offset + length])


def decide(judge: Judge, directories: Directories, registry: Registry, data: bytes, sender: str = "") -> tuple[Report, Submission, Acceptance]:
    report = check_interchange(data, directories)
    owner = registry.principal(sender) if sender else registry.owner(Address(report.header.sender.identification, report.header.sender.qualifier))
    assert owner is not None
    submitted = submission(data, owner)
    return report, submitted, judge.decide(report, submitted, registry, now=NOW)


def example(name: str) -> bytes:
    return (packed("examples") / f"{name}.edi").read_bytes()


def require_signed(acceptance: Acceptance, ca: Ca) -> None:
    """The signature is the hub's over the acknowledgement, and names what was received."""
    assert acceptance.acknowledgement is not None
    assert acceptance.signature is not None
    signed = cms.verify(acceptance.acknowledgement, acceptance.signature, roots=[ca.root.certificate], at=NOW)
    assert (signed.received_sha256.hex(), signed.received_octets) == (acceptance.sha256, acceptance.size)
    assert signed.signing_time == NOW.replace(microsecond=0)


def expected(report: Report, submitted: Submission, **changes: object) -> Acceptance:
    """What is the same for every interchange; ``changes`` are what the example is about."""
    same = Acceptance(
        id="",
        principal=submitted.principal.id,
        gateway="sftp",
        peer="192.0.2.7:40001",
        file_name="a.edi",
        received_at=NOW,
        size=submitted.size,
        sha256=submitted.sha256,
        header=report.header,
        verdict=Verdict.ACCEPTED,
        is_interchange=True,
        only_control=False,
        faults=[],
        faults_total=0,
        messages=report.messages,
        deliveries=(),
        acknowledgement=None,
        signature=None,
        explanation=explain_report(report, submitted.peek, language="both", encoding=""),
        duplicate_key=duplicate_key(report.header),
        duplicate_since=NOW - 400 * DAY,
    )
    return replace(same, **changes)  # type: ignore[arg-type]


def test_an_accepted_interchange(judge: Judge, ca: Ca, directories: Directories, registry: Registry) -> None:
    data = example("cusdec-export")
    report, submitted, acceptance = decide(judge, directories, registry, data)
    require_signed(acceptance, ca)
    ids = [acceptance.id, *(delivery.id for delivery in acceptance.deliveries)]
    assert len(set(ids)) == 3
    copy = acceptance.deliveries[1].reference
    answer = acceptance.acknowledgement or b""
    own = answer.rpartition(b"+")[2].rstrip(b"'").decode()
    assert len({copy, own}) == 2
    message = data[61:1425]
    copied = f"UNB+UNOB:3+SZTEXTILES:ZZZ+EPORT:ZZZ+261121:0830+{copy}'".encode() + message + f"UNZ+1+{copy}'".encode()
    assert acceptance == expected(
        report,
        submitted,
        id=ids[0],
        deliveries=(
            NewDelivery(
                id=ids[1],
                mailbox="customs",
                slot=Slot.PRODUCTION,
                recipe=(Slice(0, 1446),),
                sender="SZTEXTILES:ZZZ",
                recipient="GACC:ZZZ",
                reference="SZT060320001",
                types=("CUSDEC",),
                messages=1,
                size=1446,
                sha256=submitted.sha256,
                expires_at=NOW + 30 * DAY,
            ),
            NewDelivery(
                id=ids[2],
                mailbox="e-port",
                slot=Slot.PRODUCTION,
                recipe=(copied[:63], Slice(61, 1364), f"UNZ+1+{copy}'".encode()),
                sender="SZTEXTILES:ZZZ",
                recipient="EPORT:ZZZ",
                reference=copy,
                types=("CUSDEC",),
                messages=1,
                size=len(copied),
                sha256=hashlib.sha256(copied).hexdigest(),
                expires_at=NOW + 60 * DAY,
            ),
        ),
        acknowledgement=(
            f"UNB+UNOA:3+VANHUB:ZZZ+SZTEXTILES:ZZZ+261121:0830+{own}'UNH+1+CONTRL:D:3:UN'UCI+SZT060320001+SZTEXTILES:ZZZ+GACC:ZZZ+7'UNT+3+1'UNZ+1+{own}'"
        ).encode(),
        signature=acceptance.signature,
        duplicate_key='["SZTEXTILES","ZZZ","GACC","ZZZ","SZT060320001",false]',
    )


def test_good_messages_among_bad_ones(judge: Judge, ca: Ca, directories: Directories, registry: Registry) -> None:
    report, submitted, acceptance = decide(judge, directories, registry, example("cusdec-three-faults"))
    require_signed(acceptance, ca)
    own = (acceptance.acknowledgement or b"").rpartition(b"+")[2].rstrip(b"'").decode()
    control = "UNH+1+CONTRL:D:3:UN'UCI+SZT060320004+SZTEXTILES:ZZZ+GACC:ZZZ+7'"
    rejected = "UCM+2+CUSDEC:D:01B:UN:CNGC01+4'UCS+1+13'UCM+3+CUSDEC:D:01B:UN:CNGC01+4'UCS+14'UCD+39+5:1'UCM+4+CUSDEC:D:01B:UN:CNGC01+4'UCS+5'UCD+12+2'"
    assert acceptance == expected(
        report,
        submitted,
        id=acceptance.id,
        verdict=Verdict.PARTLY,
        faults=[
            {
                "code": "13",
                "kind": "SEGMENT_MISSING",
                "message": "2",
                "segment": "BGM",
                "segment_position": 1,
                "element": None,
                "component": None,
                "repetition": None,
                "offset": 561,
                "value": None,
                "text": "mandatory segment BGM is missing",
                "text_zh": "缺少必备段 BGM",
            },
            {
                "code": "39",
                "kind": "TOO_LONG",
                "message": "3",
                "segment": "NAD",
                "segment_position": 14,
                "element": 5,
                "component": 1,
                "repetition": None,
                "offset": 1353,
                "value": "SHENZHEN TEXTILES IMPORT AND EXPORT TRADING COMPANY LIMITED",
                "text": "3036 Party name in NAD has 59 characters, at most 35 are allowed",
                "text_zh": "NAD 的 3036 Party name 有 59 个字符，最多 35 个",
            },
            {
                "code": "12",
                "kind": "CODE_UNKNOWN",
                "message": "4",
                "segment": "LOC",
                "segment_position": 5,
                "element": 2,
                "component": None,
                "repetition": None,
                "offset": 1659,
                "value": "811",
                "text": "811 is not in code list 3227 Location function code qualifier (D.01B)",
                "text_zh": "811 不在代码表 3227 Location function code qualifier 中 (D.01B)",
            },
        ],
        faults_total=3,
        deliveries=acceptance.deliveries,
        acknowledgement=f"UNB+UNOA:3+VANHUB:ZZZ+SZTEXTILES:ZZZ+261121:0830+{own}'{control}{rejected}UNT+11+1'UNZ+1+{own}'".encode(),
        signature=acceptance.signature,
        duplicate_key='["SZTEXTILES","ZZZ","GACC","ZZZ","SZT060320004",false]',
    )
    assert [(delivery.mailbox, delivery.messages, delivery.recipe[1:-1]) for delivery in acceptance.deliveries] == [
        ("customs", 2, (Slice(61, 499), Slice(2063, 499))),
        ("e-port", 2, (Slice(61, 499), Slice(2063, 499))),
    ]


def test_a_contrl_is_not_acknowledged_and_says_what_it_answers(judge: Judge, directories: Directories, registry: Registry) -> None:
    report, submitted, acceptance = decide(judge, directories, registry, example("contrl"))
    assert acceptance == expected(
        report,
        submitted,
        id=acceptance.id,
        only_control=True,
        deliveries=acceptance.deliveries,
        duplicate_key='["SZTEXTILES","ZZZ","GACC","ZZZ","SZT060320009",false]',
        answers=(Answer("GACC0603205512", True, "GACC:ZZZ"),),
    )
    assert [(delivery.mailbox, delivery.recipe) for delivery in acceptance.deliveries] == [("customs", (Slice(0, 157),))]


def test_a_rejected_interchange_blocks_nothing_and_goes_to_the_slot_of_the_rejected(judge: Judge, ca: Ca, directories: Directories, registry: Registry) -> None:
    data = example("cusdec-export").replace(b"UNZ+1+", b"UNZ+2+")
    report, submitted, acceptance = decide(judge, directories, registry, data)
    require_signed(acceptance, ca)
    assert [(fault["code"], fault["segment"], fault["element"]) for fault in acceptance.faults] == [("29", "UNZ", 2)]
    assert acceptance == expected(
        report,
        submitted,
        id=acceptance.id,
        verdict=Verdict.REJECTED,
        faults=acceptance.faults,
        faults_total=1,
        deliveries=acceptance.deliveries,
        acknowledgement=acceptance.acknowledgement,
        signature=acceptance.signature,
    )
    assert [(delivery.mailbox, delivery.slot, delivery.recipe) for delivery in acceptance.deliveries] == [("customs", Slot.REJECTED, (Slice(0, 1446),))]
    assert b"UCI+SZT060320001+SZTEXTILES:ZZZ+GACC:ZZZ+4+" in (acceptance.acknowledgement or b"")


def test_what_is_no_interchange_is_answered_to_the_principal_itself(judge: Judge, ca: Ca, directories: Directories, registry: Registry) -> None:
    report, submitted, acceptance = decide(judge, directories, registry, b"Dear customs, please find attached", "nanhai-line")
    require_signed(acceptance, ca)
    assert acceptance == expected(
        report,
        submitted,
        id=acceptance.id,
        verdict=Verdict.REJECTED,
        is_interchange=False,
        faults=acceptance.faults,
        faults_total=acceptance.faults_total,
        acknowledgement=acceptance.acknowledgement,
        signature=acceptance.signature,
        explanation=acceptance.explanation,
    )
    assert [fault["kind"] for fault in acceptance.faults] == ["NOT_AN_INTERCHANGE"]
    assert b"+VANHUB:ZZZ+NHLINE:ZZZ+" in (acceptance.acknowledgement or b"")


def test_another_content_under_a_used_reference_is_refused_with_26(judge: Judge, ca: Ca, directories: Directories, registry: Registry) -> None:
    data = example("cusdec-export")
    report, submitted, _ = decide(judge, directories, registry, data)
    first = Accepted(Outcome.CONFLICT, "first", NOW - DAY, Verdict.ACCEPTED, b"", b"", "")
    refused = judge.refuse_conflict(report, submitted, first, now=NOW)
    require_signed(refused, ca)
    assert (refused.verdict, refused.deliveries) == (Verdict.REJECTED, ())
    assert [(fault["code"], fault["kind"], fault["element"]) for fault in refused.faults] == [("26", "DUPLICATE_INTERCHANGE", 6)]
    assert b"UCI+SZT060320001+SZTEXTILES:ZZZ+GACC:ZZZ+4+26+" in (refused.acknowledgement or b"")
    assert "2026-11-20" in refused.explanation


@pytest.mark.parametrize("name", sorted(file.stem for file in packed("examples").glob("*.edi")))
def test_what_every_example_becomes_is_whole(name: str, judge: Judge, ca: Ca, directories: Directories, registry: Registry) -> None:
    data = example(name)
    _, _, acceptance = decide(judge, directories, registry, data)
    for delivery in acceptance.deliveries:
        octets = b"".join(part if isinstance(part, bytes) else data[part.offset : part.offset + part.length] for part in delivery.recipe)
        assert (delivery.size, delivery.sha256) == (len(octets), hashlib.sha256(octets).hexdigest())
        again = check_interchange(octets, directories)
        assert (again.verdict, len(again.messages), again.header.reference) == (Verdict.ACCEPTED, delivery.messages, delivery.reference)
    if acceptance.only_control:
        assert (acceptance.acknowledgement, acceptance.signature) == (None, None)
    else:
        require_signed(acceptance, ca)
