"""openssl and ssh-keygen as judges, and a small CA of keys and certificates in memory to be judged."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from vanhub.pki.issue import Entropy, Issuer, issue_issuing, issue_leaf, issue_root
from vanhub.pki.keys import PrivateKey, PublicKey, new_key
from vanhub.pki.profiles import Profile
from vanhub.pki.subjects import Subject

DOMAIN = "vanhub.example"
NOW = datetime(2026, 11, 21, 8, 30, 15, 250_000, tzinfo=UTC)


def run(*command: str | Path, input: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end; both outputs are kept."""
    return subprocess.run([str(part) for part in command], input=input, capture_output=True, check=False, timeout=30)


def openssl(*arguments: str | Path, input: bytes = b"") -> str:
    """What openssl prints on success; fails the test otherwise."""
    done = run("openssl", *arguments, input=input)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def pem(certificate: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def seeded(seed: int) -> Entropy:
    """Entropy that is the same in each run."""
    return random.Random(seed).randbytes


@dataclass(frozen=True)
class Ca:
    """A root and an issuing CA made at one time."""

    root: Issuer
    issuing: Issuer
    made_at: datetime
    entropy: Entropy = field(default_factory=lambda: seeded(1))

    @classmethod
    def make(cls, now: datetime = NOW, domain: str = DOMAIN) -> Ca:
        root_key, issuing_key = new_key(), new_key()
        root = Issuer(issue_root(root_key, domain=domain, now=now, entropy=seeded(2)), root_key)
        issuing = issue_issuing(issuing_key.public_key(), root=root, domain=domain, now=now, entropy=seeded(3))
        return cls(root, Issuer(issuing, issuing_key), now)

    def leaf(self, profile: Profile, subject: Subject, key: PublicKey | None = None, now: datetime | None = None) -> x509.Certificate:
        return issue_leaf(profile, subject, key or new_key().public_key(), issuer=self.issuing, now=now or self.made_at, entropy=self.entropy, domain=DOMAIN)

    def leaf_and_key(self, profile: Profile, subject: Subject) -> tuple[x509.Certificate, PrivateKey]:
        key = new_key()
        return self.leaf(profile, subject, key.public_key()), key


@dataclass(frozen=True)
class Verdict:
    good: bool
    text: str


def openssl_verify(
    leaf: x509.Certificate, ca: Ca, folder: Path, *, purpose: str = "", crls: Sequence[x509.CertificateRevocationList] = (), at: datetime | None = None
) -> Verdict:
    """What ``openssl verify -x509_strict`` says of a leaf under a CA, at the time the CA was made unless told otherwise."""
    (folder / "root.pem").write_bytes(pem(ca.root.certificate))
    (folder / "issuing.pem").write_bytes(pem(ca.issuing.certificate))
    (folder / "leaf.pem").write_bytes(pem(leaf))
    (folder / "crl.pem").write_bytes(b"".join(map(pem, crls)))
    done = run(
        *("openssl", "verify", "-x509_strict", "-attime", str(int((at or ca.made_at).timestamp()))),
        *("-CAfile", folder / "root.pem", "-untrusted", folder / "issuing.pem"),
        *(("-crl_check_all", "-CRLfile", folder / "crl.pem") if crls else ()),
        *(("-purpose", purpose) if purpose else ()),
        folder / "leaf.pem",
    )
    return Verdict(done.returncode == 0, (done.stdout + done.stderr).decode())
