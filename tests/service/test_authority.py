from __future__ import annotations

import os
import shutil
import stat
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from twisted.conch.ssh.keys import Key

from tests.pki.judges import openssl, run, seeded
from vanhub.errors import OperatorError
from vanhub.pki import cms, keys
from vanhub.pki.crl import Revoked
from vanhub.pki.issue import IssuedCertificate
from vanhub.service.authority import Authority

NOW = datetime(2026, 11, 21, 8, 30, 15, tzinfo=UTC)
DAY = timedelta(days=1)
PASSPHRASE = b"correct horse battery"
TLS_NAMES = ("edi.hub.example", "127.0.0.1")
PRIVATE = {"root.key", "issuing.key", "hub-tls.key", "acknowledgement.key", "ssh_host_ed25519_key"}
PUBLIC = {"root.pem", "issuing.pem", "hub-tls.pem", "acknowledgement.pem", "ssh_host_ed25519_key.pub", "crl.pem"}


def _create(directory: Path, now: datetime = NOW) -> Authority:
    return Authority.create(directory, PASSPHRASE, domain="hub.example", tls_names=TLS_NAMES, now=now, entropy=seeded(1))


@pytest.fixture
def certs(tmp_path: Path) -> Path:
    return tmp_path / "certs"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _create(tmp_path_factory.mktemp("made") / "certs").directory


@pytest.fixture
def authority(made: Path, certs: Path) -> Authority:
    return _copy(made, certs)


def _copy(made: Path, certs: Path) -> Authority:
    shutil.copytree(made, certs)
    return Authority.open(certs, PASSPHRASE, entropy=seeded(2))


def _reopened(authority: Authority) -> Authority:
    return Authority.open(authority.directory, PASSPHRASE)


def _modes(directory: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}


def _verified(authority: Authority, certificate: Path, *options: str, at: datetime = NOW) -> str:
    """What openssl says of a certificate with this CA's files; empty if it is good."""
    files = ("-CAfile", authority.path("root.pem"), "-untrusted", authority.path("issuing.pem"), certificate)
    done = run("openssl", "verify", "-x509_strict", "-attime", str(int(at.timestamp())), *options, *files)
    return "" if done.returncode == 0 else done.stderr.decode()


def _issue(authority: Authority, folder: Path, now: datetime = NOW, profile: str = "partner", id: str = "broker") -> tuple[IssuedCertificate, Path]:
    """A certificate for a principal's new key, and the file of it for openssl to look at."""
    issued = authority.issue(profile, id, "Some Name", keys.new_key().public_key(), now)
    path = folder / f"{issued.serial}.pem"
    path.write_bytes(issued.pem)
    return issued, path


def _with_crl(authority: Authority, certificate: Path, at: datetime = NOW) -> str:
    return _verified(authority, certificate, "-crl_check_all", "-CRLfile", str(authority.path("crl.pem")), at=at)


def test_a_new_ca_has_its_files_and_their_modes(certs: Path) -> None:
    assert _modes(_create(certs).directory) == dict.fromkeys(PRIVATE, 0o600) | dict.fromkeys(PUBLIC, 0o644)


def test_the_modes_do_not_depend_on_the_umask(certs: Path) -> None:
    before = os.umask(0o077)
    try:
        _create(certs)
    finally:
        os.umask(before)
    assert _modes(certs) == dict.fromkeys(PRIVATE, 0o600) | dict.fromkeys(PUBLIC, 0o644)


def test_every_key_is_encrypted_and_belongs_to_its_certificate(authority: Authority) -> None:
    for name in ("root", "issuing", "hub-tls", "acknowledgement"):
        assert authority.path(f"{name}.key").read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
        public = openssl("pkey", "-in", authority.path(f"{name}.key"), "-passin", f"pass:{PASSPHRASE.decode()}", "-pubout")
        assert public == openssl("x509", "-in", authority.path(f"{name}.pem"), "-noout", "-pubkey")
    assert run("ssh-keygen", "-y", "-P", "", "-f", authority.path("ssh_host_ed25519_key")).returncode != 0


