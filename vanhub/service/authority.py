"""The certification authority on disk: the folder ``certs/`` of a home.

    root.pem  root.key                        the root; its key is needed only to create, to renew the issuing CA and to issue the root's CRL:
                                              take it off the machine, and bring it back for these
    issuing.pem  issuing.key                  the issuing CA
    hub-tls.pem  hub-tls.key                  the hub's TLS listeners
    acknowledgement.pem  acknowledgement.key  the signer of acknowledgements
    ssh_host_ed25519_key(.pub)                the hub's SSH host key
    crl.pem                                   the issuing CA's and the root's revocation list, in this order

Rules kept here:
- Every private key is encrypted with the one passphrase and has mode 0600; a key that others can read is refused.
- A file is written under another name, fsynced, and renamed: a reader sees the old or the new one. Nothing that exists is overwritten except by a renewal.
- What everybody may ask for (certificates of the CAs, CRLs) is read and parsed again only when its file has changed.
- A renewal replaces a key and its certificate. ``NAME.key.next`` and ``NAME.pem.next`` stand beside them meanwhile, and ``open`` finishes what a crash cut short:

      key.next  pem.next
      no        no        nothing under way
      yes       no        not decided: the new key is removed
      yes       yes       decided: both are renamed, the key first
      no        yes       decided, the key is renamed already: the certificate is renamed

What was issued is returned as values; recording it in the store is the caller's act. One process at a time works on a folder (the home's lock).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Generic, TypeVar, final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization

from vanhub.errors import OperatorError
from vanhub.pki import keys, profiles, ssh, subjects
from vanhub.pki.cms import Signer
from vanhub.pki.crl import IssuedCrl, Revoked, build_crl
from vanhub.pki.issue import Entropy, IssuedCertificate, Issuer, issue_issuing, issue_leaf, issue_root
from vanhub.pki.keys import PrivateKey, PublicKey
from vanhub.pki.profiles import Profile
from vanhub.pki.subjects import Subject

CRL_LIFETIME = timedelta(days=7)
ROOT_CRL_LIFETIME = timedelta(days=366)  # the root's key is brought back once a year for it

_Value = TypeVar("_Value")

_OWN = {"root": profiles.ROOT, "issuing": profiles.ISSUING, "hub-tls": profiles.HUB_TLS, "acknowledgement": profiles.ACKNOWLEDGEMENT_SIGNER}
_RENEWED = ("hub-tls", "acknowledgement")
_HOST_KEY = "ssh_host_ed25519_key"
_CRL = "crl.pem"
_PEM_END = b"-----END X509 CRL-----\n"


@final
class Authority:
    """The CA in one folder, opened with its passphrase. ``create`` or ``open`` makes it.

    Methods raise ``OperatorError`` where a file is missing, does not open with the passphrase, or cannot be written; the text names the file and the cure.
    """

    def __init__(self, directory: Path, passphrase: bytes, entropy: Entropy) -> None:
        self.directory = directory
        self._passphrase = passphrase
        self._entropy = entropy
        self.root = self._certificate("root")
        self.issuing = self._certificate("issuing")
        self.domain = subjects.domain_of(self.root)
        self._issuer = self._issuer_of("issuing", self.issuing)
        self._root_pem = _Kept(directory / "root.pem", _read)
        self._published = {f"/pki/{name}.cer": _Kept(directory / f"{name}.pem", _read_der) for name in ("root", "issuing")}
        self._crls = _Kept(directory / _CRL, self._read_crls)

    def __repr__(self) -> str:
        return f"Authority({str(self.directory)!r})"

    @classmethod
    def create(cls, directory: Path, passphrase: bytes, *, domain: str, tls_names: Sequence[str], now: datetime, entropy: Entropy = os.urandom) -> Authority:
        """A new CA for the hub of ``domain``, whose listeners are reached under ``tls_names`` (DNS names and IP addresses).

        ``own_certificates`` of the result are what was issued. Both CRLs are empty and have the number 0: the caller's numbers begin at 1.

        Raises:
            OperatorError: the folder holds a key already, the names or the passphrase do not serve, or a file cannot be written.
        """
        keys.require_passphrase(passphrase)
        if found := sorted(path.name for pattern in ("*.key", "*.key.next", _HOST_KEY) for path in directory.glob(pattern)):
            raise OperatorError(f"{directory} holds keys already ({', '.join(found)}): a CA is never overwritten; choose another folder or move them away")
        root_key, issuing_key, tls_key, acknowledgement_key = (keys.new_key() for _ in range(4))
        root = Issuer(issue_root(root_key, domain=domain, now=now, entropy=entropy), root_key)
        issuing = Issuer(issue_issuing(issuing_key.public_key(), root=root, domain=domain, now=now, entropy=entropy), issuing_key)

        def leaf(profile: Profile, subject: Subject, key: PrivateKey) -> x509.Certificate:
            return issue_leaf(profile, subject, key.public_key(), issuer=issuing, now=now, entropy=entropy, domain=domain)

        made = {
            "root": (root_key, root.certificate),
            "issuing": (issuing_key, issuing.certificate),
            "hub-tls": (tls_key, leaf(profiles.HUB_TLS, subjects.hub_subject(tls_names, domain), tls_key)),
            "acknowledgement": (
                acknowledgement_key,
                leaf(profiles.ACKNOWLEDGEMENT_SIGNER, subjects.acknowledgement_subject(domain), acknowledgement_key),
            ),
        }
        host_key, host_key_line = ssh.new_host_key(passphrase, domain)
        crls = [
            IssuedCrl.of(kind, build_crl(issuer, number=0, revoked=(), now=now, next_update=now + lifetime))
            for kind, issuer, lifetime in (("issuing", issuing, CRL_LIFETIME), ("root", root, ROOT_CRL_LIFETIME))
        ]
        _make_folder(directory)
        for name, (key, certificate) in made.items():
            _write_new(directory / f"{name}.key", keys.encrypt_key(key, passphrase), 0o600)
            _write_new(directory / f"{name}.pem", _pem(certificate), 0o644)
        _write_new(directory / _HOST_KEY, host_key, 0o600)
        _write_new(directory / f"{_HOST_KEY}.pub", host_key_line, 0o644)
        _write_new(directory / _CRL, b"".join(crl.pem for crl in crls), 0o644)
        return cls(directory, passphrase, entropy)

    @classmethod
    def open(cls, directory: Path, passphrase: bytes, *, entropy: Entropy = os.urandom) -> Authority:
        """The CA in ``directory``. Finishes a renewal that a crash cut short.

        Raises:
            OperatorError: there is none (``vanhub init`` makes one), a file of it is missing or damaged, or the passphrase is wrong.
        """
        if not (directory / "issuing.pem").exists():
            raise OperatorError(f"{directory} holds no CA: `vanhub init` makes one")
        for name in _RENEWED:
            _finish_renewal(directory, name)
        return cls(directory, passphrase, entropy)

    # What the CA has.

    def path(self, name: str) -> Path:
        """A file of the folder: ``"hub-tls.pem"``, ``"hub-tls.key"``, ``"root.pem"``, ``"issuing.pem"``, ``"crl.pem"`` ..."""
        return self.directory / name

    def own_certificates(self) -> list[IssuedCertificate]:
        """The hub's own that are in use: root, issuing CA, TLS, acknowledgement signer."""
        return [IssuedCertificate(self._certificate(name), profile.name, "") for name, profile in _OWN.items()]

    def acknowledgement_signer(self) -> Signer:
        """Signs with the acknowledgement key that is in use now; get another after a renewal."""
        return Signer(self._key("acknowledgement"), self._certificate("acknowledgement"), [self.issuing])

    def ssh_host_key(self) -> bytes:
        """The SSH host key in OpenSSH's private format, unencrypted: for conch, never for a file. Takes about 0.15 s."""
        path = self.directory / _HOST_KEY
        return ssh.decrypt_host_key(_read_private(path), self._passphrase, source=str(path))

    def root_pem(self) -> bytes:
        """The root's certificate as ``root.pem`` holds it."""
        return self._root_pem.get()

    def published(self) -> Mapping[str, bytes]:
        """What the certificates' addresses point to, in DER, by path: ``/pki/root.cer``, ``/pki/issuing.cer``, ``/pki/root.crl``, ``/pki/issuing.crl``."""
        return {path: kept.get() for path, kept in self._published.items()} | {f"/pki/{crl.issuer}.crl": crl.der for crl in self.crls().values()}

    def crls(self) -> Mapping[str, IssuedCrl]:
        """The lists that are in force, by ``"issuing"`` and ``"root"``, as ``crl.pem`` holds them."""
        return self._crls.get()

    def _read_crls(self, path: Path) -> Mapping[str, IssuedCrl]:
        crls: dict[str, IssuedCrl] = {}
        for pem in _read(path).split(_PEM_END)[:-1]:
            try:
                crl = x509.load_pem_x509_crl(pem + _PEM_END)
                kind = "root" if crl.issuer == self.root.subject else "issuing"
                crls[kind] = IssuedCrl.of(kind, crl)
            except (ValueError, x509.ExtensionNotFound) as error:
                raise OperatorError(f"{path} is damaged: `vanhub ca crl` makes it anew after it is removed") from error
        return MappingProxyType(crls)

    # Principals.

    def issue(self, profile: str, principal: str, organization: str, public_key: PublicKey, now: datetime) -> IssuedCertificate:
        """A client certificate for ``principal``; ``profile`` is its kind (``"partner"``, ``"agency"``, ``"operator"``), ``organization`` its name.

        Raises:
            Refused: the key is weak.
        """
        of = profiles.get_principal_profile(profile)
        return self._issue(of, subjects.principal_subject(of, principal, organization, self.domain), public_key, principal, now)

    # Renewals: the new certificate is in use when they return; the old one stays valid until its end, or until it is revoked.

    def renew_hub_tls(self, tls_names: Sequence[str], now: datetime) -> IssuedCertificate:
        """A new key and certificate for the TLS listeners, which have to load them."""
        return self._renew("hub-tls", subjects.hub_subject(tls_names, self.domain), now)

    def renew_acknowledgement(self, now: datetime) -> IssuedCertificate:
        """A new key and certificate for acknowledgements: get the new ``acknowledgement_signer``."""
        return self._renew("acknowledgement", subjects.acknowledgement_subject(self.domain), now)

    def renew_issuing(self, now: datetime) -> IssuedCertificate:
        """A new certificate for the issuing CA's key, signed by the root: leaves chain to the old one and to the new.

        Raises:
            OperatorError: ``root.key`` is not there, or the root has expired.
        """
        renewed = issue_issuing(keys.require_strong(self.issuing.public_key()), root=self._root(), domain=self.domain, now=now, entropy=self._entropy)
        _replace(self.directory / "issuing.pem", _pem(renewed), 0o644)
        self.issuing = renewed
        self._issuer = Issuer(renewed, self._issuer.key)
        return IssuedCertificate(renewed, profiles.ISSUING.name, "")

    # Revocation.

    def crl(self, number: int, revoked: Iterable[Revoked], now: datetime, *, lifetime: timedelta = CRL_LIFETIME) -> IssuedCrl:
        """Issue the issuing CA's list of all leaves revoked, and put it into ``crl.pem``.

        Raises:
            OperatorError: ``number`` is not above the last one's.
        """
        return self._issue_crl("issuing", self._issuer, number, revoked, now, lifetime)

    def root_crl(self, number: int, revoked: Iterable[Revoked], now: datetime) -> IssuedCrl:
        """As ``crl``, the root's list of issuing CAs revoked; needs ``root.key``."""
        return self._issue_crl("root", self._root(), number, revoked, now, ROOT_CRL_LIFETIME)

    def _issue_crl(self, kind: str, issuer: Issuer, number: int, revoked: Iterable[Revoked], now: datetime, lifetime: timedelta) -> IssuedCrl:
        path = self.directory / _CRL
        crls = dict(self.crls()) if path.exists() else {}
        if kind in crls and number <= crls[kind].number:
            raise OperatorError(f"the CRL number {number} is not above {crls[kind].number}, the last one's: was the store restored from an older backup?")
        issued = IssuedCrl.of(kind, build_crl(issuer, number=number, revoked=revoked, now=now, next_update=now + lifetime))
        crls[kind] = issued
        _replace(path, b"".join(crls[name].pem for name in ("issuing", "root") if name in crls), 0o644)
        return issued

    def _issue(self, profile: Profile, subject: Subject, public_key: PublicKey, principal: str, now: datetime) -> IssuedCertificate:
        certificate = issue_leaf(profile, subject, public_key, issuer=self._issuer, now=now, entropy=self._entropy, domain=self.domain)
        return IssuedCertificate(certificate, profile.name, principal)

    def _renew(self, name: str, subject: Subject, now: datetime) -> IssuedCertificate:
        key = keys.new_key()
        issued = self._issue(_OWN[name], subject, key.public_key(), "", now)
        _replace(self.directory / f"{name}.key.next", keys.encrypt_key(key, self._passphrase), 0o600)
        _replace(self.directory / f"{name}.pem.next", issued.pem, 0o644)
        _finish_renewal(self.directory, name)
        return issued

    def _root(self) -> Issuer:
        if not (self.directory / "root.key").exists():
            raise OperatorError(f"{self.directory / 'root.key'} is not here: bring the root's key back from where it is kept, for this act")
        return self._issuer_of("root", self.root)

    def _issuer_of(self, name: str, certificate: x509.Certificate) -> Issuer:
        """The CA ``name``, whose key and certificates belong together: what another CA's key had signed would be worthless."""
        key = self._key(name)
        if key.public_key() != certificate.public_key():
            raise OperatorError(f"{self.path(f'{name}.key')} is not the key of {name}.pem: restore the whole folder from one backup")
        try:
            certificate.verify_directly_issued_by(self.root)
        except (ValueError, TypeError, InvalidSignature):
            raise OperatorError(f"{self.path(f'{name}.pem')} was not signed by the root in root.pem: restore the whole folder from one backup") from None
        return Issuer(certificate, key)

    def _certificate(self, name: str) -> x509.Certificate:
        return _read_certificate(self.directory / f"{name}.pem")

    def _key(self, name: str) -> PrivateKey:
        path = self.directory / f"{name}.key"
        return keys.decrypt_key(_read_private(path), self._passphrase, source=str(path))


