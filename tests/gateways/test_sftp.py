"""The SFTP gateway as a partner meets it: a real server process, driven by OpenSSH's sftp and scp and by curl."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.gateways.hub import interchange
from vanhub.gateways.ssh import CIPHERS, KEY_EXCHANGES, LOGIN_TRIES, MACS

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30
CLIENT = ("-F", "none", "-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null", "-oLogLevel=ERROR", "-oIdentitiesOnly=yes", "-oIdentityAgent=none")


class Server:
    """The gateway's process and the clients that visit it. ``folder`` has the keys; ``work`` is the clients' current folder."""

    def __init__(self, folder: Path, work: Path) -> None:
        self.folder = folder
        self.work = work
        with (folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.gateways.sftp_server", str(folder)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.port = int(self._line())
        self._clients: list[subprocess.Popen[str]] = []

    def _line(self) -> str:
        assert self._process.stdout is not None
        line: str = self._process.stdout.readline()
        if not line:
            raise AssertionError((self.folder / "log").read_text())
        return line

    def ask(self, do: str, **with_: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **with_}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._line())

    def deliver(self, to: str, reference: str, *, size: int = 0, slot: str = "production") -> str:
        """Puts ``interchange(reference, size=size)`` into a mailbox; the delivery's id."""
        id: str = self.ask("deliver", to=to, reference=reference, size=size, slot=slot)
        return id

    def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """What the hub holds, as soon as ``holds`` is true of it."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds(seen := self.ask("look")):
            assert time.monotonic() < deadline, seen
            time.sleep(0.02)
        return dict(seen)

    def command(self, program: str, user: str, *options: str, key: str | None = None) -> list[str]:
        return [program, *CLIENT, f"-P{self.port}", f"-i{self.folder / (key or user)}", *options]

    def start(self, user: str, *commands: str, options: tuple[str, ...] = (), key: str | None = None) -> subprocess.Popen[str]:
        """A batch of sftp commands, under way."""
        process = subprocess.Popen(
            [*self.command("sftp", user, *options, "-b-", key=key), f"{user}@127.0.0.1"],
            cwd=self.work,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._clients.append(process)
        assert process.stdin is not None
        process.stdin.write("".join(command + "\n" for command in commands))
        process.stdin.close()
        process.stdin = None
        return process

    def sftp(self, user: str, *commands: str, status: int = 0, **how: Any) -> list[str]:
        """What a batch prints, without the commands that sftp echoes."""
        process = self.start(user, *commands, **how)
        out, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == status, out
        return [line.strip() for line in out.splitlines() if not line.startswith("sftp> ")]

    def run(self, *command: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=self.work, env={**os.environ, **(env or {})}, capture_output=True, text=True, timeout=PATIENCE_S, check=False)

    def peak_octets(self) -> int:
        """The most memory that the server's process had."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def stop(self) -> None:
        for client in self._clients:
            if client.poll() is None:
                os.killpg(client.pid, signal.SIGKILL)
                client.wait()
            if client.stdout is not None:
                client.stdout.close()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        assert self._process.wait(PATIENCE_S) == 0
        self._process.stdout.close()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for name, kind in (("alpha", "ed25519"), ("beta", "rsa"), ("stranger", "ed25519")):
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(folder / name)], check=True)
    return folder


StartServer = Callable[..., Server]


@contextmanager
def _serving(keys: Path, place: Path, settings: dict[str, Any]) -> Iterator[Server]:
    folder, work = place / "server", place / "work"
    shutil.copytree(keys, folder)
    work.mkdir()
    (folder / "settings.json").write_text(json.dumps(settings))
    server = Server(folder, work)
    try:
        yield server
    finally:
        server.stop()
    assert "Traceback" not in server.log(), server.log()


@pytest.fixture
def start_server(keys: Path, tmp_path: Path) -> Iterator[StartServer]:
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(_serving(keys, tmp_path, settings))