def test_openssl_accepts_the_hubs_own_certificates_with_the_first_lists(authority: Authority) -> None:
    for name in ("issuing", "hub-tls", "acknowledgement"):
        assert _with_crl(authority, authority.path(f"{name}.pem")) == ""
    for name in TLS_NAMES:
        option = "-verify_ip" if name[0].isdigit() else "-verify_hostname"
        assert _verified(authority, authority.path("hub-tls.pem"), "-purpose", "sslserver", option, name) == ""
    assert "hostname mismatch" in _verified(authority, authority.path("hub-tls.pem"), "-verify_hostname", "other.example")


def test_opening_finds_what_creating_made(authority: Authority) -> None:
    again = _reopened(authority)
    assert again.domain == authority.domain == "hub.example"
    assert [(own.profile, own.principal) for own in again.own_certificates()] == [
        ("root", ""),
        ("issuing", ""),
        ("hub-tls", ""),
        ("acknowledgement-signer", ""),
    ]
    assert [own.der for own in again.own_certificates()] == [own.der for own in authority.own_certificates()]
    public = Key.fromString(again.ssh_host_key()).public().toString("OPENSSH")  # type: ignore[no-untyped-call]  # conch is not annotated
    assert authority.path("ssh_host_ed25519_key.pub").read_bytes() == public + b" hub.example\n"


@pytest.mark.parametrize("found", ["root.key", "hub-tls.key.next", "ssh_host_ed25519_key", "of-somebody-else.key"])
def test_where_a_key_is_no_ca_is_made(found: str, certs: Path) -> None:
    certs.mkdir()
    (certs / found).write_bytes(b"precious")
    with pytest.raises(OperatorError, match=f"holds keys already \\({found}\\)"):
        _create(certs)
    assert {path.name: path.read_bytes() for path in certs.iterdir()} == {found: b"precious"}


def test_a_readme_does_not_hinder(certs: Path) -> None:
    certs.mkdir()
    (certs / "README.md").write_bytes(b"about")
    _create(certs)
    assert (certs / "README.md").read_bytes() == b"about"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"passphrase": b"short"}, "at least 12 characters"),
        ({"domain": "localhost"}, "cannot be the hub's domain"),
        ({"tls_names": ()}, "at least one DNS name or IP address"),
        ({"tls_names": ("*.hub.example",)}, "is no DNS name"),
    ],
)
def test_what_does_not_serve_leaves_nothing_behind(arguments: dict[str, object], text: str, certs: Path) -> None:
    good: dict[str, object] = {"passphrase": PASSPHRASE, "domain": "hub.example", "tls_names": TLS_NAMES}
    with pytest.raises(OperatorError, match=text):
        Authority.create(certs, now=NOW, **(good | arguments))  # type: ignore[arg-type]
    assert not certs.exists()


def test_a_folder_without_a_ca_names_init(certs: Path) -> None:
    with pytest.raises(OperatorError) as error:
        Authority.open(certs, PASSPHRASE)
    assert str(error.value) == f"{certs} holds no CA: `vanhub init` makes one"


def test_a_wrong_passphrase_names_the_file_and_shows_no_secret(authority: Authority) -> None:
    guess = keys.fingerprint(keys.new_key().public_key()).encode()
    with pytest.raises(OperatorError) as error:
        Authority.open(authority.directory, guess)
    told = "".join(traceback.format_exception(error.value))
    assert f"{authority.path('issuing.key')} does not open with this passphrase" in told
    assert guess.decode() not in told
    assert "PRIVATE KEY" not in told
    assert repr(authority) == f"Authority({str(authority.directory)!r})"


@pytest.mark.parametrize("name", ["issuing.key", "root.pem"])
def test_a_missing_file_is_named_with_its_cure(name: str, authority: Authority) -> None:
    authority.path(name).unlink()
    with pytest.raises(OperatorError, match=f"{name} is missing: restore it from a backup"):
        _reopened(authority)


def test_a_damaged_file_is_named(authority: Authority) -> None:
    authority.path("acknowledgement.pem").write_bytes(b"x")
    with pytest.raises(OperatorError, match=r"acknowledgement\.pem is no certificate in PEM: restore it from a backup"):
        authority.acknowledgement_signer()
    authority.path("crl.pem").write_bytes(b"x-----END X509 CRL-----\n")
    with pytest.raises(OperatorError, match=r"crl\.pem is damaged"):
        authority.crls()


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("issuing.key",), r"issuing\.key is not the key of issuing\.pem"),
        (("issuing.key", "issuing.pem"), r"issuing\.pem was not signed by the root in root\.pem"),
    ],
)
def test_files_of_two_backups_are_not_mixed(names: tuple[str, ...], text: str, authority: Authority, tmp_path: Path) -> None:
    other = _create(tmp_path / "other")
    for name in names:
        other.path(name).rename(authority.path(name))
    with pytest.raises(OperatorError, match=f"{text}: restore the whole folder from one backup"):
        _reopened(authority)


