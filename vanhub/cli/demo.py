"""``vanhub demo``: one day at the exchange, told to somebody who has never seen EDIFACT.

A hub of its own in a temporary folder on free ports; the files of ``examples/``; the programs that partners use. Ends by itself,
with exit code 0 when everything came out as it was announced.
"""

from __future__ import annotations

import json
import re
from typing import Any

import click

from vanhub.cli.narration import Narrator
from vanhub.cli.stage import Stage
from vanhub.packed import packed

_COMPANIES = {
    "shenzhen-textiles": ("SZTEXTILES:ZZZ", "Shenzhen Textiles", "a trader"),
    "shekou-brokers": ("SKBROKER:ZZZ", "Shekou Customs Brokers", "a trader's agent"),
    "nanhai-line": ("NHLINE:ZZZ", "Nan Hai Line", "a carrier"),
}
_AGENCIES = ("customs", "licensing", "e-port")


@click.group(invoke_without_command=True)
@click.pass_context
def demo(context: click.Context) -> None:
    """Show the hub at work: a temporary hub, real messages, real clients, everything explained. Takes less than a minute."""
    if context.invoked_subcommand is None:
        with Stage() as stage:
            _Story(stage).tell()


@demo.command()
def journey() -> None:
    """Show the agencies at work: an export under a licence, an import with its manifest, and frauds, each stopped. Takes about a minute."""
    from vanhub.cli.journey.story import tell

    tell()