class _Kept(Generic[_Value]):
    """What ``read(path)`` made of a file, kept until the file is another one. May be used from any thread."""

    def __init__(self, path: Path, read: Callable[[Path], _Value]) -> None:
        self._path, self._read = path, read
        self._kept: tuple[tuple[int, ...], _Value] | None = None

    def get(self) -> _Value:
        """Raises what ``read`` raises."""
        try:
            status = self._path.stat()
        except OSError:
            return self._read(self._path)  # which says what is wrong
        # Taken before reading: a file renamed into its place meanwhile is found the next time. One that is written anew has another inode or time.
        stamp = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        kept = self._kept
        if kept is None or kept[0] != stamp:
            kept = self._kept = (stamp, self._read(self._path))
        return kept[1]


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _make_folder(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OperatorError(f"{directory} cannot be made: {error.strerror}") from error


def _finish_renewal(directory: Path, name: str) -> None:
    """Take the state of a renewal to its end, by the table at the head of this module."""
    key, certificate = directory / f"{name}.key.next", directory / f"{name}.pem.next"
    try:
        if certificate.exists():
            with suppress(FileNotFoundError):
                key.rename(directory / f"{name}.key")
            _sync(directory)  # the key must not be behind its certificate after a power cut
            certificate.rename(directory / f"{name}.pem")
        else:
            key.unlink(missing_ok=True)
        _sync(directory)
    except OSError as error:
        raise OperatorError(f"the renewal of {name} in {directory} cannot be finished: {error.strerror}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise OperatorError(
            f"{path} is missing: restore it from a backup (where `vanhub init` was interrupted and the hub never ran: remove the other files and run it again)"
        ) from None
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}") from error


def _read_certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(_read(path))
    except ValueError as error:
        raise OperatorError(f"{path} is no certificate in PEM: restore it from a backup") from error


def _read_der(path: Path) -> bytes:
    return _read_certificate(path).public_bytes(serialization.Encoding.DER)


def _read_private(path: Path) -> bytes:
    content = _read(path)
    if path.stat().st_mode & 0o077:
        raise OperatorError(f"{path} can be read by others than its owner: `chmod 600 {path}`, and think about who may have read it")
    return content


def _write_new(path: Path, content: bytes, mode: int) -> None:
    """Write a file that does not exist yet: it appears whole or not at all."""
    if os.path.lexists(path):
        raise OperatorError(f"{path} exists already and is not overwritten")
    _replace(path, content, mode)


def _replace(path: Path, content: bytes, mode: int) -> None:
    """Write a file over what may be there: readers see the old or the new one."""
    try:
        _write_temporary(path, content, mode).rename(path)
        _sync(path.parent)
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}") from error


def _write_temporary(path: Path, content: bytes, mode: int) -> Path:
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.unlink(missing_ok=True)  # a crash left it
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)  # whatever the umask
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return temporary


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
