"""The admin socket: who asks is what the kernel says, and nothing that is sent there can hurt. Its hub lives in a folder too deep for a socket's address."""

from __future__ import annotations

import json
import os
import pwd
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.hub import RunningHub
from tests.service.parts import Time
from vanhub import errors
from vanhub.errors import Conflict, HubError, NotFound, OperatorError, Refused
from vanhub.service.admin import error_answer
from vanhub.service.asking import REQUEST_LIMIT, actor_of, ask, short_name
from vanhub.service.home import Home
from vanhub.store import Store, journal

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    deep = tmp_path_factory.mktemp("admin") / ("a-folder-with-a-long-name-" * 4) / "home"
    deep.parent.mkdir()
    running = RunningHub(deep)
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture
def path(hub: RunningHub) -> Path:
    found = hub.path / "var" / "admin.sock"
    assert len(os.fsencode(found)) > 107
    return found


def exchange(path: Path, octets: bytes, *, end: bool = False) -> bytes:
    """Send octets, read until the hub closes."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        with short_name(path) as name:
            connection.connect(name)
        connection.sendall(octets)
        if end:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


def test_a_home_too_deep_for_a_sockets_address_works_as_any(hub: RunningHub, path: Path) -> None:
    assert hub.json("status")["running"] is True
    assert ask(path, "hub.status", {})["pid"] == hub.process.pid  # type: ignore[union-attr]  # it was started


def test_the_socket_is_its_owners(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_ISSOCK(path.stat().st_mode)


def test_the_journal_names_who_asked_as_the_kernel_knows_them(hub: RunningHub, path: Path) -> None:
    ask(path, "principal.add", {"kind": "partner", "id": "trader", "addresses": ["TRADER"]})
    hub.stop()
    home = Home.open(hub.path)
    with closing(Store.open(home.store_url, home.content, clock=Time())) as store:
        (leaf,) = store.look(journal.list_leaves, subject="trader")
    assert leaf.actor == f"uid:{os.getuid()}({pwd.getpwuid(os.getuid()).pw_name})"
    hub.start()


def test_a_user_without_a_name_is_a_number() -> None:
    assert actor_of(4_000_000_000) == "uid:4000000000"


@pytest.mark.parametrize(
    "line", [b"", b"nonsense", b"[]", b"{}", b'{"verb": "hub.status"}', b'{"verb": "hub.status", "arguments": 1}', b"\xff\xfe", b"[" * 100_000]
)
def test_what_is_no_request_is_told_so(path: Path, line: bytes) -> None:
    assert json.loads(exchange(path, line + b"\n")) == {"error": {"code": "operator", "text": "the request is no JSON object with verb and arguments"}}


def test_a_request_has_a_limit(path: Path) -> None:
    with pytest.raises(OperatorError, match=f"a running hub takes {REQUEST_LIMIT}"):
        ask(path, "principal.test", {"kind": "partner", "id": "x", "interchange": "x" * REQUEST_LIMIT})
    # One that goes on all the same is cut off; it may lose the answer with what it had not sent.
    with suppress(ConnectionError):
        answer = exchange(path, b"x" * (REQUEST_LIMIT + 65536))
        assert json.loads(answer) == {"error": {"code": "operator", "text": f"the request is longer than {REQUEST_LIMIT} octets"}}
    assert ask(path, "alerts.list", {}) == []


def test_one_request_a_connection(path: Path) -> None:
    request = json.dumps({"verb": "alerts.list", "arguments": {}}).encode() + b"\n"
    assert exchange(path, request * 3) == b'{"result": []}\n'


def test_a_client_that_leaves_before_its_answer_disturbs_nobody(path: Path) -> None:
    for octets in (b"", b'{"verb"', json.dumps({"verb": "hub.doctor", "arguments": {}}).encode() + b"\n"):
        with socket.socket(socket.AF_UNIX) as connection:
            with short_name(path) as name:
                connection.connect(name)
            connection.sendall(octets)
    assert ask(path, "alerts.list", {}) == []


@pytest.mark.parametrize(
    ("verb", "arguments", "kind", "text"),
    [
        ("hub.staus", {}, OperatorError, "there is no verb 'hub.staus'; the nearest is 'hub.status'"),
        ("hub.status", {"x": 1}, OperatorError, "hub.status: got an unexpected keyword argument 'x'"),
        ("ca.revoke", {}, OperatorError, "ca.revoke: missing a required argument: 'serial'"),
        ("message.show", {"id": "none"}, NotFound, "there is no interchange none"),
        ("principal.add", {"kind": "partner", "id": "x", "addresses": ["GACC:ZZZ"]}, Conflict, "address GACC:ZZZ is customs's"),
        ("password.set", {"id": "customs", "password": "short"}, Refused, "a password has 12 to 256 characters"),
    ],
)
def test_errors_come_back_as_what_they_were(path: Path, verb: str, arguments: dict[str, Any], kind: type[HubError], text: str) -> None:
    with pytest.raises(kind) as raised:
        ask(path, verb, arguments)
    assert (type(raised.value), str(raised.value)) == (kind, text)


def test_every_class_of_error_has_a_code_of_its_own_and_a_bug_shows_only_that_it_is_one() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, HubError)]
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert error_answer(KeyError("a secret of the hub")) == {"error": {"code": "error", "text": "an internal error; the hub's log has the details"}}


def test_where_nobody_listens_that_is_said(tmp_path: Path) -> None:
    for path in (tmp_path / "admin.sock", tmp_path / ("x" * 200) / "admin.sock"):
        with pytest.raises(OperatorError, match=r"the hub does not answer at .*; see `vanhub status`"):
            ask(path, "hub.status", {})


def test_an_answer_that_breaks_off_is_said(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()

        def answer() -> None:
            connection, _ = listener.accept()
            connection.recv(1000)
            connection.sendall(b'{"result": [')
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(OperatorError, match="broke off its answer; see its log"):
            ask(tmp_path / "s", "hub.status", {})
        thread.join()


def test_the_socket_goes_with_the_hub(hub: RunningHub, path: Path) -> None:
    assert hub.stop() == 0
    assert not path.exists()
    hub.start()
    hub.kill()
    assert path.exists()  # nobody was there to take it away
    hub.start()
    assert ask(path, "alerts.list", {}) == []