@pytest.fixture(scope="module")
def one_server(keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with _serving(keys, tmp_path_factory.mktemp("server"), {}) as server:
        yield server


@pytest.fixture
def server(one_server: Server, tmp_path: Path) -> Server:
    """The same process for most tests; its hub is as it was at first."""
    one_server.until(lambda seen: seen["sessions"] == [])
    one_server.ask("forget")
    one_server.work = tmp_path / "own"
    one_server.work.mkdir()
    return one_server


def kept(server: Server) -> list[list[Any]]:
    """``[principal, reference, verdict, file name]`` of every interchange that the hub keeps."""
    return [line[:4] for line in server.ask("look")["kept"]]


# -- uploads


def test_an_upload_is_taken_when_it_is_closed_and_its_answer_lies_in_ack(server: Server) -> None:
    (server.work / "order.edi").write_bytes(interchange("R1"))
    listed = server.sftp("alpha", "put order.edi outbox/", "ls -1 outbox", "ls -1 ack", "get ack/* .", "ls -1 error")
    assert kept(server) == [["alpha", "R1", "accepted", "order.edi"]]
    names = [f"ack/R1-I000002{ending}" for ending in (".contrl.edi", ".contrl.p7s", ".explain.txt")]
    assert listed == ["outbox/order.edi", *names]
    assert (server.work / "R1-I000002.contrl.edi").read_bytes().startswith(b"UNB+UNOA:2+HUB+ALPHA+260301:0801+AR1'")
    assert (server.work / "R1-I000002.contrl.p7s").read_bytes() == b"p7s of R1"
    assert (server.work / "R1-I000002.explain.txt").read_text() == "R1: accepted\nR1：接受\n"


def test_the_close_waits_for_the_answer(start_server: StartServer) -> None:
    server = start_server(late_s=0.5)
    (server.work / "late.edi").write_bytes(interchange("LATE1"))
    assert server.sftp("alpha", "put late.edi outbox/", "ls -1 ack")[-1] == "ack/LATE1-I000002.explain.txt"


def test_several_interchanges_in_a_file_are_taken_one_by_one_and_a_bad_one_stops_none(server: Server) -> None:
    (server.work / "three.edi").write_bytes(interchange("R1") + b"\r\n" + interchange("BAD2") + b"\r\n" + interchange("R3"))
    assert server.sftp("alpha", "put three.edi out/three.edi") == ["vanhub: three.edi: BAD2 rejected: see ack/ and error/"]
    assert kept(server) == [["alpha", ref, verdict, "three.edi"] for ref, verdict in (("R1", "accepted"), ("BAD2", "rejected"), ("R3", "accepted"))]


def test_a_large_interchange_arrives_octet_for_octet(server: Server) -> None:
    large = interchange("BIG1", recipient="BETA", size=6_000_000)
    (server.work / "big.edi").write_bytes(large)
    server.sftp("alpha", "put -p big.edi outbox/big.edi", options=("-oRekeyLimit=1M",))
    assert server.ask("look")["kept"] == [["alpha", "BIG1", "accepted", "big.edi", len(large)]]
    server.sftp("beta", "get inbox/* got.edi", options=("-oRekeyLimit=1M",))
    assert (server.work / "got.edi").read_bytes() == large


def test_a_staged_upload_waits_for_its_rename_and_is_named_as_renamed(server: Server) -> None:
    (server.work / "x").write_bytes(interchange("R1"))
    listed = server.sftp("alpha", "put x outbox/x.7f3a.TMP", "ls -1 outbox", "ls -1 ack", "rename outbox/x.7f3a.TMP outbox/final.edi", "ls -1 outbox")
    assert listed == ["outbox/x.7f3a.TMP", "outbox/final.edi"]
    assert kept(server) == [["alpha", "R1", "accepted", "final.edi"]]


def test_a_staged_upload_that_is_not_renamed_is_discarded_with_its_session(server: Server) -> None:
    (server.work / "x").write_bytes(interchange("R1"))
    server.sftp("alpha", "put x outbox/x.part")
    (server.work / "empty").touch()
    assert server.sftp("alpha", "ls -1 outbox", "-rename outbox/x.part outbox/x.edi") == [
        'remote rename "/outbox/x.part" to "/outbox/x.edi": No such file or directory'
    ]
    assert kept(server) == []


def test_a_name_that_comes_again_is_a_new_upload_and_a_repeat_gets_the_first_answer(server: Server) -> None:
    for reference, name in (("R1", "one"), ("R2", "two")):
        (server.work / name).write_bytes(interchange(reference))
    server.sftp("alpha", "put one outbox/o.edi", "put two outbox/o.edi", "put one outbox/o.edi", "rm outbox/o.edi", "ls outbox")
    assert kept(server) == [["alpha", "R1", "accepted", "o.edi"], ["alpha", "R2", "accepted", "o.edi"]]
    assert len(server.ask("look")["boxes"]) == 2


def test_what_is_no_interchange_goes_to_error_with_the_reason(server: Server) -> None:
    (server.work / "letter.txt").write_text("Dear customs,\n" * 10_000)
    told = server.sftp("alpha", "put letter.txt outbox/", "ls -1 ack", "ls -1 error", "get error/*.explain.txt why.txt")
    assert told == ["vanhub: letter.txt: octets that begin no interchange: see ack/ and error/", *told[1:]]
    assert [name.rpartition("-")[0] for name in told[1:]] == ["error/unknown"] * 3
    assert (server.work / "why.txt").read_text().startswith(": rejected\n")


def test_a_large_file_that_is_no_edifact_is_refused_while_it_comes(server: Server) -> None:
    (server.work / "picture.zip").write_bytes(b"PK\x03\x04" + b"\x00\x81\x92" * 1_000_000)
    told = server.sftp("alpha", "put picture.zip outbox/", status=1)
    assert "vanhub: more than 1048576 octets begin no interchange: this is no EDIFACT file" in told
    assert kept(server) == []


@pytest.mark.parametrize("size", [5_000, 3_000_000])
def test_over_the_limit_the_write_fails_and_says_why(start_server: StartServer, size: int) -> None:
    server = start_server(terms={"max_interchange_octets": min(size // 2, 2_000_000)})
    (server.work / "big.edi").write_bytes(interchange("R1", size=size))
    told = server.sftp("alpha", "put big.edi outbox/", status=1)
    assert any(line.startswith("vanhub: the interchange is larger than") for line in told)
    assert kept(server) == []
    assert server.ask("look")["aborted"] == ["too large"]


def test_a_hub_that_cannot_take_says_so_and_promises_nothing_of_the_rest(server: Server) -> None:
    (server.work / "three.edi").write_bytes(interchange("R1") + interchange("DOWN2") + interchange("R3"))
    told = server.sftp("alpha", "put three.edi outbox/", status=1)
    assert "vanhub: 1 of 3 interchanges were taken (a repeat of the file does no harm), then: the store is stopping" in told
    assert kept(server) == [["alpha", "R1", "accepted", "three.edi"]]


def test_a_bug_of_the_hub_is_no_partners_business(server: Server) -> None:
    (server.work / "bug.edi").write_bytes(interchange("BUG1"))
    told = server.sftp("alpha", "put bug.edi outbox/", status=1)
    assert not any("secret" in line for line in told)
    assert "RuntimeError: a secret of the hub" in server.log()
    (server.folder / "log").write_text("")  # the fixture would take the traceback for one that nobody expected


@pytest.mark.parametrize("whole_group", [True, False], ids=["with its connection", "the program alone"])
def test_an_upload_that_is_cut_is_discarded(server: Server, whole_group: bool) -> None:
    (server.work / "big.edi").write_bytes(interchange("R0") + interchange("BIG1", size=20_000_000))
    server.ask("backlog", on=True)
    client = server.start("alpha", "put big.edi outbox/big.edi")
    held = server.until(lambda seen: seen["open"] == 1 and seen["received"] > 1_000_000)
    (os.killpg if whole_group else os.kill)(client.pid, signal.SIGKILL)
    server.ask("backlog", on=False)
    after = server.until(lambda seen: seen["sessions"] == [])
    assert after["aborted"] == ["the connection ended before the file was closed"]
    assert after["kept"] == []
    assert held["received"] < 6_000_000  # the backlog did hold the client back


def test_resuming_appending_and_folders_are_refused(server: Server) -> None:
    (server.work / "x").write_bytes(interchange("R1"))
    told = server.sftp(
        "alpha",
        "put x outbox/x.part",
        "!cat x x > more",
        "-put -a more outbox/x.part",
        "-mkdir outbox",
        "-mkdir outbox/deep",
        "-rmdir outbox",
        "-ln -s READ.ME outbox/link",
        "-put x x.edi",
        "-put x inbox/x.edi",
        "-rm READ.ME",
        "-get outbox/none none",
        "-rename inbox/x outbox/x",
    )
    said = [line.removeprefix("vanhub: ") for line in told if line.startswith("vanhub: ")]
    assert said == [
        "appending and resuming are not possible: upload the file from its beginning",
        "/outbox is there already",
        "folders cannot be made: the tree is the hub's",
        "folders cannot be removed: the tree is the hub's",
        "uploads go to outbox/",
        "uploads go to outbox/",
        "this file cannot be removed",
        "files are renamed within outbox/ only",
    ]
    assert kept(server) == []


def test_an_empty_file_is_refused(server: Server) -> None:
    (server.work / "empty").touch()
    assert "vanhub: the file is empty: nothing was taken" in server.sftp("alpha", "put empty outbox/", status=1)


# -- pickup


def test_what_was_read_whole_and_closed_is_collected_and_in_the_archive(server: Server) -> None:
    octets, id = interchange("R1"), server.deliver("beta", "R1")
    name = f"ALPHA_R1_ORDERS_{id}.edi"
    listed = server.sftp("beta", "ls -l in", f"get in/{name} got", "ls -1 archive")
    assert listed[0].split()[4] == str(len(octets))
    assert (server.work / "got").read_bytes() == octets
    assert server.ask("look")["boxes"] == {id: "delivered"}
    day = listed[1]
    again = server.sftp("beta", "ls -1 inbox", f"get {day}/{name} again", "ls -1 archive/20000101", status=1)
    assert again == ['Can\'t ls: "/archive/20000101" not found']
    assert (server.work / "again").read_bytes() == octets


def test_mget_and_then_rm_is_safe(server: Server) -> None:
    first = server.deliver("beta", "R1")
    client = server.start("beta", "cd inbox", "mget *", "!touch collected; while [ ! -e go ]; do sleep 0.02; done", "-rm *", "ls -1")
    server.until(lambda _: (server.work / "collected").exists())
    second = server.deliver("beta", "R2")
    (server.work / "go").touch()
    out, _ = client.communicate(timeout=PATIENCE_S)
    name = f"ALPHA_R2_ORDERS_{second}.edi"
    assert f"vanhub: {name} was not collected: read it to its end and close it first" in out
    assert out.splitlines()[-1].strip() == name
    assert server.ask("look")["boxes"] == {first: "delivered", second: "available"}


def test_a_second_reader_is_told_and_a_reader_that_dies_releases(server: Server) -> None:
    octets, id = interchange("R1", size=4_000_000), server.deliver("beta", "R1", size=4_000_000)
    reader = server.start("beta", f"get inbox/ALPHA_R1_ORDERS_{id}.edi slow", options=("-l400",))
    server.until(lambda seen: seen["boxes"][id] == "claimed")
    told = server.sftp("beta", "ls -1 inbox", f"get inbox/ALPHA_R1_ORDERS_{id}.edi second", status=1)
    assert f"vanhub: ALPHA_R1_ORDERS_{id}.edi is in use: another session collects it" in told
    os.killpg(reader.pid, signal.SIGKILL)
    server.until(lambda seen: seen["boxes"][id] == "available")
    server.sftp("beta", f"get inbox/ALPHA_R1_ORDERS_{id}.edi third")
    assert (server.work / "third").read_bytes() == octets
    assert server.ask("look")["boxes"] == {id: "delivered"}


def test_a_channel_that_ends_releases_though_its_connection_goes_on(server: Server, tmp_path: Path) -> None:
    id = server.deliver("beta", "R1", size=14_000_000)
    control = f"-oControlPath={tmp_path / 'mux'}"
    ssh = ["ssh", *CLIENT, control, f"-p{server.port}", f"-i{server.folder / 'beta'}"]
    with subprocess.Popen([*ssh, "-MN", "beta@127.0.0.1"], stdin=subprocess.DEVNULL) as master:
        try:
            server.until(lambda _: server.run(*ssh, "-Ocheck", "beta@127.0.0.1").returncode == 0)
            reader = server.start("beta", f"get inbox/ALPHA_R1_ORDERS_{id}.edi slow", options=(control,))
            server.until(lambda _: (server.work / "slow").exists() and (server.work / "slow").stat().st_size > 4_000_000)
            os.kill(reader.pid, signal.SIGSTOP)
            assert server.ask("look")["boxes"] == {id: "claimed"}
            os.killpg(reader.pid, signal.SIGKILL)
            assert server.until(lambda seen: seen["boxes"][id] == "available")["sessions"] == ["beta"]
        finally:
            master.kill()


def test_slots_have_folders_of_their_own_that_do_not_disturb_mget(server: Server) -> None:
    ids = {slot: server.deliver("beta", slot.upper(), slot=slot) for slot in ("production", "test", "rejected")}
    server.sftp("beta", "cd inbox", "mget *", "cd test", "mget *", "cd /in/rejected", "mget *")
    assert sorted(path.name for path in server.work.iterdir()) == sorted(f"ALPHA_{slot.upper()}_ORDERS_{id}.edi" for slot, id in ids.items())
    assert set(server.ask("look")["boxes"].values()) == {"delivered"}


def test_nobody_sees_anothers_delivery(server: Server) -> None:
    id = server.deliver("beta", "R1")
    name = f"ALPHA_R1_ORDERS_{id}.edi"
    assert server.sftp("alpha", "ls -1 inbox", f"get inbox/{name} stolen", status=1) == [f'File "/inbox/{name}" not found.']
    assert server.ask("look")["boxes"] == {id: "available"}


def test_a_long_listing_comes_whole(server: Server) -> None:
    ids = [server.deliver("beta", f"R{n}") for n in range(1_203)]
    listed = server.sftp("beta", "ls -1 inbox")
    assert sorted(listed) == sorted(f"inbox/ALPHA_R{n}_ORDERS_{id}.edi" for n, id in enumerate(ids))


# -- acknowledgements


def test_only_acknowledgements_that_were_read_can_be_removed(server: Server) -> None:
    (server.work / "x").write_bytes(interchange("R1"))
    server.sftp("alpha", "put x outbox/x.edi")
    told = server.sftp("alpha", "cd ack", "get *.edi", "-rm *", "ls -1")
    assert [line for line in told if line.startswith("vanhub")] == [
        "vanhub: R1-I000002.contrl.p7s was not read in this session",
        "vanhub: R1-I000002.explain.txt was not read in this session",
    ]
    assert told[-2:] == ["R1-I000002.contrl.p7s", "R1-I000002.explain.txt"]
    assert len(server.sftp("alpha", "ls -1 ack")) == 3
    assert server.sftp("beta", "ls -1 ack", "get ack/R1-I000002.contrl.edi", status=1) == ['File "/ack/R1-I000002.contrl.edi" not found.']


# -- who comes in


def test_a_wrong_key_a_wrong_name_and_a_wrong_password_are_refused(server: Server, tmp_path: Path) -> None:
    for user, key in (("alpha", "stranger"), ("alpha", "beta"), ("nobody", "alpha"), ("al/../pha", "alpha")):
        assert server.sftp(user, "ls", status=255, key=key, options=("-oPreferredAuthentications=publickey",))[0].endswith(
            "Permission denied (publickey,password)."
        )
    assert server.ask("look")["sessions"] == []


def _ask_password(server: Server, tmp_path: Path, password: str) -> subprocess.CompletedProcess[str]:
    ask = tmp_path / "askpass"
    ask.write_text(f"#!/bin/sh\necho '{password}'\n")
    ask.chmod(0o700)
    options = ("-oPreferredAuthentications=password", "-oNumberOfPasswordPrompts=1", "-oBatchMode=no")
    (tmp_path / "batch").write_text("ls -1\n")
    return server.run(
        *server.command("sftp", "alpha", *options, f"-b{tmp_path / 'batch'}"),
        "alpha@127.0.0.1",
        env={"SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"},
    )


def test_a_password_opens_the_same_tree(server: Server, tmp_path: Path) -> None:
    assert _ask_password(server, tmp_path, "password of alpha").stdout.split() == [
        "sftp>",
        "ls",
        "-1",
        "READ.ME",
        "ack",
        "archive",
        "error",
        "inbox",
        "outbox",
    ]
    assert _ask_password(server, tmp_path, "guessed").returncode == 255


def test_only_so_many_sessions_per_principal(start_server: StartServer) -> None:
    server = start_server(terms={"max_sessions": 1})
    first = server.start("alpha", "!touch in; while [ ! -e go ]; do sleep 0.02; done")
    server.until(lambda _: (server.work / "in").exists())
    assert "too many sessions" in server.sftp("alpha", "ls", status=255)[0]
    (server.work / "go").touch()
    assert first.wait(PATIENCE_S) == 0


def test_a_disabled_principal_is_put_out_at_once(server: Server) -> None:
    client = server.start("alpha", "!touch in; while [ ! -e go ]; do sleep 0.02; done", "ls")
    server.until(lambda seen: seen["sessions"] == ["alpha"] and (server.work / "in").exists())
    server.ask("disable", name="alpha")
    assert server.until(lambda seen: seen["sessions"] == [])["closed"] == [["alpha", "disabled"]]
    (server.work / "go").touch()
    assert client.wait(PATIENCE_S) != 0
    server.sftp("alpha", "ls", status=255)


@pytest.mark.parametrize(("settings", "user"), [({"login_s": 0.3}, None), ({"idle_s": 0.3}, "alpha")])
def test_nobody_lingers(start_server: StartServer, settings: dict[str, float], user: str | None) -> None:
    server = start_server(**settings)
    if user is None:
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE_S) as peer:
            while peer.recv(65536):
                pass
    else:
        client = server.start("alpha", "!touch in; while [ ! -e go ]; do sleep 0.02; done")
        server.until(lambda seen: seen["closed"] == [["alpha", "nothing moved for too long"]])
        (server.work / "go").touch()
        client.communicate(timeout=PATIENCE_S)


# -- other programs and other wishes


def test_scp_works_and_the_old_scp_is_told_what_to_do(server: Server) -> None:
    (server.work / "x.edi").write_bytes(interchange("R1"))
    new = server.run(*server.command("scp", "alpha", "-p"), "x.edi", "alpha@127.0.0.1:outbox/")
    assert (new.returncode, new.stderr) == (0, "")
    old = server.run(*server.command("scp", "alpha", "-O"), "x.edi", "alpha@127.0.0.1:outbox/")
    assert old.returncode == 1
    assert "use sftp, or scp without -O" in old.stderr
    assert kept(server) == [["alpha", "R1", "accepted", "x.edi"]]


def test_shell_forwarding_and_environment_are_refused(server: Server) -> None:
    ssh = ["ssh", "-oLogLevel=INFO", *CLIENT, f"-p{server.port}", f"-i{server.folder / 'alpha'}"]
    shell = server.run(*ssh, "alpha@127.0.0.1", "cat /etc/passwd")
    assert (shell.returncode, shell.stdout) == (1, ""), shell.stderr
    assert "serves SFTP only" in shell.stderr
    forward = server.run(*ssh, "-W127.0.0.1:1", "alpha@127.0.0.1")
    assert forward.returncode == 255
    assert "administratively prohibited: forwarding is not offered" in forward.stderr
    assert server.run(*ssh, "-oExitOnForwardFailure=yes", "-R0:127.0.0.1:1", "-N", "alpha@127.0.0.1").returncode == 255
    assert server.run(*ssh, "-s", "alpha@127.0.0.1", "netconf").returncode == 255


def test_curl_uploads_and_collects(server: Server) -> None:
    if "sftp" not in server.run("curl", "-V").stdout.split():
        pytest.skip("this curl was built without sftp")
    (server.work / "x.edi").write_bytes(interchange("R1"))
    curl = ["curl", "-sS", "--insecure", "--key", str(server.folder / "alpha"), "--pubkey", str(server.folder / "alpha.pub"), "-ualpha:"]
    address = f"sftp://127.0.0.1:{server.port}"
    staged = server.run(*curl, "-Tx.edi", "-Q-rename /outbox/x.tmp /outbox/x.edi", f"{address}/outbox/x.tmp")
    assert (staged.returncode, staged.stderr) == (0, "")
    assert kept(server) == [["alpha", "R1", "accepted", "x.edi"]]
    answer = server.run(*curl, f"{address}/ack/R1-I000002.contrl.edi")
    assert "UCI+R1+ALPHA+HUB+7'" in answer.stdout
    password = server.run("curl", "-sS", "--insecure", "-ualpha:password of alpha", f"{address}/READ.ME")
    assert password.stdout.startswith("vanhub: mailbox over SFTP")


def test_paths_lead_nowhere_else(server: Server) -> None:
    ways = ["/etc/passwd", "../../../etc/passwd", "/outbox/../../etc/passwd", "/inbox/../../../proc/self/environ", "/archive/20260101/../../../etc"]
    told = server.sftp("alpha", *(f"-get {way} stolen" for way in ways))
    assert [line for line in told if line.endswith("not found.")] == told
    assert len(told) == len(ways)
    assert not (server.work / "stolen").exists()


def test_tricky_upload_names_stay_names(server: Server) -> None:
    (server.work / "x").write_bytes(interchange("R1"))
    for name in ("..hidden", "a b;c|d.edi", "报文.edi", "x" * 255):
        server.sftp("alpha", f'put x "outbox/{name}"', f'ls -1 "outbox/{name}"')
    for name in ("x" * 256, "a\x1b[31m", "\u202egnp.edi"):
        assert "vanhub: the name" in " ".join(server.sftp("alpha", f'put x "outbox/{name}"', status=1))
    assert kept(server) == [["alpha", "R1", "accepted", "..hidden"]]


# -- the transport


def _name_lists(port: int) -> list[bytes]:
    """The ten name-lists of the server's KEXINIT (RFC 4253, 7.1), read from the wire."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as peer, peer.makefile("rwb") as stream:
        assert stream.readline() == b"SSH-2.0-vanhub\r\n"
        (length, padding) = struct.unpack(">LB", stream.read(5))
        payload = stream.read(length - 1)[: length - 1 - padding]
    assert payload[0] == 20
    lists, at = [], 17
    for _ in range(10):
        size = int.from_bytes(payload[at : at + 4], "big")
        lists.append(payload[at + 4 : at + 4 + size])
        at += 4 + size
    return lists


def test_only_the_listed_algorithms_are_offered(server: Server) -> None:
    lists = [set(names.split(b",")) for names in _name_lists(server.port)]
    exchanges = lists[0] - {b"ext-info-s"}
    assert exchanges <= set(KEY_EXCHANGES)
    assert b"curve25519-sha256" in exchanges
    assert lists[1:8] == [{b"ssh-ed25519"}, set(CIPHERS), set(CIPHERS), set(MACS), set(MACS), {b"none"}, {b"none"}]


def test_signatures_with_sha1_are_refused(server: Server) -> None:
    options = ("-oPubkeyAcceptedAlgorithms=ssh-rsa", "-oPreferredAuthentications=publickey")
    assert server.sftp("beta", "ls", status=255, options=options)
    server.sftp("beta", "ls")


def test_guessing_is_cut_off(server: Server, tmp_path: Path) -> None:
    keys = []
    for n in range(LOGIN_TRIES + 2):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / f"k{n}")], check=True)
        keys.append(f"-oIdentityFile={tmp_path / f'k{n}'}")
    told = server.sftp("alpha", "ls", status=255, key="stranger", options=(*keys, "-oPreferredAuthentications=publickey"))
    assert "too many bad auths" in " ".join(told)


def test_noise_is_cut_off_quietly(server: Server) -> None:
    """Octets that are no SSH, or SSH that is no sense, end their connection; the fixture sees that no traceback was logged."""
    noises = [
        b"GET / HTTP/1.1\r\n\r\n" + b"x" * 5000,
        b"SSH-2.0-x\r\n" + b"\xff" * 4096,
        b"SSH-1.5-x\r\n",
        b"SSH-2.0-x\r\n" + struct.pack(">LB", 12, 10) + b"\x1e" + b"\0" * 10,
    ]
    for noise in noises:
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE_S) as peer:
            peer.sendall(noise)
            try:
                while peer.recv(65536):
                    pass
            except ConnectionResetError:
                pass
    server.sftp("alpha", "ls")


def test_a_client_that_reads_nothing_is_not_answered_into_memory(server: Server) -> None:
    id = server.deliver("alpha", "GLUT", size=40_000)
    before, reads = server.peak_octets(), 1_500
    arguments = (str(server.port), str(server.folder / "alpha"), f"/inbox/ALPHA_GLUT_ORDERS_{id}.edi", str(reads))
    glutton = subprocess.run(
        [sys.executable, "-m", "tests.gateways.sftp_glutton", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert int(glutton.stdout) == 32_768 * reads  # 49 MB: every answer came in the end
    assert server.peak_octets() - before < 16_000_000
