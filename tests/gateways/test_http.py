"""The HTTPS gateway: every operation, every status, and what happens in between; at the end with curl over TLS."""

# mypy: disable-error-code="no-untyped-call"
# (Twisted's transports are not annotated)

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock

from tests.gateways.conftest import Server
from tests.gateways.http_client import Browser, Response
from tests.gateways.hub import MemoryHub, control, interchange, principal
from vanhub.errors import HubError
from vanhub.gateways.seam import Content
from vanhub.values.delivery import DeliveryState

CERTIFICATE = b"the DER of a certificate"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(clock: Clock) -> MemoryHub:
    made = MemoryHub(clock)
    made.add(principal("alpha", max_interchange_octets=100_000, max_sessions=2), certificate=CERTIFICATE, token="alpha-token")
    made.add(principal("beta"), token="beta-token")
    return made


@pytest.fixture
def alpha(hub: MemoryHub, clock: Clock) -> Browser:
    return Browser(hub, clock, CERTIFICATE)


@pytest.fixture
def beta(hub: MemoryHub, clock: Clock) -> Browser:
    """Shows no certificate: its requests carry a token."""
    return Browser(hub, clock)


BETA = "beta-token"


def problem(response: Response) -> tuple[int, str]:
    """Status and kind of a problem, whose members must agree with one another."""
    members = response.json
    assert response.headers["content-type"] == "application/problem+json"
    assert members["status"] == response.status
    return response.status, members["type"].rpartition("/")[2]


# -- sending


def test_a_new_interchange_is_answered_with_its_acknowledgement(alpha: Browser) -> None:
    response = alpha.ask("POST", "/v1/interchanges", interchange("R1"))
    assert (response.status, response.headers["location"]) == (201, "/v1/interchanges/I000002")
    assert response.json == {
        "id": "I000002",
        "outcome": "new",
        "verdict": "accepted",
        "sender": "ALPHA",
        "recipient": "BETA",
        "reference": "R1",
        "is_interchange": True,
        "answers": [],
        "acknowledgement": "UNB+UNOA:2+HUB+ALPHA+260301:0801+AR1'UNH+1+CONTRL:2:2:UN'UCI+R1+ALPHA+HUB+7'UNT+3+1'UNZ+1+AR1'",
        "acknowledgement_encoding": "utf-8",
        "explanation": "R1: accepted\nR1：接受\n",
        "guide_faults": 0,
        "links": {
            "self": "/v1/interchanges/I000002",
            "evidence": "/v1/interchanges/I000002/evidence",
            "acknowledgement": "/v1/interchanges/I000002/acknowledgement",
            "signature": "/v1/interchanges/I000002/acknowledgement.p7s",
        },
    }


