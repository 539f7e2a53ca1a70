"""Every command's surface: reads in JSON and for people, exit codes, and nothing that steers a terminal."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from cryptography import x509

from tests.cli.conftest import EVIL, Commands
from tests.pki.judges import openssl
from tests.service.parts import cusres, interchange
from vanhub.cli.main import vanhub
from vanhub.cli.output import width
from vanhub.errors import Conflict, NotFound, OperatorError, Refused

# Commands that only act; all others are reads (or tell what they made) and have --json.
ACTS = {
    "alerts clear",
    "agency disable",
    "agency enable",
    "agency init",
    "agency run",
    "ca crl",
    "ca init",
    "ca renew",
    "ca revoke",
    "ca sign-csr",
    "demo journey",
    "init",
    "key remove",
    "mailbox fetch",
    "message evidence",
    "partner disable",
    "partner enable",
    "password remove",
    "password set",
    "reload",
    "serve",
    "token revoke",
}

READS: list[tuple[tuple[str, ...], int, type]] = [
    (("status",), 1, dict),  # exit 1: it does not run
    (("doctor",), 0, dict),
    (("alerts", "list"), 0, list),
    (("alerts", "list", "--cleared"), 0, list),
    (("partner", "list"), 0, list),
    (("partner", "show", "carrier"), 0, dict),
    (("partner", "test", "trader"), 0, dict),
    (("partner", "test", "carrier"), 1, dict),
    (("agency", "list"), 0, list),
    (("agency", "show", "customs"), 0, dict),
    (("agency", "test", "customs"), 1, dict),
    (("key", "list", "trader"), 0, list),
    (("token", "list", "trader"), 0, list),
    (("mailbox", "list"), 0, list),
    (("mailbox", "peek", "customs"), 0, list),
    (("mailbox", "peek", "customs", "--state", "all"), 0, list),
    (("message", "find"), 0, list),
    (("message", "find", "--reference", "none"), 1, list),
    (("message", "show", "ID"), 0, dict),
    (("message", "trace", "ID"), 0, dict),
    (("ca", "list"), 0, list),
    (("ca", "expiring", "--days", "366"), 1, list),
    (("schema", "list"), 0, list),
    (("schema", "show", "D.01B", "CUSRES"), 0, dict),
]


def commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def test_every_read_has_json_and_only_acts_have_not() -> None:
    assert {name for name, command in commands(vanhub) if not any("--json" in parameter.opts for parameter in command.params)} == ACTS


def test_every_command_explains_itself(filled: Commands) -> None:
    for name, command in commands(vanhub):
        shown = filled(*name.split(), "--help")
        assert shown.startswith(f"Usage: vanhub {name} ")
        assert len(command.get_short_help_str(200)) > 10, name


@pytest.mark.parametrize(("arguments", "code", "kind"), READS, ids=[" ".join(arguments) for arguments, _, _ in READS])
def test_a_read_in_both_forms(filled: Commands, interchange_id: str, arguments: tuple[str, ...], code: int, kind: type) -> None:
    asked = [interchange_id if argument == "ID" else argument for argument in arguments]
    text = filled(*asked, "--json", code=code)
    assert isinstance(json.loads(text), kind)
    assert text.count("\n") == 1
    assert text.removesuffix("\n").isprintable()
    shown = filled(*asked, code=code)
    assert shown.strip() or asked[-1] == "none"
    assert all(line.isprintable() for line in shown.split("\n"))


def test_what_others_chose_is_shown_with_its_controls_escaped(filled: Commands) -> None:
    escaped = r"Evil\x1b[2J\x1b]0;owned\x07 \x9b31m\u202e名称"
    assert escaped in filled("partner", "list")
    assert escaped in filled("partner", "show", "carrier")
    assert escaped in filled("token", "list", "trader")
    assert next(row for row in filled.json("partner", "list") if row["id"] == "carrier")["name_en"] == EVIL


def test_tables_of_wide_characters_align(filled: Commands) -> None:
    lines = filled("agency", "list").rstrip("\n").split("\n")
    assert "海关总署" in "\n".join(lines)
    start = width(lines[0][: lines[0].index("addresses")])
    for line in lines[1:]:
        at = next(index for index in range(len(line)) if width(line[:index]) == start)
        assert line[at - 2 : at] == "  "
        assert line[at] != " "


def test_a_mailbox_from_claim_to_commit(copied: Commands, tmp_path: Path) -> None:
    (claimed,) = copied.json("mailbox", "claim", "e-port", "--max", "1", "--lease", "5m")["deliveries"]
    out = tmp_path / "got.edi"
    assert copied("mailbox", "fetch", claimed["id"], "--out", str(out)) == f"{out}: {claimed['size']} octets\n"
    assert out.read_bytes().startswith(b"UNB+UNOC:3+TRADER+EPORT:ZZZ+")
    with pytest.raises(OperatorError, match="exists already; nothing is overwritten"):
        copied("mailbox", "fetch", claimed["id"], "--out", str(out))
    with pytest.raises(Conflict):
        copied("mailbox", "commit", claimed["id"], "--claim", "stale")
    assert copied.json("mailbox", "commit", claimed["id"], "--claim", claimed["claim"])["state"] == "delivered"
    assert "state:        available" in copied("mailbox", "redeliver", claimed["id"])
    with pytest.raises(OperatorError, match="'5 minutes' is no duration: write 60s, 5m or 1h"):
        copied("mailbox", "claim", "e-port", "--lease", "5 minutes")


def test_a_conflict_is_an_alert_that_names_its_cure_and_can_be_cleared(copied: Commands) -> None:
    (alert,) = copied.json("alerts", "list")
    assert alert["kind"] == "duplicate-conflict"
    cure = alert["cure"].partition(";")[0].split()
    assert cure[:3] == ["vanhub", "message", "show"]
    assert copied.json(*cure[1:])["reference"] == "R2"
    assert copied("alerts", "clear", str(alert["number"])) == f"alert {alert['number']} is cleared\n"
    assert copied("alerts", "list") == "no alert is open\n"
    assert len(copied.json("alerts", "list", "--cleared")) == 1
    with pytest.raises(NotFound):
        copied("alerts", "clear", "99")


def test_credentials_are_given_listed_and_withdrawn(copied: Commands) -> None:
    token = copied("token", "issue", "carrier", "--label", "now").strip()
    assert token.startswith("vht_")
    (listed,) = copied.json("token", "list", "carrier")
    assert (listed["label"], listed["state"]) == ("now", "valid")
    assert copied("token", "revoke", "carrier", listed["fingerprint"][:8]) == "withdrawn\n"
    assert copied.json("token", "list", "carrier")[0]["state"] == "the credential was withdrawn"
    assert copied("password", "set", "carrier", input="a long enough password\n") == "the password of carrier is set; an earlier one is withdrawn\n"
    with pytest.raises(OperatorError, match="an empty password is none"):
        copied("password", "set", "carrier", input="\n")
    assert copied("password", "remove", "carrier") == "withdrawn\n"
    assert len(copied("enrol", "carrier").strip()) == 23
    assert set(copied.json("enrol", "carrier")) == {"code", "id", "not_after"}
    (key,) = copied.json("key", "list", "trader")
    assert copied("key", "remove", "trader", key["fingerprint"]) == "withdrawn; open sessions with it are ended\n"


class TestAuthority:
    def test_a_bundle_is_what_openssl_takes(self, copied: Commands, tmp_path: Path) -> None:
        made = copied.json("ca", "issue", "partner", "trader", "--out", str(tmp_path / "new"))
        files = {Path(name).name: Path(name) for name in made["files"]}
        assert {name: path.stat().st_mode & 0o777 for name, path in files.items()} == {"client.key": 0o600, "client.pem": 0o644, "ca.pem": 0o644}
        openssl("verify", "-CAfile", files["ca.pem"], "-untrusted", files["client.pem"], files["client.pem"])
        public = openssl("x509", "-in", files["client.pem"], "-noout", "-pubkey")
        assert public == openssl("pkey", "-in", files["client.key"], "-pubout")
        with pytest.raises(OperatorError, match=r"has client\.key, client\.pem, ca\.pem already"):
            copied("ca", "issue", "partner", "trader", "--out", str(tmp_path / "new"))

    def test_a_request_is_signed_once(self, copied: Commands, tmp_path: Path) -> None:
        new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", tmp_path / "k")
        openssl("req", "-new", *new, "-subj", "/CN=customs", "-out", tmp_path / "csr")
        chain = copied("ca", "sign-csr", str(tmp_path / "csr"), "--for", "trader")
        leaf, issuing = x509.load_pem_x509_certificates(chain.encode())
        assert leaf.subject.rfc4514_string() == "CN=trader,O=trader"
        leaf.verify_directly_issued_by(issuing)
        with pytest.raises(Refused, match="certified before"):
            copied("ca", "sign-csr", str(tmp_path / "csr"), "--for", "trader")

    def test_lists_of_both_cas_in_pem_and_der(self, copied: Commands, tmp_path: Path) -> None:
        serial = next(row["serial"] for row in copied.json("ca", "list") if row["profile"] == "hub-tls")
        assert copied("ca", "revoke", serial, "--reason", "superseded").startswith(f"{serial} of the hub is revoked; CRL number ")
        for name, options in (("issuing", ()), ("root", ("--root",))):
            out = tmp_path / f"{name}.crl"
            assert copied("ca", "crl", "--der", "--out", str(out), *options).startswith(f"{out}: CRL number ")
            crl = x509.load_der_x509_crl(out.read_bytes())
            assert [f"{entry.serial_number:032x}" for entry in crl] == ([serial] if name == "issuing" else [])
            openssl("crl", "-inform", "DER", "-in", out, "-CAfile", copied.path / "certs" / f"{name}.pem", "-noout")
        (copied.path / "certs" / "root.key").unlink()
        with pytest.raises(OperatorError, match=r"root\.key is not here: bring the root's key back"):
            copied("ca", "crl", "--root")

    def test_a_renewal_is_told(self, copied: Commands) -> None:
        assert copied("ca", "renew", "hub-tls").startswith("hub-tls: serial ")
        assert sum(row["profile"] == "hub-tls" for row in copied.json("ca", "list")) == 2


def test_a_partner_is_entered_with_all_that_it_needs(copied: Commands, tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text("ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0 " + bytes(range(1, 33))).decode() + " bank\n")
    terms = ("--set", "types=CUSDEC,SANCRT", "--set", "language=zh")
    options = ("--edi", "BANK:ZZ", "--edi", "BANK2", "--name", "Bank", "--name-zh", "银行", "--sftp-key", str(tmp_path / "key.pub"), *terms)
    made = copied.json("partner", "add", "bank", *options, "--certificate", str(tmp_path / "bank"))
    assert (made["addresses"], made["name_zh"], made["agreement"]["types"], made["agreement"]["language"]) == (
        ["BANK:ZZ", "BANK2"],
        "银行",
        "CUSDEC,SANCRT",
        "zh",
    )
    assert copied.json("partner", "test", "bank")["able"]
    (tmp_path / "a.edi").write_bytes(interchange("B1", cusres(), sender="BANK:ZZ"))
    rehearsed = copied.json("partner", "test", "bank", "--file", str(tmp_path / "a.edi"), code=1)
    assert rehearsed["verdict"] == "rejected"  # CUSRES is not among the types agreed
    with pytest.raises(OperatorError, match="language"):
        copied("partner", "set", "bank", "language=fr")
    assert copied("partner", "disable", "bank", "--reason", "closed") == "bank is disabled\n"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("partner", "list"), 0, ""),
        (("message", "find", "--reference", "none"), 1, ""),
        (("partner", "show", "nobody"), 1, "vanhub: there is no partner 'nobody'; `vanhub partner list` shows all\n"),
        (("mailbox", "claim", "customs", "--lease", "soon"), 2, "vanhub: 'soon' is no duration: write 60s, 5m or 1h\n"),
        (("--home", "/nowhere", "status"), 2, "vanhub: /nowhere is no hub's home: there is no hub.toml; `vanhub init /nowhere` makes one\n"),
        (("partner", "lst"), 2, "Usage: vanhub partner [OPTIONS] COMMAND [ARGS]..."),
    ],
)
def test_exit_codes(filled: Commands, arguments: tuple[str, ...], code: int, told: str) -> None:
    done = subprocess.run([sys.executable, "-m", "vanhub.cli", "--home", str(filled.path), *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith(told) if told.startswith("Usage") else done.stderr == told


def test_a_reader_that_leaves_is_no_error_of_ours(filled: Commands) -> None:
    command = f"{sys.executable} -m vanhub.cli --home {filled.path} schema show D.01B | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
