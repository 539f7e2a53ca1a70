"""A repeat gets the first answer, byte for byte, and nothing is delivered twice: one after the other, at once, and by different ways."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.hub import Partner, RunningHub, read_interchanges
from tests.e2e.interchanges import new_reference, small
from tests.e2e.ways import by_https, by_openssl, by_tcp, sftp_files, uci

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def sender(hub: RunningHub) -> Partner:
    return hub.add_partner("twice", "TWICE:ZZZ", sftp=True)


@pytest.fixture(scope="module")
def receiver(hub: RunningHub) -> Partner:
    return hub.add_partner("once", "ONCE:ZZZ")


def _found(hub: RunningHub, reference: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = hub.json("message", "find", "--reference", reference)
    return rows


def _deliveries(hub: RunningHub, mailbox: str, reference: str) -> list[str]:
    return [row["state"] for row in hub.json("mailbox", "peek", mailbox, "--state", "all") if row["reference"] == reference]


def _at_once(acts: Sequence[Callable[[], bytes | None]]) -> list[bytes | None]:
    barrier = threading.Barrier(len(acts))

    def act(number: int) -> bytes | None:
        barrier.wait(30)
        return acts[number]()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, range(len(acts))))


def test_eight_at_once_over_tcp(hub: RunningHub, sender: Partner, receiver: Partner) -> None:
    reference = new_reference()
    octets = small("TWICE:ZZZ", "ONCE:ZZZ", reference)
    sessions = [hub.connect(sender) for _ in range(8)]

    def send(number: int) -> bytes:
        sessions[number].sendall(octets)
        (answer,) = read_interchanges(sessions[number], 1)
        return answer

    answers = _at_once([lambda number=number: send(number) for number in range(8)])  # type: ignore[misc]
    for session in sessions:
        session.close()
    assert len(set(answers)) == 1
    assert uci(answers[0] or b"") == (reference, "7", "")
    assert [(row["verdict"], row["repeats"]) for row in _found(hub, reference)] == [("accepted", 7)]
    assert _deliveries(hub, "once", reference) == ["available"]


def test_eight_at_once_by_all_ways(hub: RunningHub, sender: Partner, receiver: Partner) -> None:
    reference = new_reference()
    octets = small("TWICE:ZZZ", "ONCE:ZZZ", reference)

    def by_sftp() -> None:
        hub.upload(sender, f"{reference}.edi", octets)

    acts: list[Callable[[], bytes | None]] = [
        *([lambda: by_tcp(hub, sender, octets)] * 2),
        lambda: by_openssl(hub, sender, octets),
        *([lambda: by_https(hub, sender, octets)] * 3),
        *([by_sftp] * 2),
    ]
    answers = {answer for answer in _at_once(acts) if answer is not None}
    assert len(answers) == 1
    (row,) = _found(hub, reference)
    assert (row["verdict"], row["repeats"]) == ("accepted", 7)
    assert _deliveries(hub, "once", reference) == ["available"]
    # SFTP's partner finds the same octets, under the name of whichever copy was the first.
    file = hub.path.parent / f"{reference}.contrl.edi"
    hub.sftp(sender, f"get ack/*-{row['id']}.contrl.edi {file}\n")
    assert {file.read_bytes()} == answers


def test_a_repeated_upload_finds_the_first_answer_under_its_own_name(hub: RunningHub, sender: Partner, receiver: Partner) -> None:
    reference = new_reference()
    octets = small("TWICE:ZZZ", "ONCE:ZZZ", reference)
    over_tcp = by_tcp(hub, sender, octets)
    files = [sftp_files(hub, sender, octets) for _ in range(2)]  # each upload has a name of its own
    assert files[0] == files[1]
    assert files[0][".contrl.edi"] == over_tcp
    assert _deliveries(hub, "once", reference) == ["available"]


def test_other_content_under_the_same_reference(hub: RunningHub, sender: Partner, receiver: Partner) -> None:
    reference = new_reference()
    first, other = (small("TWICE:ZZZ", "ONCE:ZZZ", reference, number=number) for number in ("FIRST", "OTHER"))
    status, accepted = hub.post(sender, first)
    assert status == 201
    status, refused = hub.post(sender, other)
    assert (status, refused["outcome"], refused["verdict"]) == (409, "conflict", "rejected")
    assert uci(refused["acknowledgement"].encode()) == (reference, "4", "26")
    assert accepted["id"] in " ".join(alert["text"] for alert in hub.json("alerts", "list") if alert["kind"] == "duplicate-conflict")
    # The same conflict again has the same refusal, the first its first answer; neither way changes that.
    assert by_tcp(hub, sender, other) == refused["acknowledgement"].encode()
    assert by_tcp(hub, sender, first) == accepted["acknowledgement"].encode()
    status, repeat = hub.post(sender, first)
    assert (status, repeat["id"], repeat["outcome"], repeat["acknowledgement"]) == (200, accepted["id"], "repeat", accepted["acknowledgement"])
    assert _deliveries(hub, "once", reference) == ["available"]


def test_test_and_production_have_references_of_their_own(hub: RunningHub, sender: Partner, receiver: Partner) -> None:
    reference = new_reference()
    assert [hub.post(sender, small("TWICE:ZZZ", "ONCE:ZZZ", reference, test=test))[0] for test in (False, True, True)] == [201, 201, 200]


def test_rejected_and_repeated_after_the_partner_was_entered(hub: RunningHub, sender: Partner) -> None:
    """A rejected interchange does not block its reference: its repeat is judged again, and answered alike while nothing has changed."""
    reference = new_reference()
    octets = small("TWICE:ZZZ", "LATER:ZZZ", reference)
    first = by_tcp(hub, sender, octets)
    assert uci(first) == (reference, "4", "43")
    assert by_https(hub, sender, octets) == first
    hub.vanhub("partner", "add", "later", "--edi", "LATER:ZZZ")
    accepted = by_tcp(hub, sender, octets)
    assert uci(accepted) == (reference, "7", "")
    assert by_https(hub, sender, octets) == accepted
    assert sorted((row["verdict"], row["repeats"]) for row in _found(hub, reference)) == [("accepted", 1), ("rejected", 1)]
    assert _deliveries(hub, "later", reference) == ["available"]