@pytest.mark.parametrize(
    ("before", "octets", "expected"),
    [
        (b"", interchange("R1"), (201, "new", "accepted")),
        (interchange("R1"), interchange("R1"), (200, "repeat", "accepted")),
        (b"", interchange("PART1"), (201, "new", "partly")),
        (interchange("PART1"), interchange("PART1"), (200, "repeat", "partly")),
        (b"", interchange("BAD1"), (422, "new", "rejected")),
        (b"", b"this is no interchange", (422, "new", "rejected")),
        (b"", interchange("R1")[:60], (422, "new", "rejected")),
        (interchange("R1"), interchange("R1", body="BGM+380+2'"), (409, "conflict", "rejected")),
        (b"", control("C1", "nothing"), (201, "new", "accepted")),
        (interchange("R1"), b"\xef\xbb\xbf\r\n" + interchange("R1") + b"\r\n", (200, "repeat", "accepted")),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_the_status_says_what_became_of_it(alpha: Browser, before: bytes, octets: bytes, expected: tuple[int, str, str], chunked: bool) -> None:
    if before:
        alpha.ask("POST", "/v1/interchanges", before)
    response = alpha.ask("POST", "/v1/interchanges", octets, length=None if chunked else -1)
    assert (response.status, response.json["outcome"], response.json["verdict"]) == expected


def test_the_contrl_itself_can_be_asked_for(alpha: Browser) -> None:
    response = alpha.ask("POST", "/v1/interchanges", interchange("BAD1"), headers={"Accept": "application/edifact"})
    expected = b"UNB+UNOA:2+HUB+ALPHA+260301:0801+ABAD1'UNH+1+CONTRL:2:2:UN'UCI+BAD1+ALPHA+HUB+4+12'UNT+3+1'UNZ+1+ABAD1'"
    assert (response.status, response.headers["content-type"], response.body) == (422, "application/edifact", expected)
    nothing = alpha.ask("POST", "/v1/interchanges", control("C1", "nothing"), headers={"Accept": "application/edifact"})
    assert (nothing.status, nothing.body) == (201, b"")


def test_an_answer_leaves_only_after_the_hub_has_decided(alpha: Browser, clock: Clock) -> None:
    alpha.start("POST", "/v1/interchanges", interchange("LATE1"))
    assert alpha.waiting
    clock.advance(0.3)
    assert alpha.response().status == 201


@pytest.mark.parametrize(
    ("reference", "expected", "retry"),
    [("DOWN", (503, "unavailable"), "5"), ("CLOSED", (403, "refused"), None), ("BUG", (500, "internal"), None)],
)
def test_what_cannot_be_decided(alpha: Browser, reference: str, expected: tuple[int, str], retry: str | None) -> None:
    response = alpha.ask("POST", "/v1/interchanges", interchange(reference))
    assert (problem(response), response.headers.get("retry-after")) == (expected, retry)
    assert b"secret" not in response.body
    assert response.json.get("reference") == ("F000001" if reference == "BUG" else None)
    assert alpha.ask("POST", "/v1/interchanges", interchange("R1")).status == 201


def test_a_full_hub_says_when_to_come_again(alpha: Browser, hub: MemoryHub) -> None:
    hub.queue_limit = 0
    response = alpha.ask("POST", "/v1/interchanges", interchange("R1"))
    assert (problem(response), response.headers["retry-after"], alpha.closed) == ((503, "unavailable"), "7", "open")


def test_an_empty_body_is_no_interchange(alpha: Browser, hub: MemoryHub) -> None:
    for body in (b"", b"\r\n  "):
        assert problem(alpha.ask("POST", "/v1/interchanges", body)) == (400, "bad-request")
    assert (hub.aborted, hub.kept) == (["the body is empty"] * 2, {})


def test_a_form_is_not_taken_for_an_interchange(alpha: Browser, hub: MemoryHub) -> None:
    response = alpha.ask("POST", "/v1/interchanges", b"--x\r\n", headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert (problem(response), hub.uploads) == ((415, "media-type"), [])


def test_an_announced_length_over_the_limit_is_refused_before_a_body_is_sent(alpha: Browser, hub: MemoryHub) -> None:
    response = alpha.ask("POST", "/v1/interchanges", length=100_001)
    assert (problem(response), response.headers["connection"], alpha.closed, hub.uploads) == ((413, "too-large"), "close", "closed", [])
    alpha.feed(b"x" * 1_000_000)
    assert alpha.waiting


def test_a_chunked_body_over_the_limit_is_refused_as_it_passes_it(alpha: Browser, hub: MemoryHub, clock: Clock) -> None:
    alpha.start("POST", "/v1/interchanges", interchange("R1", size=200_000), length=None)
    assert (problem(alpha.response()), alpha.closed, hub.aborted) == ((413, "too-large"), "closed", ["too large"])
    alpha.feed(b"GET /crl HTTP/1.1\r\n\r\n")
    assert alpha.waiting
    clock.advance(10)
    assert alpha.closed == "cut"


def test_100_continue_is_said_only_when_the_body_is_wanted(hub: MemoryHub, clock: Clock) -> None:
    wanted = Browser(hub, clock, CERTIFICATE)
    octets = interchange("R1")
    wanted.start("POST", "/v1/interchanges", length=len(octets), headers={"Expect": "100-continue"})
    assert wanted.line.value() == b"HTTP/1.1 100 Continue\r\n\r\n"
    wanted.feed(octets)
    assert wanted.response().status == 201
    for path, token in (("/v1/interchanges", "wrong"), ("/v1/nowhere", "")):
        unwanted = Browser(hub, clock, CERTIFICATE)
        unwanted.start("POST", path, length=10, token=token, headers={"Expect": "100-continue"})
        assert (unwanted.response().status // 100, unwanted.closed) == (4, "closed")


def test_a_backlogged_hub_stops_the_reading(alpha: Browser, hub: MemoryHub) -> None:
    backlog = hub.backlog = Deferred()
    alpha.start("POST", "/v1/interchanges", interchange("R1")[:50], length=len(interchange("R1")))
    assert alpha.line.producerState == "paused"
    hub.backlog = None
    backlog.callback(None)
    assert alpha.line.producerState == "producing"
    alpha.feed(interchange("R1")[50:])
    assert alpha.response().status == 201


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=30), st.booleans())
def test_a_request_in_any_pieces_is_the_same_request(lengths: list[int], chunked: bool) -> None:
    clock = Clock()
    hub = MemoryHub(clock)
    hub.add(principal("alpha"), certificate=CERTIFICATE)
    whole, pieces = Browser(hub, clock, CERTIFICATE), Browser(hub, clock, CERTIFICATE)
    sent: list[bytes] = []
    recorder = Browser(hub, clock, CERTIFICATE)
    recorder.feed = sent.append  # type: ignore[method-assign,assignment]
    recorder.start("POST", "/v1/interchanges", interchange("R1", size=1_000), length=None if chunked else -1)
    recorder.start("GET", "/v1/interchanges/nothing")
    octets = b"".join(sent)
    whole.feed(octets)
    at = 0
    for length in [*lengths, len(octets)]:
        pieces.feed(octets[at : at + length])
        at += length
    first, second = whole.response(), pieces.response()
    assert (first.status, second.status) == (201, 200)
    assert first.json["acknowledgement"] == second.json["acknowledgement"]
    assert (whole.response().status, pieces.response().status) == (404, 404)


# -- a client that goes away


def test_a_client_lost_in_the_middle_of_an_upload_leaves_nothing(alpha: Browser, hub: MemoryHub) -> None:
    alpha.start("POST", "/v1/interchanges", interchange("R1")[:50], length=86)
    alpha.lose()
    assert (hub.aborted, hub.kept, hub.sessions) == (["the client is gone"], {}, [])


def test_a_client_lost_after_an_upload_finds_its_answer_by_repeating(hub: MemoryHub, clock: Clock) -> None:
    alpha = Browser(hub, clock, CERTIFICATE)
    alpha.start("POST", "/v1/interchanges", interchange("LATE1"))
    alpha.lose()
    clock.advance(0.3)
    again = Browser(hub, clock, CERTIFICATE)
    again.start("POST", "/v1/interchanges", interchange("LATE1"))
    clock.advance(0.3)
    assert again.response().status == 200


def test_a_claim_whose_client_went_away_is_released(hub: MemoryHub, clock: Clock) -> None:
    beta = Browser(hub, clock)
    held: list[Deferred[Any]] = []
    claim = hub.claim

    def slowly(*arguments: Any, **others: Any) -> Deferred[Any]:
        held.append(Deferred())
        claimed = claim(*arguments, **others)
        return held[-1].addCallback(lambda _: claimed)

    hub.claim = slowly  # type: ignore[method-assign]  # the store takes its time
    delivery = hub.deliver("beta", interchange("R1"))
    beta.start("POST", "/v1/mailbox/claim", b"{}", token=BETA)
    beta.lose()
    held[0].callback(None)
    assert hub.boxes[delivery].delivery.state is DeliveryState.AVAILABLE


def test_a_waiting_claim_of_a_client_that_went_away_takes_nothing(beta: Browser, hub: MemoryHub, clock: Clock) -> None:
    beta.start("POST", "/v1/mailbox/claim", b'{"wait": 60}', token=BETA)
    beta.lose()
    delivery = hub.deliver("beta", interchange("R1"))
    clock.advance(60)
    assert hub.boxes[delivery].delivery.claims == 0


# -- who


@pytest.mark.parametrize(
    ("certificate", "authorization", "expected"),
    [
        (CERTIFICATE, None, 200),
        (None, "Bearer alpha-token", 200),
        (None, "bearer  alpha-token", 200),
        (CERTIFICATE, "Bearer beta-token", 200),
        (None, None, 401),
        (b"another", None, 401),
        (None, "Bearer wrong", 401),
        (CERTIFICATE, "Bearer wrong", 401),
        (CERTIFICATE, "Basic YTpi", 401),
        (None, "Bearer " + "x" * 300, 401),
        (None, "Bearer alpha-token, Bearer beta-token", 401),
    ],
)
def test_who_may_ask(hub: MemoryHub, clock: Clock, certificate: bytes | None, authorization: str | None, expected: int) -> None:
    browser = Browser(hub, clock, certificate)
    response = browser.ask("GET", "/v1/mailbox", headers={"Authorization": authorization} if authorization else {})
    assert response.status == expected
    if expected == 401:
        assert (problem(response), response.headers["www-authenticate"]) == ((401, "untrusted"), 'Bearer realm="vanhub"')


def test_each_principal_sees_only_its_own(alpha: Browser, beta: Browser, hub: MemoryHub) -> None:
    sent = alpha.ask("POST", "/v1/interchanges", interchange("R1", recipient="GAMMA")).json["id"]
    [delivery] = [hub.deliver("alpha", interchange("D1"))]
    for method, path in (
        ("GET", f"/v1/interchanges/{sent}"),
        ("GET", f"/v1/interchanges/{sent}/acknowledgement"),
        ("GET", f"/v1/interchanges/{sent}/acknowledgement.p7s"),
        ("GET", f"/v1/interchanges/{sent}/evidence"),
        ("GET", f"/v1/deliveries/{delivery}"),
        ("GET", f"/v1/deliveries/{delivery}/content"),
        ("GET", f"/v1/deliveries/{delivery}/original"),
    ):
        assert problem(beta.ask(method, path, token=BETA)) == (404, "not-found")
        assert alpha.ask(method, path).status == 200
    for verb in ("commit", "release", "extend"):
        assert problem(beta.ask("POST", f"/v1/deliveries/{delivery}/{verb}", b'{"claim": "C"}', token=BETA)) == (404, "not-found")
    assert beta.ask("GET", "/v1/mailbox", token=BETA).json["deliveries"] == []


def test_one_session_per_connection_and_credential(hub: MemoryHub, clock: Clock) -> None:
    first, second = Browser(hub, clock, CERTIFICATE), Browser(hub, clock, CERTIFICATE)
    for browser in (first, first, second):
        assert browser.ask("GET", "/v1/mailbox").status == 200
    assert [(session.gateway, session.principal.id, session.peer) for session in hub.sessions] == [("https", "alpha", "192.0.2.1:1234")] * 2
    assert first.ask("GET", "/v1/mailbox", token="beta-token").status == 200
    third = Browser(hub, clock, CERTIFICATE)
    assert problem(third.ask("GET", "/v1/mailbox")) == (503, "unavailable")
    first.lose(clean=True)
    assert [session.principal.id for session in hub.sessions] == ["alpha"]
    assert third.ask("GET", "/v1/mailbox").status == 200


def test_a_disabled_principal_is_refused_at_once_and_its_connections_end(alpha: Browser, hub: MemoryHub, clock: Clock) -> None:
    busy = Browser(hub, clock, CERTIFICATE)
    busy.start("POST", "/v1/interchanges", interchange("LATE1"))
    alpha.ask("GET", "/v1/mailbox")
    hub.disable("alpha")
    assert (alpha.closed, busy.closed) == ("closed", "open")
    clock.advance(0.3)
    answered = busy.response()
    assert (answered.status, answered.headers["connection"], busy.closed) == (201, "close", "closed")
    for browser in (alpha, busy):
        browser.lose(clean=True)
    assert hub.closed == [("alpha", "disabled")] * 2
    assert problem(Browser(hub, clock, CERTIFICATE).ask("GET", "/v1/mailbox")) == (401, "untrusted")


def test_a_connection_ended_from_outside_is_cut_if_it_does_not_close(hub: MemoryHub, clock: Clock) -> None:
    hub.late_s = 1_000
    busy = Browser(hub, clock, CERTIFICATE)
    busy.start("POST", "/v1/interchanges", interchange("LATE1"))
    hub.disable("alpha")
    clock.advance(10)
    assert busy.closed == "cut"


def test_pages_of_other_sites_cannot_act_for_a_browsers_user(alpha: Browser) -> None:
    assert problem(alpha.ask("POST", "/v1/mailbox/claim", b"{}", headers={"Origin": "https://evil.example"})) == (403, "refused")
    assert problem(alpha.ask("POST", "/v1/mailbox/claim", b"{}", headers={"Origin": "null"})) == (403, "refused")
    assert alpha.ask("POST", "/v1/mailbox/claim", b"{}", headers={"Origin": "https://hub.vanhub.example"}).status == 200


# -- collecting


def test_a_mailbox_is_listed_in_pages(beta: Browser, hub: MemoryHub) -> None:
    ids = [hub.deliver("beta", interchange(f"R{number}")) for number in range(5)]
    hub.deliver("beta", interchange("T1", test=True))
    pages = []
    after = ""
    while True:
        page = beta.ask("GET", f"/v1/mailbox?limit=2&after={after}", token=BETA).json
        pages.append([one["id"] for one in page["deliveries"]])
        if page["next"] is None:
            break
        after = page["next"]
    assert pages == [ids[:2], ids[2:4], ids[4:]]
    assert [one["reference"] for one in beta.ask("GET", "/v1/mailbox?slot=test", token=BETA).json["deliveries"]] == ["T1"]
    assert beta.ask("GET", "/v1/mailbox?state=delivered", token=BETA).json == {"deliveries": [], "next": None}


def test_a_pickup_from_claim_to_commit(alpha: Browser, beta: Browser, hub: MemoryHub) -> None:
    octets = interchange("R1", size=2_000)
    alpha.ask("POST", "/v1/interchanges", octets)
    [claimed] = beta.ask("POST", "/v1/mailbox/claim", b'{"max": 5, "lease_s": 60}', token=BETA).json["deliveries"]
    path = f"/v1/deliveries/{claimed['id']}"
    assert (claimed["state"], claimed["lease_until"], claimed["sha256"]) == ("claimed", "2026-03-01T08:01:00Z", hashlib.sha256(octets).hexdigest())
    content = beta.ask("GET", f"{path}/content", token=BETA)
    assert (content.body, content.headers["etag"], content.headers["content-length"]) == (octets, f'"{claimed["sha256"]}"', str(len(octets)))
    assert content.headers["content-disposition"] == f'attachment; filename="{claimed["id"]}.edi"'
    assert beta.ask("GET", f"{path}/original", token=BETA).body == octets
    assert beta.ask("GET", path, token=BETA).json["state"] == "claimed"
    claim = json.dumps({"claim": claimed["claim"]}).encode()
    done = beta.ask("POST", f"{path}/commit", claim, token=BETA)
    assert (done.status, done.json["state"]) == (200, "delivered")
    assert beta.ask("POST", f"{path}/commit", claim, token=BETA).json == done.json
    assert problem(beta.ask("POST", f"{path}/commit", b'{"claim": "stale"}', token=BETA)) == (409, "conflict")
    assert problem(beta.ask("POST", f"{path}/release", claim, token=BETA)) == (409, "conflict")
    assert [one["id"] for one in beta.ask("GET", "/v1/mailbox?state=delivered", token=BETA).json["deliveries"]] == [claimed["id"]]


def test_a_claim_can_be_lengthened_and_given_back_and_runs_out(beta: Browser, hub: MemoryHub, clock: Clock) -> None:
    delivery = hub.deliver("beta", interchange("R1"))
    path = f"/v1/deliveries/{delivery}"

    def claim() -> bytes:
        [one] = beta.ask("POST", "/v1/mailbox/claim", b'{"lease_s": 10}', token=BETA).json["deliveries"]
        return json.dumps({"claim": one["claim"], "lease_s": 100}).encode()

    first = claim()
    assert beta.ask("POST", f"{path}/extend", first, token=BETA).json["lease_until"] == "2026-03-01T08:01:40Z"
    clock.advance(50)
    released = beta.ask("POST", f"{path}/release", json.dumps({"claim": json.loads(first)["claim"]}).encode(), token=BETA)
    assert released.json["state"] == "available"
    second = claim()
    clock.advance(11)
    assert problem(beta.ask("POST", f"{path}/extend", second, token=BETA)) == (409, "conflict")
    assert claim() != second


@pytest.mark.parametrize("how", ["list", "claim"])
def test_a_long_poll_ends_with_an_arrival_or_with_time(beta: Browser, hub: MemoryHub, clock: Clock, how: str) -> None:
    def start() -> None:
        if how == "list":
            beta.start("GET", "/v1/mailbox?wait=40", token=BETA)
        else:
            beta.start("POST", "/v1/mailbox/claim", b'{"wait": 40}', token=BETA)

    start()
    clock.pump([1] * 39)
    assert beta.waiting
    clock.advance(1)
    assert beta.response().json["deliveries"] == []
    start()
    clock.advance(20)
    delivery = hub.deliver("beta", interchange("R1"))
    assert [one["id"] for one in beta.response().json["deliveries"]] == [delivery]
    start()
    assert beta.waiting is (how == "claim")


@pytest.mark.parametrize(
    ("wanted", "if_range", "expected"),
    [
        ("bytes=0-9", None, (206, slice(0, 10))),
        ("bytes=50-", None, (206, slice(50, None))),
        ("bytes=-7", None, (206, slice(-7, None))),
        ("bytes=0-999999", None, (206, slice(0, None))),
        ("bytes=0-9,20-29", None, (200, slice(None))),
        ("lines=0-9", None, (200, slice(None))),
        ("bytes=-", None, (200, slice(None))),
        ("bytes=86-", None, (416, None)),
        ("bytes=9-3", None, (416, None)),
        ("bytes=-0", None, (416, None)),
        ("bytes=0-9", '"another"', (200, slice(None))),
        ("bytes=0-9", "same", (206, slice(0, 10))),
    ],
)
def test_a_range_of_the_content(beta: Browser, hub: MemoryHub, wanted: str, if_range: str | None, expected: tuple[int, slice | None]) -> None:
    octets = interchange("R1")
    delivery = hub.deliver("beta", octets)
    headers = {"Range": wanted}
    if if_range is not None:
        headers["If-Range"] = if_range if if_range != "same" else f'"{hashlib.sha256(octets).hexdigest()}"'
    response = beta.ask("GET", f"/v1/deliveries/{delivery}/content", token=BETA, headers=headers)
    status, part = expected
    assert response.status == status
    if part is None:
        assert (problem(response), response.headers["content-range"]) == ((416, "range"), "bytes */86")
    else:
        assert response.body == octets[part]
        first, end, _ = part.indices(len(octets))
        assert response.headers.get("content-range") == (f"bytes {first}-{end - 1}/86" if status == 206 else None)


def test_a_download_goes_as_fast_as_the_client_reads_and_a_cut_one_changes_nothing(beta: Browser, hub: MemoryHub, clock: Clock) -> None:
    octets = interchange("R1", size=400_000)
    delivery = hub.deliver("beta", octets)
    [claimed] = beta.ask("POST", "/v1/mailbox/claim", b"", token=BETA).json["deliveries"]
    beta.channel.pauseProducing()
    beta.start("GET", f"/v1/deliveries/{delivery}/content", token=BETA)
    assert len(beta.line.value()) < 70_000
    beta.channel.resumeProducing()
    assert beta.response().body == octets
    beta.channel.pauseProducing()
    beta.start("GET", f"/v1/deliveries/{delivery}/content", token=BETA)
    clock.advance(61)
    assert (beta.closed, hub.boxes[delivery].claim) == ("cut", claimed["claim"])


class Faulty:
    """Content that breaks off in the middle: it ends early, or cannot be read further."""

    def __init__(self, whole: Content, how: str) -> None:
        self._whole = whole
        self._how = how
        self.size = whole.size

    def read(self, offset: int, length: int) -> Deferred[bytes]:
        if offset == 0:
            return self._whole.read(0, length)
        return succeed(b"") if self._how == "short" else fail(HubError("the disk is gone"))


@pytest.mark.parametrize("how", ["short", "unreadable"])
def test_a_download_that_cannot_be_ended_is_cut_before_its_announced_end(beta: Browser, hub: MemoryHub, how: str) -> None:
    octets = interchange("R1", size=100_000)
    delivery = hub.deliver("beta", octets)
    content = hub.content
    hub.content = lambda session, delivery: content(session, delivery).addCallback(Faulty, how)  # type: ignore[method-assign]
    beta.start("GET", f"/v1/deliveries/{delivery}/content", token=BETA)
    head, _, body = beta.line.value().partition(b"\r\n\r\n")
    assert (b"Content-Length: %d" % len(octets) in head, len(body), beta.closed) == (True, 65_536, "cut")


def test_damaged_content_is_a_fault_of_the_hub_and_nothing_of_it_is_shown(beta: Browser, hub: MemoryHub) -> None:
    delivery = hub.deliver("beta", interchange("R1"))
    hub.content = lambda *_: fail(HubError("segment 20260301/7 is damaged"))  # type: ignore[method-assign]
    response = beta.ask("GET", f"/v1/deliveries/{delivery}/content", token=BETA)
    assert (problem(response), b"segment" in response.body) == ((500, "internal"), False)


def test_head_is_get_without_the_body(alpha: Browser, hub: MemoryHub) -> None:
    delivery = hub.deliver("alpha", interchange("D1"))
    for path in (f"/v1/deliveries/{delivery}/content", f"/v1/deliveries/{delivery}", "/crl", "/v1/nowhere"):
        whole = alpha.ask("GET", path)
        head = alpha.ask("HEAD", path)
        assert (head.status, head.headers, head.body) == (whole.status, whole.headers, b"")


# -- records


def test_what_became_of_an_interchange(alpha: Browser, beta: Browser) -> None:
    octets = interchange("R1")
    sent = alpha.ask("POST", "/v1/interchanges", octets).json
    trace = alpha.ask("GET", sent["links"]["self"]).json
    assert (trace["id"], trace["verdict"], len(trace["deliveries"])) == (sent["id"], "accepted", 1)
    assert beta.ask("GET", sent["links"]["self"], token=BETA).json == trace
    assert alpha.ask("GET", sent["links"]["acknowledgement"]).body.decode() == sent["acknowledgement"]
    signature = alpha.ask("GET", sent["links"]["signature"])
    assert (signature.headers["content-type"], signature.body) == ("application/pkcs7-signature", b"p7s of R1")
    evidence = alpha.ask("GET", sent["links"]["evidence"])
    with zipfile.ZipFile(io.BytesIO(evidence.body)) as archive:
        assert (evidence.headers["content-type"], archive.read("original.edi")) == ("application/zip", octets)


def test_where_no_acknowledgement_was_owed_there_is_none(alpha: Browser) -> None:
    sent = alpha.ask("POST", "/v1/interchanges", control("C1", "nothing")).json
    assert (sent["acknowledgement"], sent["links"]) == (None, {"self": f"/v1/interchanges/{sent['id']}", "evidence": f"/v1/interchanges/{sent['id']}/evidence"})
    for part in ("acknowledgement", "acknowledgement.p7s"):
        assert problem(alpha.ask("GET", f"/v1/interchanges/{sent['id']}/{part}")) == (404, "not-found")


def test_an_acknowledgement_that_is_no_utf_8_is_given_in_base64(alpha: Browser, hub: MemoryHub) -> None:
    hub.add(principal("latin", "L\u00c4TIN"), token="latin-token")
    given = alpha.ask("POST", "/v1/interchanges", interchange("R1"), token="latin-token").json
    octets = "UNB+UNOA:2+HUB+L\u00c4TIN+260301:0801+AR1'UNH+1+CONTRL:2:2:UN'UCI+R1+L\u00c4TIN+HUB+7'UNT+3+1'UNZ+1+AR1'".encode("latin-1")
    assert (given["acknowledgement_encoding"], base64.b64decode(given["acknowledgement"])) == ("base64", octets)


# -- for everybody


def test_what_everybody_may_have(beta: Browser) -> None:
    found = [(path, beta.ask("GET", path)) for path in ("/ca.pem", "/crl", "/v1/openapi.json")]
    assert [(path, response.status, response.headers["content-type"]) for path, response in found] == [
        ("/ca.pem", 200, "application/x-pem-file"),
        ("/crl", 200, "application/pkix-crl"),
        ("/v1/openapi.json", 200, "application/json"),
    ]
    assert (found[0][1].body, found[1][1].body) == (b"PEM", b"DER")


def test_answers_are_neither_kept_by_caches_nor_guessed_at(alpha: Browser) -> None:
    for path in ("/v1/mailbox", "/v1/nowhere"):
        headers = alpha.ask("GET", path).headers
        assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


# -- limits of HTTP itself


@pytest.mark.parametrize(
    "octets",
    [
        b"GET\r\n\r\n",
        b"GET /crl HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        b"GET /crl HTTP/1.1\r\n" + b"".join(b"H%d: x\r\n" % number for number in range(65)) + b"\r\n",
        b"GET /crl HTTP/1.1\r\n" + b"".join(b"H%d: %b\r\n" % (number, b"x" * 3_000) for number in range(6)) + b"\r\n",
        b"POST /v1/interchanges HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /v1/interchanges HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/interchanges HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
    ],
)
def test_what_is_no_request_is_answered_and_the_connection_closed(hub: MemoryHub, clock: Clock, octets: bytes) -> None:
    browser = Browser(hub, clock, CERTIFICATE)
    browser.feed(octets)
    assert (problem(browser.response()), browser.closed) == ((400, "bad-request"), "closed")
    browser.feed(b"GET /crl HTTP/1.1\r\n\r\n")
    assert browser.waiting
    clock.advance(10)
    assert browser.closed == "cut"


def test_a_broken_chunk_ends_the_upload(alpha: Browser, hub: MemoryHub) -> None:
    alpha.feed(b"POST /v1/interchanges HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nUNB+U\r\nxyz\r\n")
    assert (problem(alpha.response()), alpha.closed) == ((400, "bad-request"), "closed")
    alpha.lose()
    assert (hub.aborted, hub.kept) == (["the client is gone"], {})


def test_json_bodies_are_limited(alpha: Browser) -> None:
    assert problem(alpha.ask("POST", "/v1/mailbox/claim", b" " * 65_537)) == (413, "too-large")


def test_a_body_where_none_belongs(hub: MemoryHub, clock: Clock) -> None:
    for path in ("/v1/mailbox", "/crl"):
        browser = Browser(hub, clock, CERTIFICATE)
        assert (problem(browser.ask("GET", path, b"{}")), browser.closed) == ((400, "bad-request"), "closed")


@pytest.mark.parametrize("size", [65_536, 65_537])
def test_after_a_refusal_a_small_body_keeps_the_connection_and_a_large_one_ends_it(alpha: Browser, size: int) -> None:
    assert problem(_after_body(alpha, size)) == (404, "not-found")
    assert alpha.closed == ("open" if size == 65_536 else "closed")


def _after_body(browser: Browser, size: int) -> Response:
    browser.start("POST", "/v1/nowhere", b"x" * size)
    return browser.response()


def test_headers_given_twice_are_refused(alpha: Browser) -> None:
    alpha.feed(b"GET /v1/mailbox HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n")
    assert problem(alpha.response()) == (400, "bad-request")


def test_a_target_may_name_the_host_and_a_host_must_be_named(alpha: Browser) -> None:
    alpha.feed(b"GET https://hub.vanhub.example:8443/crl HTTP/1.1\r\nHost: hub.vanhub.example:8443\r\n\r\n")
    assert alpha.response().body == b"DER"
    alpha.feed(b"GET /crl HTTP/1.1\r\n\r\n")
    assert problem(alpha.response()) == (400, "bad-request")
    alpha.feed(b"GET /crl HTTP/1.0\r\n\r\n")
    assert (alpha.response().body, alpha.closed) == (b"DER", "closed")


PIECES = (
    *(
        b"GET ",
        b"POST ",
        b"/v1/interchanges",
        b"/v1/mailbox",
        b"/v1/mailbox/claim",
        b"?wait=5",
        b"/crl",
        b" HTTP/1.1\r\n",
        b"Host: h\r\n",
        b"\r\n",
        b"\r\n\r\n",
    ),
    *(b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"Range: bytes=1-2\r\n"),
    *(b"5\r\n", b"0\r\n\r\n", b"{}", b"UNB+UN", b"'", b"\x00\xff", b" ", b"x" * 300, interchange("R1"), b"POST /v1/interchanges HTTP/1.1\r\nHost: h\r\n"),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=25))
def test_any_octets_give_answers_and_leave_nothing(pieces: list[bytes]) -> None:
    clock = Clock()
    hub = MemoryHub(clock)
    hub.add(principal("alpha"), certificate=CERTIFICATE)
    browser = Browser(hub, clock, CERTIFICATE)
    for piece in pieces:
        browser.feed(piece)
    octets: bytes = browser.line.value()
    assert octets == b"" or octets.startswith(b"HTTP/1.")
    assert b" 500 " not in octets
    browser.lose()
    assert (any(upload.open for upload in hub.uploads), hub.sessions, clock.getDelayedCalls()) == (False, [], [])


def test_pipelined_requests_are_answered_in_order(alpha: Browser, clock: Clock) -> None:
    alpha.start("POST", "/v1/interchanges", interchange("LATE1"))
    alpha.start("GET", "/crl")
    assert alpha.waiting
    clock.advance(0.3)
    assert (alpha.response().status, alpha.response().body) == (201, b"DER")


@pytest.mark.parametrize(
    ("start", "limit"),
    [
        (b"GET /crl HTTP/1.1\r\nA: ", 30),
        (b"POST /v1/mailbox/claim HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n", 30),
        (b"POST /v1/interchanges HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n", 600),
    ],
)
def test_a_request_that_trickles_has_a_deadline(alpha: Browser, hub: MemoryHub, clock: Clock, start: bytes, limit: int) -> None:
    alpha.feed(start)
    for _ in range(limit - 1):
        clock.advance(1)
        alpha.feed(b"x")
    assert (alpha.waiting, alpha.closed) == (True, "open")
    clock.advance(1)
    assert (problem(alpha.response()), alpha.closed) == ((408, "timeout"), "closed")
    alpha.lose()
    assert not any(upload.open for upload in hub.uploads)


def test_a_request_line_that_trickles_has_a_deadline(alpha: Browser, clock: Clock) -> None:
    alpha.feed(b"GET /c")
    clock.advance(29)
    alpha.feed(b"r")
    assert alpha.closed == "open"
    clock.advance(1)
    assert (alpha.waiting, alpha.closed) == (True, "closed")


def test_a_silent_connection_ends(alpha: Browser, clock: Clock) -> None:
    alpha.ask("GET", "/crl")
    clock.advance(74)
    assert alpha.closed == "open"
    clock.advance(1)
    assert alpha.closed == "closed"
    clock.advance(15)
    assert alpha.closed == "cut"


def test_no_timer_is_left_after_a_connection(hub: MemoryHub, clock: Clock) -> None:
    for octets in (
        b"",
        b"GET /v1",
        b"GET /v1/mailbox?wait=60 HTTP/1.1\r\nHost: h\r\n\r\n",
        b"POST /v1/interchanges HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nU",
        b"?\r\n\r\n",
    ):
        browser = Browser(hub, clock, CERTIFICATE)
        browser.feed(octets)
        browser.lose()
    assert clock.getDelayedCalls() == []


# -- curl over TLS


def curl(server: Server, path: str, *arguments: str, client: str | None = "alpha", data: bytes | None = None) -> tuple[int, bytes]:
    """Status and body of what curl gets."""
    files = server.clients[client] if client else None
    identity = ["--cert", str(files.chain), "--key", str(files.key)] if files else []
    sent = ["--data-binary", "@-"] if data is not None else []
    command = ["curl", "-sS", "-m", "20", "-w", "\n%{http_code}", "--cacert", str(server.folder / "root.pem"), *identity, *sent, *arguments]
    result = subprocess.run([*command, f"https://127.0.0.1:{server.https}{path}"], input=data or b"", capture_output=True, timeout=30, check=False)
    body, _, status = result.stdout.rpartition(b"\n")
    return int(status), body or result.stderr


def test_curl_sends_collects_and_commits(server: Server) -> None:
    octets = interchange("CURL1", size=3_000_000)  # above 1 MB curl waits for 100 Continue
    status, body = curl(server, "/v1/interchanges", "-H", "Expect: 100-continue", data=octets)
    assert (status, json.loads(body)["verdict"]) == (201, "accepted")
    assert curl(server, "/v1/interchanges", data=octets)[0] == 200
    beta = ("-H", "Authorization: Bearer token-of-beta")
    status, body = curl(server, "/v1/mailbox/claim", *beta, client=None, data=b'{"max": 1, "lease_s": 60}')
    [claimed] = json.loads(body)["deliveries"]
    assert curl(server, f"/v1/deliveries/{claimed['id']}/content", *beta, client=None) == (200, octets)
    status, body = curl(server, f"/v1/deliveries/{claimed['id']}/commit", *beta, client=None, data=json.dumps({"claim": claimed["claim"]}).encode())
    assert (status, json.loads(body)["state"]) == (200, "delivered")


def test_curl_sees_refusals_of_bodies_that_it_is_still_sending(server: Server) -> None:
    large = interchange("CURL2", sender="SMALL", size=5_000_000)
    for arguments in ((), ("-H", "Expect:"), ("-H", "Expect:", "-H", "Transfer-Encoding: chunked")):
        status, body = curl(server, "/v1/interchanges", *arguments, client="small", data=large)
        assert (status, json.loads(body)["type"].rpartition("/")[2]) == (413, "too-large")


def test_a_download_cut_in_the_middle_keeps_its_claim(server: Server) -> None:
    delivery = server.ask("deliver beta CURL3 20000000")
    _, body = curl(server, "/v1/mailbox/claim", client="beta", data=b'{"max": 1000}')
    [claim] = [one["claim"] for one in json.loads(body)["deliveries"] if one["id"] == delivery]
    with server.connect("beta", server.https) as peer:
        peer.sendall(f"GET /v1/deliveries/{delivery}/content HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        assert peer.recv(1_000)
    status, body = curl(server, f"/v1/deliveries/{delivery}/content", "-r", "0-99", client="beta")
    assert (status, len(body)) == (206, 100)
    status, body = curl(server, f"/v1/deliveries/{delivery}/commit", client="beta", data=json.dumps({"claim": claim}).encode())
    assert (status, json.loads(body)["claims"]) == (200, 1)