def test_a_key_that_others_can_read_is_refused(authority: Authority) -> None:
    authority.path("issuing.key").chmod(0o640)
    with pytest.raises(OperatorError, match="`chmod 600"):
        _reopened(authority)


def test_the_hub_runs_without_the_roots_key(authority: Authority, tmp_path: Path) -> None:
    authority.path("root.key").unlink()
    again = _reopened(authority)
    _, path = _issue(again, tmp_path)
    assert _verified(again, path, "-purpose", "sslclient") == ""
    again.crl(1, [], NOW)
    again.renew_hub_tls(TLS_NAMES, NOW)
    again.acknowledgement_signer()
    needs_the_root: list[Callable[[], object]] = [lambda: again.renew_issuing(NOW), lambda: again.root_crl(2, [], NOW)]
    for act in needs_the_root:
        with pytest.raises(OperatorError, match=r"root\.key is not here: bring the root's key back"):
            act()


@pytest.mark.parametrize("profile", ["partner", "agency", "operator"])
def test_a_principals_certificate_is_what_tls_listeners_take(profile: str, authority: Authority, tmp_path: Path) -> None:
    issued, path = _issue(authority, tmp_path, profile=profile, id="some-id")
    assert (issued.profile, issued.principal) == (profile, "some-id")
    assert issued.certificate.subject.rfc4514_string() == "CN=some-id,O=Some Name"
    assert _verified(authority, path, "-purpose", "sslclient", "-verify_hostname", f"some-id.{profile}.hub.example") == ""


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OperatorError, match="cannot be made: Not a directory"):
        _create(tmp_path / "file" / "certs")


def test_a_disk_that_refuses_is_named_with_the_file(authority: Authority) -> None:
    authority.path("crl.pem").unlink()
    authority.path("crl.pem").mkdir()
    with pytest.raises(OperatorError, match=r"crl\.pem cannot be read: Is a directory"):
        authority.crls()
    authority.path("hub-tls.pem").unlink()
    authority.path("hub-tls.pem").mkdir()
    with pytest.raises(OperatorError, match=r"the renewal of hub-tls in .* cannot be finished: Is a directory"):
        authority.renew_hub_tls(TLS_NAMES, NOW)
    authority.path("issuing.pem").unlink()
    authority.path("issuing.pem").mkdir()
    with pytest.raises(OperatorError, match=r"issuing\.pem cannot be written: Is a directory"):
        authority.renew_issuing(NOW)


def test_no_principal_has_the_hubs_profiles(authority: Authority) -> None:
    for profile in ("root", "issuing", "hub-tls", "acknowledgement-signer", "nobody"):
        with pytest.raises(OperatorError, match="it is one of partner, agency, operator"):
            authority.issue(profile, "broker", "", keys.new_key().public_key(), NOW)


def test_a_revoked_certificate_is_in_the_list_and_openssl_refuses_it(authority: Authority, tmp_path: Path) -> None:
    _, good = _issue(authority, tmp_path, id="good")
    issued, bad = _issue(authority, tmp_path, id="bad")
    crl = authority.crl(1, [Revoked(issued.certificate.serial_number, NOW, "keyCompromise")], NOW)
    assert (crl.issuer, crl.number, crl.issued_at, crl.next_update) == ("issuing", 1, NOW, NOW + 7 * DAY)
    assert _with_crl(authority, good) == ""
    assert "certificate revoked" in _with_crl(authority, bad)
    assert authority.crls()["issuing"] == crl == _reopened(authority).crls()["issuing"]
    assert authority.crls()["root"].number == 0


def test_a_revoked_issuing_ca_takes_all_its_leaves_along(authority: Authority) -> None:
    assert _with_crl(authority, authority.path("hub-tls.pem")) == ""
    authority.root_crl(1, [Revoked(authority.issuing.serial_number, NOW, "cACompromise")], NOW)
    assert "error 23 at 1 depth lookup: certificate revoked" in _with_crl(authority, authority.path("hub-tls.pem"))


