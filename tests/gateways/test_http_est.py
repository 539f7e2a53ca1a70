"""The CA's paths at the HTTPS gateway: who may ask what, and how a request may be written."""

from __future__ import annotations

import base64

import pytest
from twisted.internet.task import Clock

from tests.gateways.http_client import Browser, Response
from tests.gateways.hub import MemoryHub

ENROL = "/.well-known/est/simpleenroll"
REQUEST = b"\x30 a request"


@pytest.fixture
def hub() -> MemoryHub:
    made = MemoryHub(Clock())
    made.codes["alpha"] = "CODE"
    return made


@pytest.fixture
def browser(hub: MemoryHub) -> Browser:
    """Shows no certificate."""
    return Browser(hub, Clock())


def ask(browser: Browser, method: str, path: str, body: bytes = b"", *, length: int | None = -1, **headers: str) -> Response:
    browser.start(method, path, body, length=length, headers=headers)
    return browser.response(head=method == "HEAD")


def basic(user: str) -> str:
    return "Basic " + base64.b64encode(user.encode()).decode()


@pytest.mark.parametrize(
    "body",
    [
        base64.b64encode(REQUEST),
        base64.encodebytes(REQUEST),
        b"\r\n  " + base64.b64encode(REQUEST)[:5] + b"\r\n" + base64.b64encode(REQUEST)[5:] + b"\n\n",
        REQUEST,
    ],
    ids=["base64", "with a line end", "with white space", "DER"],
)
@pytest.mark.parametrize("length", [-1, None], ids=["known length", "chunked"])
def test_a_code_is_redeemed_once(browser: Browser, body: bytes, length: int | None) -> None:
    response = ask(browser, "POST", ENROL, body, length=length, Authorization=basic("alpha:CODE"))
    assert response.status == 200
    assert (response.headers["content-type"], response.headers["content-transfer-encoding"]) == ("application/pkcs7-mime; smime-type=certs-only", "base64")
    assert base64.b64decode(response.body) == b"\x30 a certificate of alpha"
    again = ask(browser, "POST", ENROL, body, length=length, Authorization=basic("alpha:CODE"))
    assert (again.status, again.headers["www-authenticate"]) == (401, 'Basic realm="vanhub"')


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Basic !",
        "Basic YWxwaGE=",
        "Bearer alpha-token",
        basic("alpha:code"),
        basic("beta:CODE"),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
    ],
)
def test_who_has_no_code_is_asked_for_one(browser: Browser, hub: MemoryHub, authorization: str) -> None:
    browser.start("POST", ENROL, REQUEST, headers={"Authorization": authorization} if authorization else {})
    response = browser.response()
    assert (response.status, response.headers["www-authenticate"]) == (401, 'Basic realm="vanhub"')
    assert hub.codes == {"alpha": "CODE"}


def test_without_a_code_a_body_is_not_waited_for(browser: Browser) -> None:
    response = ask(browser, "POST", ENROL, length=None, Expect="100-continue")
    assert (response.status, response.headers["connection"]) == (401, "close")


@pytest.mark.parametrize(("body", "status"), [(b"", 403), (b"no base64!", 400), (b"MA=", 400), (base64.b64encode(b"\x30 another"), 403), (b"M" * 65_537, 413)])
def test_a_request_that_does_not_serve_leaves_the_code(browser: Browser, hub: MemoryHub, body: bytes, status: int) -> None:
    assert ask(browser, "POST", ENROL, body, Authorization=basic("alpha:CODE")).status == status
    assert hub.codes == {"alpha": "CODE"}


def test_an_endless_request_is_cut_off(browser: Browser, hub: MemoryHub) -> None:
    assert ask(browser, "POST", ENROL, b"M" * 70_000, length=None, Authorization=basic("alpha:CODE")).status == 413
    assert hub.codes == {"alpha": "CODE"}


@pytest.mark.parametrize(
    ("path", "media_type", "body"),
    [
        ("/.well-known/est/cacerts", "application/pkcs7-mime; smime-type=certs-only", base64.encodebytes(b"\x30 the CA's certificates")),
        ("/pki/root.cer", "application/pkix-cert", b"a CER"),
    ],
)
def test_what_everybody_may_have(browser: Browser, path: str, media_type: str, body: bytes) -> None:
    response = ask(browser, "GET", path)
    assert (response.status, response.headers["content-type"], response.body) == (200, media_type, body)
    head = ask(browser, "HEAD", path)
    assert (head.status, head.headers["content-length"]) == (200, str(len(body)))
    wrong = ask(browser, "POST", path)
    assert (wrong.status, wrong.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", ENROL, 405),
        ("GET", "/.well-known/est/csrattrs", 404),
        ("GET", "/.well-known/est/", 404),
        ("GET", "/pki/", 404),
        ("GET", "/pki/../certs/root.key", 404),
        ("GET", "/pki/root.cer/", 404),
        ("GET", "/pki/root.key", 404),
        ("GET", "/v1/mailbox", 401),
    ],
)
def test_all_else_is_the_apis(browser: Browser, method: str, path: str, status: int) -> None:
    assert ask(browser, method, path).status == status
