"""The operators' verbs on a core: found by name, bound to their arguments, JSON-ready, and seen at once by whoever decides."""

from __future__ import annotations

import ast
import base64
import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.service.parts import NOW, Loop, Time, cusres, do, interchange, send, session
from vanhub.directory.pack import pack_schema
from vanhub.errors import Conflict, NotFound, OperatorError, Refused
from vanhub.service.core import Core
from vanhub.service.hub import Hub
from vanhub.service.verbs import VERBS, perform
from vanhub.store import journal
from vanhub.store.principals import set_enabled

ROOT = Path(__file__).parents[2]


class TestPerform:
    def test_an_unknown_verb_names_the_nearest(self, core: Core) -> None:
        with pytest.raises(OperatorError, match=r"^there is no verb 'mailbox\.lst'; the nearest is 'mailbox\.list'$"):
            perform(core, "mailbox.lst", {}, "tester")

    @pytest.mark.parametrize(
        ("verb", "arguments", "text"),
        [
            ("mailbox.peek", {}, "mailbox.peek: missing a required argument: 'mailbox'"),
            ("mailbox.peek", {"mailbox": "customs", "slto": "test"}, "mailbox.peek: got an unexpected keyword argument 'slto'"),
            ("alerts.clear", {"number": 1, "actor": "root"}, "alerts.clear: multiple values for argument 'actor'"),
        ],
    )
    def test_wrong_arguments_are_named(self, core: Core, verb: str, arguments: dict[str, Any], text: str) -> None:
        with pytest.raises(OperatorError) as raised:
            perform(core, verb, arguments, "tester")
        assert str(raised.value) == text

    def test_what_a_verb_wrote_is_known_at_once_also_when_it_failed_in_the_middle(self, core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
        told: list[int] = []
        core.changed = lambda: told.append(core.registry.version)
        do(core, "principal.enable", kind="partner", id="trader", enabled=False)
        assert not core.registry.is_enabled("trader")
        assert told == [core.registry.version]

        def broken(core: Core, actor: str) -> None:
            core.store.call(set_enabled, "trader", True, now=NOW, actor=actor)
            raise RuntimeError("in the middle")

        perform(core, "alerts.list", {}, "tester")
        monkeypatch.setitem(VERBS, "broken", type(VERBS["alerts.list"])("broken", broken, True))
        with pytest.raises(RuntimeError):
            perform(core, "broken", {}, "tester")
        assert core.registry.is_enabled("trader")

    def test_verbs_that_only_read_have_no_actor_and_the_others_all_have(self, core: Core) -> None:
        do(core, "alerts.list")
        assert {name for name, verb in VERBS.items() if verb.writes is not ("actor" in inspect.signature(verb.run).parameters)} == set()

    def test_the_command_line_asks_only_for_what_there_is(self, core: Core) -> None:
        """Every ``ask("noun.verb", ...)`` in the commands names a verb and arguments that it takes."""
        do(core, "alerts.list")
        asked = 0
        for file in sorted((ROOT / "vanhub" / "cli").glob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "ask" and node.args):
                    continue
                verb = node.args[0]
                if isinstance(verb, ast.Constant) and isinstance(verb.value, str):
                    takes = inspect.signature(VERBS[verb.value].run).parameters
                    wild = any(parameter.kind is parameter.VAR_KEYWORD for parameter in takes.values())
                    assert wild or {keyword.arg for keyword in node.keywords if keyword.arg} <= set(takes), (file.name, verb.value)
                    asked += 1
        assert asked >= 25


class TestPrincipals:
    def test_terms_are_changed_all_or_none(self, core: Core) -> None:
        before = do(core, "principal.show", kind="partner", id="trader")
        for terms in ({"max_messages": "7", "encodng": "utf-8"}, {"name_en": "New", "max_messages": "0"}, {"edi": "GACC:ZZZ", "max_messages": "x"}):
            with pytest.raises(OperatorError):
                do(core, "principal.set", kind="partner", id="trader", terms=terms)
            assert do(core, "principal.show", kind="partner", id="trader") == before
        changed = do(core, "principal.set", kind="partner", id="trader", terms={"name_zh": "深圳", "edi": "TRADER, TRADER:ZZ", "types": "CUSDEC,CUSRES"})
        assert (changed["name_zh"], changed["addresses"], changed["agreement"]["types"]) == ("深圳", ["TRADER", "TRADER:ZZ"], "CUSDEC,CUSRES")

    @pytest.mark.parametrize(("terms", "nearest"), [({"types": "CUSDEC,CUSDEK"}, "'CUSDEC'"), ({"directories": "D.01B,D.23B"}, "'D.2")])
    def test_what_no_directory_has_cannot_be_agreed(self, core: Core, terms: dict[str, str], nearest: str) -> None:
        before = do(core, "principal.show", kind="partner", id="trader")
        with pytest.raises(OperatorError, match=f"the nearest is {nearest}"):
            do(core, "principal.set", kind="partner", id="trader", terms=terms)
        assert do(core, "principal.show", kind="partner", id="trader") == before

    def test_agencies_are_what_their_files_say(self, core: Core) -> None:
        with pytest.raises(OperatorError, match=r"agencies are defined by mailboxes/\*\.toml"):
            do(core, "principal.add", kind="agency", id="police", addresses=["POLICE"])
        for terms in ({"name_en": "x"}, {"edi": "X"}):
            with pytest.raises(OperatorError, match=r"change .*customs\.toml, then `vanhub reload`"):
                do(core, "principal.set", kind="agency", id="customs", terms=terms)
        assert do(core, "principal.set", kind="agency", id="customs", terms={"max_sessions": "3"})["agreement"]["max_sessions"] == "3"

    def test_nobody_gets_the_hubs_address_or_anothers(self, core: Core) -> None:
        for address in ("VANHUB:ZZZ", "GACC:ZZZ", "TRADER"):
            with pytest.raises(Conflict):
                do(core, "principal.add", kind="partner", id="new", addresses=[address])
        with pytest.raises(Conflict):
            do(core, "principal.set", kind="partner", id="trader", terms={"carries": "VANHUB:ZZZ"})
        with pytest.raises(NotFound):
            do(core, "principal.show", kind="partner", id="customs")

    def test_the_reason_of_a_disabling_is_in_the_journal(self, core: Core) -> None:
        do(core, "principal.enable", kind="partner", id="trader", enabled=False, reason="their key was stolen")
        assert core.store.look(journal.list_leaves, subject="trader")[-1].actor == "tester: their key was stolen"

    def test_a_rehearsal_stores_nothing(self, core: Core) -> None:
        do(core, "token.issue", id="trader")
        good = do(core, "principal.test", kind="partner", id="trader", interchange=interchange("R1").decode())
        assert (good["able"], good["verdict"], good["deliveries"]) == (True, "accepted", ["customs", "e-port"])
        bad = do(core, "principal.test", kind="partner", id="trader", interchange=interchange("R1", sender="CARRIER").decode())
        assert (bad["able"], bad["verdict"]) == (False, "rejected")
        assert "CARRIER" in bad["explanation"]
        assert do(core, "message.find") == []

    def test_what_keeps_a_partner_from_working_is_told(self, core: Core, time: Time) -> None:
        for enabled, text in (
            (False, "trader is disabled: `vanhub partner enable trader`"),
            (True, "it has no valid credential: `vanhub ca issue partner trader --out DIR` or `vanhub key add trader FILE`"),
        ):
            do(core, "principal.enable", kind="partner", id="trader", enabled=enabled)
            found = do(core, "principal.test", kind="partner", id="trader", interchange=None)
            assert found["able"] is False
            assert [finding["text"] for finding in found["findings"] if not finding["good"]] == [text]
        do(core, "token.issue", id="trader", days=3)
        assert "1 valid token for HTTPS, the last until 2026-11-24" in [
            finding["text"] for finding in do(core, "principal.test", kind="partner", id="trader", interchange=None)["findings"]
        ]


class TestCredentials:
    def test_one_is_withdrawn_by_the_first_digits_of_its_fingerprint(self, core: Core) -> None:
        tokens = [do(core, "token.issue", id="trader", label=f"t{number}") for number in range(2)]
        with pytest.raises(Conflict, match="trader has 2 of them that begin with ''"):
            do(core, "credential.withdraw", id="trader", kind="token", fingerprint="", reason="x")
        with pytest.raises(NotFound):
            do(core, "credential.withdraw", id="carrier", kind="token", fingerprint=tokens[0]["fingerprint"], reason="x")
        do(core, "credential.withdraw", id="trader", kind="token", fingerprint=tokens[0]["fingerprint"][:12].upper(), reason="lost")
        states = {row["label"]: row["state"] for row in do(core, "credential.list", id="trader", kind="token")}
        assert states == {"t0": "the credential was withdrawn", "t1": "valid"}

    def test_an_ssh_key_also_as_ssh_keygen_prints_it(self, core: Core) -> None:
        line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f trader@example"
        added = do(core, "key.add", id="trader", line=line)
        assert (added["type"], added["label"], added["name"][:7]) == ("ssh-ed25519", "trader@example", "SHA256:")
        with pytest.raises(Conflict):
            do(core, "key.add", id="carrier", line=line)
        with pytest.raises(OperatorError, match="no fingerprint as ssh-keygen -l prints it"):
            do(core, "credential.withdraw", id="trader", kind="ssh-key", fingerprint="SHA256:?", reason="x")
        assert do(core, "credential.withdraw", id="trader", kind="ssh-key", fingerprint=added["name"], reason="x")["state"] == "the credential was withdrawn"

    def test_secrets_come_out_once(self, core: Core) -> None:
        secrets = [do(core, "token.issue", id="trader")["token"], do(core, "enrolment.issue", id="trader")["code"], "a long enough password"]
        do(core, "password.set", id="trader", password=secrets[2])
        shown = json.dumps([do(core, "principal.show", kind="partner", id="trader"), do(core, "principal.list", kind="partner"), do(core, "hub.status")])
        shown += json.dumps([do(core, "credential.list", id="trader", kind=kind) for kind in ("token", "enrolment", "password")])
        assert not [secret for secret in (*secrets, "$scrypt$") if secret in shown]

    def test_a_weak_password_is_refused(self, core: Core) -> None:
        with pytest.raises(Refused, match="a password has 12 to 256 characters"):
            do(core, "password.set", id="trader", password="short")


class TestMailboxes:
    @pytest.fixture
    def id(self, hub: Hub, loop: Loop, core: Core) -> str:
        send(loop, hub.intake, session(core, "trader"), interchange("R1", cusres("1"), cusres("2")))
        (row,) = do(core, "mailbox.peek", mailbox="customs")
        return str(row["id"])

    def test_an_operator_collects_for_an_agency(self, core: Core, id: str) -> None:
        with pytest.raises(OperatorError, match="a lease is 1 to 86400 seconds, not 0"):
            do(core, "mailbox.claim", mailbox="customs", most=1, lease_s=0)
        (claimed,) = do(core, "mailbox.claim", mailbox="customs", most=5, lease_s=60)["deliveries"]
        assert (claimed["id"], claimed["state"], claimed["messages"]) == (id, "claimed", 2)
        pieces = [do(core, "mailbox.fetch", delivery=id, offset=offset, length=60) for offset in (0, 60, 120)]
        assert b"".join(base64.b64decode(piece["octets"]) for piece in pieces) == interchange("R1", cusres("1"), cusres("2"))[:180]
        assert {piece["size"] for piece in pieces} == {claimed["size"]}
        assert do(core, "mailbox.commit", delivery=id, claim=claimed["claim"])["state"] == "delivered"
        assert do(core, "mailbox.redeliver", delivery=id)["state"] == "available"
        assert [leaf.actor for leaf in core.store.look(journal.list_leaves, subject=id) if leaf.kind != "delivery.created"] == ["tester"] * 3

    def test_every_mailbox_is_listed_with_its_counts(self, core: Core, id: str) -> None:
        rows = {row["id"]: row for row in do(core, "mailbox.list")}
        assert {"customs", "tax", "trader", "carrier"} <= rows.keys()
        assert (rows["customs"]["available"], rows["customs"]["claimed"], rows["tax"]["available"]) == (1, 0, 0)
        with pytest.raises(NotFound, match="there is no mailbox 'nobody'; `vanhub mailbox list` shows all"):
            do(core, "mailbox.peek", mailbox="nobody")


def test_reloading_reads_new_mailboxes_and_a_wrong_one_changes_nothing(core: Core, home: Path) -> None:
    text = (home / "mailboxes" / "tax.toml").read_text(encoding="utf-8")
    new = re.sub(r"(?m)^id = .*$", 'id = "port-authority"', text).replace("SAT:ZZZ", "PORT:ZZZ")
    (home / "mailboxes" / "port-authority.toml").write_text(re.sub(r"(?s)\n\[\[.*", "\n", new), encoding="utf-8")
    assert "port-authority" in do(core, "hub.reload")["agencies"]
    assert core.registry.mailbox("port-authority") is not None
    before = core.registry
    (home / "mailboxes" / "wrong.toml").write_text("nonsense = 1")
    with pytest.raises(OperatorError, match=r"wrong\.toml"):
        do(core, "hub.reload")
    (home / "mailboxes" / "wrong.toml").write_text('id = "wrong"\nname_en = "W"\nname_zh = "W"\naddresses = ["TRADER"]\n', encoding="utf-8")
    with pytest.raises(OperatorError, match=r"the mailboxes in .*/mailboxes cannot be taken: address TRADER is trader's"):
        do(core, "hub.reload")
    assert core.registry is before


OF_ONE_MESSAGE = {
    "directory": "D.27A",
    "quality": "original",
    "source": "this test",
    "messages": {"CUSRES": {"name": "Response", "tree": [["UNH", "M", 1], ["BGM", "M", 1], ["UNT", "M", 1]]}},
    "segments": {"BGM": ["Beginning of message", [["1004", "C", 1, "an..35"]]]},
    "composites": {},
    "elements": {"1004": ["Document identifier", "an..35"]},
    "codes": {},
}


def test_reloading_reads_new_directories_and_a_wrong_one_changes_nothing(hub: Hub, loop: Loop, core: Core, home: Path) -> None:
    octets = interchange("R1", b"UNH+1+CUSRES:D:27A:UN'BGM+1'UNT+3+1'")
    assert send(loop, hub.intake, session(core, "trader"), octets).verdict == "rejected"
    schema = core.home.schemas / "D.27A.schema"
    schema.write_bytes(pack_schema([OF_ONE_MESSAGE]))
    do(core, "hub.reload")
    assert send(loop, hub.intake, session(core, "trader"), octets).verdict == "accepted"
    before = core.rules
    schema.write_bytes(b"nonsense")
    with pytest.raises(OperatorError, match=r"D\.27A\.schema"):
        do(core, "hub.reload")
    assert core.rules == before


def test_the_doctor_finds_damage_and_lists_that_ended(hub: Hub, loop: Loop, core: Core, home: Path, time: Time) -> None:
    receipt = send(loop, hub.intake, session(core, "trader"), interchange("R1"))
    (file,) = (path for path in (home / "var" / "content").rglob("*") if path.is_file())
    file.write_bytes(file.read_bytes().replace(b"ANSWER1", b"ANSWER2"))
    time.advance(days=400)
    found = do(core, "hub.doctor")
    assert (found["healthy"], found["interchanges_read"]) == (False, 1)
    assert found["findings"] == [
        f"content-damaged: interchange {receipt.interchange}: what is stored differs from what was received; the operators are told, nothing damaged is delivered",
        "crl-over: the issuing CA's CRL ended on 2026-11-28: vanhub ca crl",
        "crl-over: the root CA's CRL ended on 2027-11-22: vanhub ca crl --root",
    ]
    assert do(core, "hub.doctor", content=False)["interchanges_read"] == 0
