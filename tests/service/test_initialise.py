"""``vanhub init`` and what an interruption of it leaves to be done."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from tests.service.parts import Time, do, open_core
from vanhub.errors import OperatorError
from vanhub.service import initialise as module
from vanhub.service.authority import Authority
from vanhub.service.certificates import record_own
from vanhub.service.core import Core
from vanhub.service.home import Home, HomeInUse, HomeLock
from vanhub.service.initialise import initialise, initialise_authority


def init(path: Path) -> list[str]:
    return initialise(path, {}, clock=Time(), entropy=os.urandom)


def make_authority(path: Path) -> list[str]:
    return initialise_authority(Home.open(path), {}, clock=Time(), entropy=os.urandom)


def test_a_new_home_is_whole(tmp_path: Path) -> None:
    told = init(tmp_path)
    assert told[-4:] == [
        f"wrote {tmp_path}/var/passphrase: the passphrase of the keys; keep a copy away from {tmp_path}/certs",
        f"made the CA in {tmp_path}/certs: root, issuing CA, TLS for localhost, 127.0.0.1, acknowledgement signer, SSH host key",
        f"made the store {tmp_path}/var/vanhub.db with 13 mailboxes",
        f"take {tmp_path}/certs/root.key off this machine and keep it safe: the hub runs without it",
    ]
    passphrase = (tmp_path / "var" / "passphrase").read_text().strip()
    assert not [line for line in told if passphrase in line]
    with closing(open_core(tmp_path, Time())) as core:
        assert len(core.registry.mailboxes) == len(do(core, "principal.list", kind="agency")) == 13
        assert {row["profile"] for row in do(core, "ca.list")} == {"root", "issuing", "hub-tls", "acknowledgement-signer"}
        assert do(core, "hub.doctor")["healthy"]


def test_a_home_is_made_once(tmp_path: Path) -> None:
    init(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(OperatorError, match="has keys already"):
        init(tmp_path)
    with pytest.raises(OperatorError, match="holds keys already"):
        make_authority(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_wrong_mailbox_is_named_before_there_are_keys_that_would_be_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "mailboxes").mkdir()
    (tmp_path / "mailboxes" / "mine.toml").write_text("id = ")
    with pytest.raises(OperatorError, match=r"mine\.toml"):
        init(tmp_path)
    (tmp_path / "mailboxes" / "mine.toml").unlink()
    init(tmp_path)


class TestInterrupted:
    def test_before_the_keys_the_ca_is_made_by_its_own_verb(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def cut(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as interrupted:
            interrupted.setattr(module, "initialise_authority", cut)
            with pytest.raises(KeyboardInterrupt):
                init(tmp_path)
        with pytest.raises(OperatorError, match="holds no CA"):
            open_core(tmp_path, Time())
        assert make_authority(tmp_path)[0].startswith(f"made the CA in {tmp_path}/certs: ")
        with closing(open_core(tmp_path, Time())) as core:
            assert do(core, "hub.doctor")["healthy"]

    def test_between_keys_and_store_the_next_start_finishes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def cut(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as interrupted:
            interrupted.setattr(Core, "open", cut)
            with pytest.raises(KeyboardInterrupt):
                init(tmp_path)
        assert not (tmp_path / "var" / "vanhub.db").exists()
        with closing(open_core(tmp_path, Time())) as core:
            assert [issued.profile for issued in record_own(core, actor="hub")] == ["root", "issuing", "hub-tls", "acknowledgement-signer"]
            assert len(core.registry.mailboxes) == 13

    def test_a_store_that_is_gone_is_not_replaced_by_an_empty_one(self, tmp_path: Path) -> None:
        init(tmp_path)
        (tmp_path / "var" / "vanhub.db").unlink()
        (tmp_path / "var" / "content" / "20261121").touch()
        with pytest.raises(OperatorError, match=r"there is no store .*/var/vanhub\.db: mount its disk, or restore it from a backup"):
            open_core(tmp_path, Time())
        (tmp_path / "var" / "content" / "20261121").unlink()
        (tmp_path / "var" / "content").rmdir()
        with pytest.raises(OperatorError, match="there is no store"):
            open_core(tmp_path, Time())
        assert not (tmp_path / "var" / "vanhub.db").exists()

    def test_among_the_keys_the_cure_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        init(tmp_path)
        (tmp_path / "certs" / "acknowledgement.pem").unlink()
        with pytest.raises(OperatorError, match=r"acknowledgement\.pem is missing: restore it from a backup \(where `vanhub init` was interrupted"):
            open_core(tmp_path, Time())


def test_a_running_hub_keeps_others_from_making_its_ca(tmp_path: Path) -> None:
    init(tmp_path)
    with HomeLock(Home.open(tmp_path)), pytest.raises(HomeInUse):
        make_authority(tmp_path)


def test_the_domain_and_names_are_those_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text('[hub]\ndomain = "edi.example.cn"\n[tls]\nnames = ["edi.example.cn", "192.0.2.1"]\n')
    assert "TLS for edi.example.cn, 192.0.2.1" in init(tmp_path)[-3]
    authority = Authority.open(tmp_path / "certs", (tmp_path / "var" / "passphrase").read_bytes().strip())
    assert authority.domain == "edi.example.cn"