def test_an_old_list_is_no_proof(authority: Authority) -> None:
    assert _with_crl(authority, authority.path("hub-tls.pem"), at=NOW + 7 * DAY - timedelta(seconds=1)) == ""
    assert "CRL has expired" in _with_crl(authority, authority.path("hub-tls.pem"), at=NOW + 7 * DAY + timedelta(seconds=1))


def test_the_number_of_a_list_only_grows(authority: Authority) -> None:
    authority.crl(4, [], NOW)
    with pytest.raises(OperatorError, match="the CRL number 4 is not above 4, the last one's"):
        authority.crl(4, [], NOW + DAY)
    assert authority.crl(5, [], NOW + DAY, lifetime=DAY).next_update == NOW + 2 * DAY


def test_what_the_certificates_point_to_is_published(authority: Authority) -> None:
    published = authority.published()
    assert set(published) == {"/pki/root.cer", "/pki/issuing.cer", "/pki/root.crl", "/pki/issuing.crl"}
    for own, name in zip(authority.own_certificates()[1:], ("root", "issuing", "issuing"), strict=True):
        access = own.certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value[0].access_location.value
        points = own.certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value[0].full_name
        assert access == f"http://hub.example/pki/{name}.cer"
        assert points == [x509.UniformResourceIdentifier(f"http://hub.example/pki/{name}.crl")]
        issuer = x509.load_der_x509_certificate(published[f"/pki/{name}.cer"])
        own.certificate.verify_directly_issued_by(issuer)
        crl = x509.load_der_x509_crl(published[f"/pki/{name}.crl"])
        assert crl.is_signature_valid(keys.require_strong(issuer.public_key()))


