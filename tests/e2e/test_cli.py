"""Every command of the contract, for people and for programs; exit codes 0 (good), 1 (the answer is no), 2 (the operator's error)."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.hub import VANHUB, Partner, RunningHub
from tests.e2e.interchanges import new_reference, small
from vanhub.packed import packed

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def sender(hub: RunningHub) -> Partner:
    return hub.add_partner("clerk", "CLERK:ZZZ", "CLERK2:ZZZ")


@pytest.fixture(scope="module")
def receiver(hub: RunningHub) -> Partner:
    return hub.add_partner("desk", "DESK:ZZZ")


def both(hub: RunningHub, *arguments: str, code: int = 0) -> Any:
    """Runs a reading command plain and with ``--json``; what the JSON says. The plain text is for people, and no JSON."""
    plain = hub.vanhub(*arguments, code=code)
    assert plain.strip()
    with pytest.raises(ValueError, match=r"^(Expecting|Extra)"):
        json.loads(plain)
    return hub.json(*arguments, code=code)


def test_status_doctor_alerts(hub: RunningHub) -> None:
    assert both(hub, "status")["running"] is True
    assert both(hub, "doctor")["healthy"] is True
    assert both(hub, "doctor", "--no-content")["interchanges_read"] == 0
    assert isinstance(both(hub, "alerts", "list", "--cleared"), list)


def test_partner(hub: RunningHub, sender: Partner) -> None:
    assert "clerk" in [row["id"] for row in both(hub, "partner", "list")]
    shown = both(hub, "partner", "show", "clerk")
    assert (shown["addresses"], shown["enabled"], [row["kind"] for row in shown["credentials"]]) == (["CLERK:ZZZ", "CLERK2:ZZZ"], True, ["certificate"])
    changed = both(hub, "partner", "set", "clerk", "max_messages=500", "types=CUSRES,CUSDEC", "name_zh=职员")
    assert (changed["agreement"]["max_messages"], changed["agreement"]["types"], changed["name_zh"]) == ("500", "CUSRES,CUSDEC", "职员")
    assert both(hub, "partner", "test", "clerk")["able"] is True
    good, bad = hub.scratch(small("CLERK:ZZZ", "GACC:ZZZ")), hub.scratch(small("OTHER:ZZZ", "GACC:ZZZ"))
    assert both(hub, "partner", "test", "clerk", "--file", str(good))["deliveries"] == ["customs", "e-port"]
    assert both(hub, "partner", "test", "clerk", "--file", str(bad), code=1)["verdict"] == "rejected"
    hub.vanhub("partner", "disable", "clerk", "--reason", "holiday")
    assert both(hub, "partner", "test", "clerk", code=1)["able"] is False
    hub.vanhub("partner", "enable", "clerk")


def test_agency(hub: RunningHub) -> None:
    assert {"customs", "tax", "licensing"} <= {row["id"] for row in both(hub, "agency", "list")}
    assert both(hub, "agency", "show", "tax")["name_zh"] == "国家税务总局"
    assert both(hub, "agency", "set", "tax", "max_sessions=9")["agreement"]["max_sessions"] == "9"
    hub.vanhub("agency", "disable", "statistics")
    assert both(hub, "agency", "test", "statistics", code=1)["able"] is False
    hub.vanhub("agency", "enable", "statistics")


def test_credentials(hub: RunningHub, sender: Partner, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "k"), "-C", "clerk's"], check=True)
    printed = subprocess.run(["ssh-keygen", "-l", "-f", str(tmp_path / "k.pub")], capture_output=True, text=True, check=True).stdout.split()[1]
    hub.vanhub("key", "add", "clerk", str(tmp_path / "k.pub"))
    (key,) = both(hub, "key", "list", "clerk")
    assert (key["label"], key["state"]) == ("clerk's", "valid")
    hub.vanhub("key", "remove", "clerk", printed)  # as ssh-keygen prints it
    hub.vanhub("key", "remove", "clerk", printed, code=1)
    token = hub.vanhub("token", "issue", "clerk", "--days", "3").strip()
    with hub.api(sender, token=token) as api:
        assert api.get("/v1/mailbox")[0] == 200
    (listed,) = both(hub, "token", "list", "clerk")
    assert token not in json.dumps(listed)
    hub.vanhub("token", "revoke", "clerk", listed["fingerprint"][:12])
    hub.vanhub("password", "set", "clerk", input="secret words\n")
    hub.vanhub("password", "set", "clerk", input="\n", code=2)
    hub.vanhub("password", "remove", "clerk")
    assert hub.json("enrol", "clerk")["code"] != hub.vanhub("enrol", "clerk").strip()


def test_mailbox(hub: RunningHub, sender: Partner, receiver: Partner, tmp_path: Path) -> None:
    reference = new_reference()
    octets = small("CLERK:ZZZ", "DESK:ZZZ", reference)
    assert hub.post(sender, octets)[0] == 201
    assert next(row["available"] for row in both(hub, "mailbox", "list") if row["id"] == "desk") == 1
    (waiting,) = both(hub, "mailbox", "peek", "desk")
    (claimed,) = hub.json("mailbox", "claim", "desk", "--max", "5", "--lease", "60s")["deliveries"]
    assert (claimed["id"], claimed["reference"]) == (waiting["id"], reference)
    id = claimed["id"]
    hub.vanhub("mailbox", "fetch", id, "--out", str(tmp_path / "got.edi"))
    assert (tmp_path / "got.edi").read_bytes() == octets
    assert hub.vanhub("mailbox", "fetch", id, "--out", "-") == octets.decode()
    hub.vanhub("mailbox", "fetch", id, "--out", str(tmp_path / "got.edi"), code=2)  # nothing is overwritten
    assert hub.json("mailbox", "release", id, "--claim", claimed["claim"])["state"] == "available"
    assert hub.vanhub("mailbox", "claim", "desk").count(id) == 1  # plain
    hub.vanhub("mailbox", "commit", id, "--claim", claimed["claim"], code=1)  # the claim of before
    hub.vanhub("mailbox", "free", id, code=1)
    (now,) = [row for row in hub.json("mailbox", "peek", "desk", "--state", "all") if row["id"] == id]
    assert now["state"] == "claimed"
    hub.vanhub("mailbox", "claim", "nobody", code=1)
    hub.vanhub("mailbox", "claim", "desk", "--lease", "soon", code=2)


def test_redeliver(hub: RunningHub, sender: Partner, receiver: Partner) -> None:
    assert hub.post(sender, small("CLERK:ZZZ", "DESK:ZZZ"))[0] == 201
    (claimed,) = hub.json("mailbox", "claim", "desk", "--lease", "1m")["deliveries"]
    assert hub.vanhub("mailbox", "commit", claimed["id"], "--claim", claimed["claim"]).count("delivered") == 1
    assert hub.json("mailbox", "redeliver", claimed["id"])["state"] == "available"
    (again,) = hub.json("mailbox", "claim", "desk", "--lease", "1m")["deliveries"]
    assert again["id"] == claimed["id"]
    assert both(hub, "mailbox", "commit", again["id"], "--claim", again["claim"])["state"] == "delivered"


def test_message(hub: RunningHub, sender: Partner, tmp_path: Path) -> None:
    reference = new_reference()
    _, receipt = hub.post(sender, small("CLERK:ZZZ", "DESK:ZZZ", reference, number="D-4711"))
    for terms in (["--reference", reference], ["--sender", "CLERK:ZZZ", "--number", "D-4711"], ["--principal", "clerk", "--type", "CUSRES", "--limit", "1"]):
        assert [row["id"] for row in both(hub, "message", "find", *terms)] == [receipt["id"]]
    assert [row["id"] for row in hub.json("message", "find", "--reference", reference, "--verdict", "accepted")] == [receipt["id"]]
    assert hub.json("message", "find", "--reference", reference, "--verdict", "rejected", code=1) == []
    assert hub.json("message", "find", "--reference", "NO-SUCH", code=1) == []
    shown = both(hub, "message", "show", receipt["id"])
    assert (shown["verdict"], shown["acknowledgement"], shown["explanation"]) == ("accepted", receipt["acknowledgement"], receipt["explanation"])
    assert [delivery["mailbox"] for delivery in both(hub, "message", "trace", receipt["id"])["deliveries"]] == ["desk"]
    hub.vanhub("message", "evidence", receipt["id"], "--out", str(tmp_path / "e.zip"))
    assert zipfile.ZipFile(tmp_path / "e.zip").testzip() is None
    hub.vanhub("message", "show", "0" * 26, code=1)


def test_authority(hub: RunningHub, tmp_path: Path) -> None:
    assert [row["principal"] for row in both(hub, "ca", "list", "--for", "clerk")] == ["clerk"]
    issued = hub.json("ca", "issue", "operator", "li", "--out", str(tmp_path / "li"))
    assert sorted(path.name for path in (tmp_path / "li").iterdir()) == ["ca.pem", "client.key", "client.pem"]
    assert (tmp_path / "li" / "client.key").stat().st_mode & 0o777 == 0o600
    hub.vanhub("ca", "issue", "operator", "li", "--out", str(tmp_path / "li"), code=2)
    hub.vanhub("ca", "revoke", issued["serial"])
    hub.vanhub("ca", "crl", "--der", "--out", str(tmp_path / "crl.der"))
    text = subprocess.run(["openssl", "crl", "-inform", "DER", "-in", str(tmp_path / "crl.der"), "-noout", "-text"], capture_output=True, text=True, check=True)
    assert issued["serial"].lstrip("0").upper() in text.stdout
    request = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=whoever"]
    subprocess.run([*request, "-keyout", str(tmp_path / "k.pem"), "-out", str(tmp_path / "r.csr")], check=True, capture_output=True)
    hub.vanhub("ca", "sign-csr", str(tmp_path / "r.csr"), "--for", "clerk", "--out", str(tmp_path / "chain.pem"))
    subject = subprocess.run(["openssl", "x509", "-in", str(tmp_path / "chain.pem"), "-noout", "-subject"], capture_output=True, text=True, check=True).stdout
    assert "clerk" in subject
    assert "whoever" not in subject
    soon = both(hub, "ca", "expiring", "--days", "3650", code=1)
    assert issued["serial"] not in [row["serial"] for row in soon]
    hub.vanhub("ca", "init", code=2)


def test_renewed_tls(hub: RunningHub, sender: Partner) -> None:
    """New connections get the new certificate at once, and partners trust it as they did the old."""

    def serial_shown() -> int:
        with hub.connect(sender) as session:
            certificate = session.getpeercert()
        assert certificate is not None
        return int(str(certificate["serialNumber"]), 16)

    before = serial_shown()
    hub.vanhub("ca", "renew", "hub-tls")
    assert serial_shown() != before


def test_check_and_schema(hub: RunningHub) -> None:
    """Offline: they need no hub."""
    good, bad = packed("examples") / "cusdec-export.edi", packed("examples") / "cusdec-three-faults.edi"
    assert hub.vanhub("check", str(good))
    (checked,) = json.loads(hub.vanhub("check", str(bad), "--json", code=1))["interchanges"]
    assert (checked["verdict"], checked["faults_total"]) == ("partly", 3)
    assert {fault["code"] for fault in checked["faults"]} == {"13", "39", "12"}
    hub.vanhub("check", "/no/such/file", code=2)
    assert "D.96B" in hub.vanhub("schema", "list")
    assert "CUSDEC" in hub.vanhub("schema", "show", "D.96B")
    assert "BGM" in hub.vanhub("schema", "show", "D.96B", "CUSDEC")
    hub.vanhub("schema", "show", "D.96B", "CUSDEK", code=2)


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (["partner", "set", "clerk", "max_mesages=5"], "max_messages"),
        (["partner", "set", "clerk", "acceptance=some"], "partial, all"),
        (["partner", "add", "x y", "--edi", "X:ZZZ"], "x y"),
        (["partner", "add", "thief", "--edi", "CLERK:ZZZ"], "CLERK:ZZZ"),
        (["partner", "add", "thief", "--edi", "VANHUB:ZZZ"], "VANHUB:ZZZ"),
        (["partner", "show", "nobody"], "nobody"),
        (["partner", "shw"], "show"),
        (["mailbox", "peek", "customs", "--stat", "all"], "--state"),
    ],
)
def test_errors_name_what_is_wrong(hub: RunningHub, sender: Partner, arguments: list[str], nearest: str) -> None:
    """Exit 1 or 2, the reason on standard error, no traceback, and nothing was changed."""
    done = subprocess.run([*VANHUB, "--home", str(hub.path), *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in {1, 2}
    assert nearest in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_unknown_setting_names_the_nearest(hub: RunningHub, tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text("[limits]\nmemory_octet = 100000\n")
    done = subprocess.run([*VANHUB, "--home", str(tmp_path), "status"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "memory_octets" in done.stderr
