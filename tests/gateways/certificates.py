"""Certificates for gateway tests: a root, an issuing CA, the hub's leaf and clients' leafs, as files in one folder."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PASSPHRASE = b"a passphrase for tests"


@dataclass(frozen=True)
class Authority:
    """A CA: its certificate and key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Client:
    """A client's files: ``leaf`` alone, ``chain`` = leaf and issuing CA, ``key`` unencrypted; and its certificate's DER."""

    leaf: Path
    chain: Path
    key: Path
    der: bytes


class Certificates:
    """Writes ``root.pem``, ``issuing.pem``, ``hub.pem``, ``hub.key`` into ``folder`` and makes clients on demand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = self._authority("test root", None)
        self.issuing = self._authority("test issuing", self.root)
        self._write("root.pem", self.root.certificate)
        self._write("issuing.pem", self.issuing.certificate)
        self.write_hub("hub")

    def write_hub(self, name: str) -> None:
        """The hub's certificate ``name.pem`` (leaf alone) and encrypted key ``name.key``."""
        certificate, key = self._leaf("hub.vanhub.example", ExtendedKeyUsageOID.SERVER_AUTH, self.issuing)
        self._write(f"{name}.pem", certificate)
        self._write_key(f"{name}.key", key, PASSPHRASE)

    def client(self, name: str, *, issuer: Authority | None = None, usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH) -> Client:
        by = issuer or self.issuing
        certificate, key = self._leaf(f"{name}.partner.vanhub.example", usage, by)
        self._write(f"{name}.leaf.pem", certificate)
        self._write(f"{name}.pem", certificate, by.certificate)
        self._write_key(f"{name}.key", key, None)
        der = certificate.public_bytes(Encoding.DER)
        return Client(self.folder / f"{name}.leaf.pem", self.folder / f"{name}.pem", self.folder / f"{name}.key", der)

    def stranger(self, name: str) -> Client:
        """A client of somebody else's CA."""
        return self.client(name, issuer=self._authority("another root", None))

    def _write(self, name: str, *certificates: x509.Certificate) -> None:
        (self.folder / name).write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in certificates))

    def _write_key(self, name: str, key: ec.EllipticCurvePrivateKey, passphrase: bytes | None) -> None:
        encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
        file = self.folder / name
        file.touch(mode=0o600)
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))

    def _authority(self, name: str, issuer: Authority | None) -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(name, key, issuer).add_extension(x509.BasicConstraints(ca=True, path_length=None if issuer is None else 0), critical=True)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        signer = key if issuer is None else issuer.key
        return Authority(builder.add_extension(usage, critical=True).sign(signer, hashes.SHA256()), key)

    def _leaf(self, name: str, usage: x509.ObjectIdentifier, issuer: Authority) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(name), x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))])
        builder = self._builder(name, key, issuer).add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(names, critical=False).add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        return builder.sign(issuer.key, hashes.SHA256()), key

    @staticmethod
    def _builder(name: str, key: ec.EllipticCurvePrivateKey, issuer: Authority | None) -> x509.CertificateBuilder:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = dt.datetime.now(dt.UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject if issuer is None else issuer.certificate.subject)
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + dt.timedelta(days=30))
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        authority = key.public_key() if issuer is None else issuer.key.public_key()
        return builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority), critical=False)