class _Story(Narrator):
    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._examples = packed("examples")

    def tell(self) -> None:
        self._found()
        self._enrol()
        self._declare()
        self._manifest()
        self._licence()
        self._duplicate()
        self._faults()
        self._collect()
        self._answer()
        self._verify()
        self._close()

    def _found(self) -> None:
        self.title("A hub is founded", "建立交换中心")
        self._stage.init()
        ports = self._stage.start()
        self.say("`vanhub init` wrote the settings, the agencies' mailboxes and a certification authority of the hub's own; `vanhub serve` opened its doors:")
        for name in ("tcp", "sftp", "https"):
            self.show(f"{name.upper():<6} 127.0.0.1:{ports[name]}")

    def _enrol(self) -> None:
        self.title("Companies and agencies get their credentials", "企业与部门入网")
        self.say("Everybody proves who they are: with a certificate of the hub's authority (TCP, HTTPS) or an SSH key (SFTP).")
        for id, (address, name, role) in _COMPANIES.items():
            arguments = ["partner", "add", id, "--edi", address, "--name", name, "--certificate", str(self._stage.folder / id)]
            if id == "nanhai-line":
                key = self._stage.folder / f"{id}.ssh"
                self._stage.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", id, "-f", str(key)])
                arguments += ["--sftp-key", f"{key}.pub"]
            self._stage.vanhub(*arguments)
            self.show(f"{name:<24}{role:<18}EDI address {address}")
        for agency in self._stage.json("agency", "list"):
            if agency["id"] in _AGENCIES:
                self._stage.certificate("agency", agency["id"])
            self.show(f"{agency['name_zh']}  {agency['name_en']}, EDI address {agency['addresses'][0]}")

    def _declare(self) -> None:
        self.title("The trader declares an export over TLS-TCP", "企业以 TLS-TCP 申报出口")
        self._declaration = self._read("cusdec-export.edi")
        self.say("A CUSDEC is a customs declaration. Each line is a segment: tag, then elements (+) and components (:). It begins:")
        for line in self._declaration.decode().splitlines()[:5]:
            self.show(line)
        self._receipt = self._stage.send_tcp("shenzhen-textiles", self._declaration)
        self.say("The answer came on the same connection, after the declaration was safe on the disk. It is a CONTRL, EDIFACT's own receipt:")
        self.segments(_segments(self._receipt))
        self.expect(b"+7'" in self._receipt, "the declaration was accepted")
        self.say("In UCI, 7 means: acknowledged, everything in it was accepted.")

    def _manifest(self) -> None:
        self.title("The carrier uploads its manifest with OpenSSH's sftp", "承运人以 SFTP 上传舱单")
        manifest = self._examples / "cuscar-manifest.edi"
        self._stage.sftp("nanhai-line", f"put {manifest} outbox/manifest.edi", "get ack/* .")
        found = sorted(path.name for path in self._stage.folder.glob("manifest*"))
        self.say(
            "`put cuscar-manifest.edi outbox/`: taken when the client closed the file. The folder ack/ now holds the answer, its signature and an explanation:"
        )
        for name in found:
            self.show(name)
        self.expect(len(found) == 3, "three answer files were there")

    def _licence(self) -> None:
        self.title("The trader applies for an export licence over HTTPS with curl", "企业以 HTTPS 申领许可证")
        status, body = self._post("shenzhen-textiles", "sancrt-application.edi")
        self.expect(status == 201, f"status 201, not {status}")
        self.say(f"POST /v1/interchanges answered 201: new. Verdict: {body['verdict']}; addressed to the licensing office, it lies in that mailbox.")

    def _duplicate(self) -> None:
        self.title("The trader is not sure that the declaration arrived, and sends it again", "重复发送")
        again = self._stage.send_tcp("shenzhen-textiles", self._declaration)
        self.expect(again == self._receipt, "the first answer came again, byte for byte")
        waiting = self._stage.json("mailbox", "peek", "customs")
        self.expect(sum(each["reference"] == "SZT060320001" for each in waiting) == 1, "customs has the declaration once")
        self.say("The same answer, byte for byte; customs still has the declaration once. A repeat harms nobody.")
        status, body = self._post("shenzhen-textiles", "cusdec-export.edi", replace=(b"86400", b"96400"))
        self.expect(status == 409, f"status 409, not {status}")
        self.say("Other content under the same reference is something else: refused (409, CONTRL code 26), an alert is raised, and the first stays good:")
        self.show(_first_fault(str(body["explanation"])))

    def _faults(self) -> None:
        self.title("Five declarations in one envelope, three of them wrong", "五份报文，三份有误")
        answer = self._stage.send_tcp("shenzhen-textiles", self._read("cusdec-three-faults.edi"))
        self.say("One pass finds every fault. The CONTRL names message (UCM), segment (UCS) and element (UCD), each with its code:")
        self.segments(_segments(answer))
        found = self._stage.json("message", "find", "--reference", "SZT060320004")[0]
        self.expect(found["verdict"] == "partly" and found["faults_total"] == 3, "three faults were found and the good messages accepted")
        self.say("The same in words, as the sender finds it beside the CONTRL (here without the Chinese half):")
        explanation = self._stage.json("message", "show", found["id"])["explanation"]
        for line in explanation.split("\n\n部分接受")[0].splitlines():
            self.show(line)
        self.say("建议与说明同样以中文给出：")
        for line in explanation.splitlines():
            if line.startswith("3. 代码"):
                self.show(line)

    def _collect(self) -> None:
        self.title("Customs polls its mailbox: claim, fetch, commit", "海关收取")
        status, text = self._stage.curl(
            "customs", "/v1/mailbox/claim", "-X", "POST", "-H", "Content-Type: application/json", "-d", '{"max": 10, "lease_s": 60}'
        )
        deliveries = json.loads(text)["deliveries"]
        self.expect(status == 200 and len(deliveries) == 3, "customs claimed three deliveries")
        self.say("A claim is a lease: for 60 seconds nobody else gets these. Without a commit they come back, under the same id.")
        for each in deliveries:
            _, content = self._stage.curl("customs", f"/v1/deliveries/{each['id']}/content")
            status, _ = self._stage.curl(
                "customs",
                f"/v1/deliveries/{each['id']}/commit",
                "-X",
                "POST",
                "-H",
                "Content-Type: application/json",
                "-d",
                json.dumps({"claim": each["claim"]}),
            )
            self.expect(status == 200, f"the commit of {each['id']} was taken")
            self.show(
                f"{each['reference']:<16}{'+'.join(each['types']):<8}from {each['sender']:<16}{each['messages']} message(s), {len(content)} octets: fetched, committed"
            )
        again = self._stage.json("mailbox", "claim", "customs", "--max", "10")["deliveries"]
        self.expect(again == [], "nothing is left in the mailbox")
        self.say("Of the envelope with three wrong declarations customs got the two good ones, in an envelope of the hub's own.")
        for agency in ("licensing", "e-port"):
            taken = self._stage.json("mailbox", "claim", agency, "--max", "10", "--lease", "60s")["deliveries"]
            for each in taken:
                self._stage.vanhub("mailbox", "fetch", each["id"], "--out", str(self._stage.folder / f"{each['id']}.edi"))
                self._stage.vanhub("mailbox", "commit", each["id"], "--claim", each["claim"])
            self.show(f"{agency}: {len(taken)} collected with the operators' command" + (" (copies for the shared ledgers)" if agency == "e-port" else ""))

    def _answer(self) -> None:
        self.title("Customs answers: released", "海关放行")
        status, _ = self._post("customs", "cusres-release.edi")
        self.expect(status == 201, f"status 201, not {status}")
        claimed = json.loads(self._claim("shenzhen-textiles"))["deliveries"]
        self.expect(len(claimed) == 1, "the trader has one delivery")
        _, content = self._stage.curl("shenzhen-textiles", f"/v1/deliveries/{claimed[0]['id']}/content")
        self._stage.curl(
            "shenzhen-textiles",
            f"/v1/deliveries/{claimed[0]['id']}/commit",
            "-X",
            "POST",
            "-H",
            "Content-Type: application/json",
            "-d",
            json.dumps({"claim": claimed[0]["claim"]}),
        )
        self.say("The other direction is the same road: customs sent a CUSRES, the trader collected it from its own mailbox:")
        for line in content.splitlines()[:6]:
            self.show(line)

    def _verify(self) -> None:
        self.title("Anybody can verify the receipt with openssl alone", "任何人均可用 openssl 验证回执")
        found = self._stage.json("message", "find", "--reference", "SZT060320001", "--verdict", "accepted")[0]
        bundle, folder = self._stage.folder / "evidence.zip", self._stage.folder / "evidence"
        self._stage.vanhub("message", "evidence", found["id"], "--out", str(bundle))
        self._stage.run(["python3", "-m", "zipfile", "-e", str(bundle), str(folder)])
        verify = [
            "openssl",
            "cms",
            "-verify",
            "-binary",
            "-inform",
            "DER",
            "-in",
            "acknowledgement.p7s",
            "-content",
            "acknowledgement.edi",
            "-CAfile",
            "ca.pem",
            "-out",
            "verified.edi",
        ]
        self.show("$ " + " ".join(verify))
        verdict = self._stage.run([part if "." not in part else str(folder / part) for part in verify])
        self.show(verdict.strip())
        self.expect("successful" in verdict, "openssl accepts the signature")
        self.expect((folder / "verified.edi").read_bytes() == self._receipt, "what was signed is what came over TCP")
        printed = self._stage.run(["openssl", "cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", str(folder / "acknowledgement.p7s")])
        digest = self._stage.run(["openssl", "dgst", "-sha256", str(folder / "original.edi")]).split()[-1]
        signed = re.sub(r"[^0-9a-f]", "", "".join(re.findall(r"(?m)^\s+[0-9a-f]{4} - ((?:[0-9a-f]{2}[ -]?)+)", printed)))
        self.say("The signature also holds the SHA-256 and the size of what the hub received:")
        self.show(f"sha256(original.edi) = {digest}")
        self.expect(digest in signed, "the signed digest is the original's")

    def _close(self) -> None:
        self.title("The hub proves its books and closes", "核对并关闭")
        for line in self._stage.vanhub("doctor").splitlines():
            self.show(line)
        self.expect(self._stage.stop() == 0, "the hub stopped cleanly")
        self.say("Everything ran in a temporary folder, which is gone now. `vanhub init DIR` makes a hub that stays.")

    # Small things

    def _read(self, name: str) -> bytes:
        return (self._examples / name).read_bytes()

    def _post(self, id: str, name: str, replace: tuple[bytes, bytes] | None = None) -> tuple[int, dict[str, Any]]:
        octets = self._read(name)
        file = self._stage.folder / f"post-{name}"
        file.write_bytes(octets.replace(*replace) if replace else octets)
        status, body = self._stage.curl(id, "/v1/interchanges", "-H", "Content-Type: application/edifact", "--data-binary", f"@{file}")
        return status, json.loads(body)

    def _claim(self, id: str) -> str:
        return self._stage.curl(id, "/v1/mailbox/claim", "-X", "POST", "-H", "Content-Type: application/json", "-d", '{"max": 10}')[1]


def _segments(interchange: bytes) -> list[tuple[str, str]]:
    """Each without a meaning beside it."""
    return [(f"{segment}'", "") for segment in interchange.decode("latin-1").split("'")[:-1]]


def _first_fault(explanation: str) -> str:
    lines = explanation.splitlines()
    start = next((number for number, line in enumerate(lines) if line.startswith("1. ")), 0)
    return next((line.strip() for line in lines[start + 1 :] if "was used before" in line), lines[start])