def test_what_is_published_is_read_again_only_when_it_changed(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    read_bytes = Path.read_bytes

    def noted(path: Path) -> bytes:
        reads.append(path.name)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", noted)
    first = [(authority.root_pem(), authority.published()) for _ in range(3)]
    assert first[0] == first[1] == first[2]
    assert sorted(reads) == ["crl.pem", "issuing.pem", "root.pem", "root.pem"]  # the root's in PEM and in DER
    reads.clear()
    list_now = authority.crl(1, [], NOW + DAY)
    issuing_now = authority.renew_issuing(NOW + DAY).certificate
    reads.clear()
    for _ in range(3):
        assert authority.published() == {
            **first[0][1],
            "/pki/issuing.crl": list_now.der,
            "/pki/issuing.cer": issuing_now.public_bytes(serialization.Encoding.DER),
        }
        assert authority.crls()["issuing"] == list_now
    assert sorted(reads) == ["crl.pem", "issuing.pem"]
    # A list that the operator put back is seen too; one that is gone is missed.
    authority.path("crl.pem").write_bytes(first[0][1]["/pki/issuing.crl"])
    assert authority.crls() == {}
    authority.path("crl.pem").unlink()
    with pytest.raises(OperatorError, match=r"crl\.pem is missing"):
        authority.published()


def test_the_acknowledgement_signer_signs_what_openssl_and_we_verify(authority: Authority, tmp_path: Path) -> None:
    der = authority.acknowledgement_signer().sign(b"UNB'", signing_time=NOW, received_sha256=bytes(32), received_octets=7)
    receipt = cms.verify(b"UNB'", der, roots=[authority.root], at=NOW)
    assert (receipt.received_sha256, receipt.received_octets) == (bytes(32), 7)
    (tmp_path / "a.p7s").write_bytes(der)
    (tmp_path / "a.edi").write_bytes(b"UNB'")
    files = ("-in", tmp_path / "a.p7s", "-content", tmp_path / "a.edi", "-CAfile", authority.path("root.pem"))
    openssl("cms", "-verify", "-binary", "-inform", "DER", *files, "-purpose", "any", "-attime", str(int(NOW.timestamp())))


def _public(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_a_renewal_has_a_new_key_and_is_in_use_at_once(authority: Authority) -> None:
    later = NOW + 300 * DAY
    renewals: dict[str, Callable[[], IssuedCertificate]] = {
        "hub-tls": lambda: authority.renew_hub_tls(("new.hub.example",), later),
        "acknowledgement": lambda: authority.renew_acknowledgement(later),
    }
    for name, renew in renewals.items():
        before = authority.path(f"{name}.pem").read_bytes()
        renewed = renew()
        assert authority.path(f"{name}.pem").read_bytes() == renewed.pem
        assert _public(renewed.pem) != _public(before)
        assert _verified(authority, authority.path(f"{name}.pem"), at=later) == ""
    assert _verified(authority, authority.path("hub-tls.pem"), "-verify_hostname", "new.hub.example", at=later) == ""
    assert authority.acknowledgement_signer().certificate == authority.own_certificates()[3].certificate
    assert set(_modes(authority.directory)) == PRIVATE | PUBLIC
    _reopened(authority).acknowledgement_signer()


def test_a_renewed_issuing_ca_keeps_its_leaves(authority: Authority, tmp_path: Path) -> None:
    issued, old = _issue(authority, tmp_path)
    later = NOW + 200 * DAY
    renewed = authority.renew_issuing(later)
    assert (renewed.profile, renewed.principal, renewed.certificate) == ("issuing", "", _reopened(authority).issuing)
    assert renewed.not_after > issued.not_after + 4 * 365 * DAY
    assert _verified(authority, old, at=later) == ""
    _, new = _issue(authority, tmp_path, now=later)
    assert _verified(authority, new, at=later) == ""


class _PowerCut(Exception):
    """The machine stops here."""


def _cut_after(verbs: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let ``verbs`` changes of names on disk happen and stop at the next one; the list fills with those that happened."""
    done: list[str] = []
    rename, unlink = Path.rename, Path.unlink

    def count(verb: str) -> None:
        if len(done) == verbs:
            raise _PowerCut
        done.append(verb)

    def counted_rename(self: Path, target: Path) -> Path:
        count(f"{self.name} -> {target.name}")
        return rename(self, target)

    def counted_unlink(self: Path, missing_ok: bool = False) -> None:
        if self.exists():
            count(f"{self.name} unlinked")
        unlink(self, missing_ok)

    monkeypatch.setattr(Path, "rename", counted_rename)
    monkeypatch.setattr(Path, "unlink", counted_unlink)
    return done


@pytest.mark.parametrize("name", ["hub-tls", "acknowledgement"])
def test_a_renewal_cut_short_anywhere_is_undone_or_finished(name: str, made: Path, tmp_path: Path) -> None:
    steps = [f".{name}.key.next.tmp -> {name}.key.next", f".{name}.pem.next.tmp -> {name}.pem.next"]
    steps += [f"{name}.key.next -> {name}.key", f"{name}.pem.next -> {name}.pem"]
    for verbs in range(len(steps) + 1):
        folder = tmp_path / str(verbs)
        authority = _copy(made, folder)
        before = authority.path(f"{name}.pem").read_bytes()
        with pytest.MonkeyPatch.context() as patch:
            done = _cut_after(verbs, patch)
            try:
                authority.renew_hub_tls(TLS_NAMES, NOW) if name == "hub-tls" else authority.renew_acknowledgement(NOW)
            except _PowerCut:
                pass
        assert done == steps[:verbs]
        again = _reopened(authority)
        after = again.path(f"{name}.pem").read_bytes()
        assert (after == before) is (verbs < 2)
        key = keys.decrypt_key(again.path(f"{name}.key").read_bytes(), PASSPHRASE, source=name)
        assert key.public_key() == x509.load_pem_x509_certificate(after).public_key()
        again.renew_hub_tls(TLS_NAMES, NOW)
        again.renew_acknowledgement(NOW)
        assert set(_modes(folder)) == PRIVATE | PUBLIC


def test_a_second_power_cut_during_the_repair_changes_nothing(authority: Authority) -> None:
    for verbs in range(3):
        with pytest.MonkeyPatch.context() as patch:
            _cut_after(2, patch)
            with pytest.raises(_PowerCut):
                authority.renew_hub_tls(TLS_NAMES, NOW)
        with pytest.MonkeyPatch.context() as patch:
            _cut_after(verbs, patch)
            try:
                _reopened(authority)
            except _PowerCut:
                pass
        again = _reopened(authority)
        key = keys.decrypt_key(again.path("hub-tls.key").read_bytes(), PASSPHRASE, source="hub-tls.key")
        assert key.public_key() == x509.load_pem_x509_certificate(again.path("hub-tls.pem").read_bytes()).public_key()
        assert set(_modes(authority.directory)) == PRIVATE | PUBLIC
