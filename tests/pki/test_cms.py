from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms as asn1_cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pki.judges import DOMAIN, NOW, Ca, openssl, pem, run
from vanhub.errors import OperatorError, Untrusted
from vanhub.pki import cms, der, profiles, subjects
from vanhub.pki.chain import certificate_id
from vanhub.pki.cms import SignedReceipt, Signer
from vanhub.pki.keys import PrivateKey, new_key, plain_key

CONTRL = b"UNB+UNOC:3+HUB:ZZ+BROKER:ZZ+261121:0830+1'UNH+1+CONTRL:D:3:UN'UCI+7001+BROKER:ZZ+HUB:ZZ+7'UNT+3+1'UNZ+1+1'"
RECEIVED = b"UNB+UNOC:3+BROKER:ZZ+HUB:ZZ+261121:0829+7001'...UNZ+1+7001'"
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Hub:
    """A hub's CA and its acknowledgement signer."""

    ca: Ca
    signer: Signer
    key: PrivateKey

    @classmethod
    def make(cls, ca: Ca) -> Hub:
        certificate, key = ca.leaf_and_key(profiles.ACKNOWLEDGEMENT_SIGNER, subjects.acknowledgement_subject(DOMAIN))
        return cls(ca, Signer(key, certificate, [ca.issuing.certificate]), key)

    @property
    def roots(self) -> list[x509.Certificate]:
        return [self.ca.root.certificate]

    def sign(self, data: bytes = CONTRL, received: bytes = RECEIVED, at: datetime = NOW) -> bytes:
        return self.signer.sign(data, signing_time=at, received_sha256=hashlib.sha256(received).digest(), received_octets=len(received))

    def openssl(self, folder: Path, data: bytes, p7s: bytes, *options: str) -> bool:
        """Whether ``openssl cms -verify`` accepts the signature."""
        for name, content in (("a.edi", data), ("a.p7s", p7s), ("root.pem", pem(self.ca.root.certificate))):
            (folder / name).write_bytes(content)
        files: tuple[str | Path, ...] = ("-in", folder / "a.p7s", "-content", folder / "a.edi", "-CAfile", folder / "root.pem", "-out", folder / "out.edi")
        done = run("openssl", "cms", "-verify", "-binary", "-inform", "DER", *files, "-attime", str(int(self.ca.made_at.timestamp())), *options)
        assert done.returncode in {0, 4}, done.stderr.decode()
        assert done.returncode or (folder / "out.edi").read_bytes() == data
        return done.returncode == 0


@pytest.fixture(scope="module")
def hub(ca: Ca) -> Hub:
    return Hub.make(ca)


def _refusal(hub: Hub, data: bytes, p7s: bytes, **how: object) -> str:
    arguments: dict[str, object] = {"roots": hub.roots, "at": NOW} | how
    with pytest.raises(Untrusted) as error:
        cms.verify(data, p7s, **arguments)  # type: ignore[arg-type]
    return str(error.value)


@pytest.mark.parametrize("options", [("-purpose", "any"), (), ("-x509_strict",)], ids=["any purpose", "S/MIME", "strict"])
def test_openssl_accepts_what_the_hub_signs_and_finds_a_swap(options: tuple[str, ...], hub: Hub, tmp_path: Path) -> None:
    p7s = hub.sign()
    assert hub.openssl(tmp_path, CONTRL, p7s, *options)
    assert not hub.openssl(tmp_path, CONTRL.replace(b"+7'", b"+4'"), p7s, *options)


def test_the_signature_tells_which_interchange_was_received(hub: Hub) -> None:
    assert cms.verify(CONTRL, hub.sign(), roots=hub.roots, at=NOW) == SignedReceipt(
        certificate=hub.signer.certificate,
        signing_time=NOW.replace(microsecond=0),
        received_sha256=hashlib.sha256(RECEIVED).digest(),
        received_octets=len(RECEIVED),
    )


def test_a_swapped_original_is_found(hub: Hub) -> None:
    receipt = cms.verify(CONTRL, hub.sign(), roots=hub.roots, at=NOW)
    swapped = RECEIVED.replace(b"BROKER", b"TRADER")
    assert receipt.received_octets == len(swapped)
    assert receipt.received_sha256 != hashlib.sha256(swapped).digest()


def test_openssl_prints_the_attributes_by_the_documented_names(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "a.p7s").write_bytes(hub.sign())
    lines = [line.strip() for line in openssl("cms", "-cmsout", "-print", "-inform", "DER", "-in", tmp_path / "a.p7s").splitlines()]
    attributes = lines[lines.index("signedAttrs:") : lines.index("unsignedAttrs:")]
    objects = [line.removeprefix("object: ") for line in attributes if line.startswith("object: ")]
    assert sorted(objects) == [
        "contentType (1.2.840.113549.1.9.3)",
        "id-smime-aa-signingCertificateV2 (1.2.840.113549.1.9.16.2.47)",
        "messageDigest (1.2.840.113549.1.9.4)",
        "signingTime (1.2.840.113549.1.9.5)",
        "undefined (2.25.173051187382396220313003056076332026666.1)",
        "undefined (2.25.173051187382396220313003056076332026666.2)",
    ]
    assert f"INTEGER:{len(RECEIVED)}" in attributes
    assert "UTCTIME:Nov 21 08:30:15 2026 GMT" in attributes


def test_the_attributes_are_der_as_another_encoder_writes_them(hub: Hub) -> None:
    info = asn1_cms.ContentInfo.load(hub.sign(), strict=True)
    before = info.dump()
    assert info.dump(force=True) == before
    attributes = [attribute.dump() for attribute in info["content"]["signer_infos"][0]["signed_attrs"]]
    assert attributes == sorted(attributes)
    certificates = [certificate.chosen.dump() for certificate in info["content"]["certificates"]]
    assert certificates == sorted(certificates)


@given(data=st.binary(max_size=2_000), received=st.binary(max_size=2_000), seconds=st.integers(0, 700 * 86_400))
@settings(max_examples=60, deadline=None)
def test_what_is_signed_verifies_and_says_what_was_received(hub: Hub, data: bytes, received: bytes, seconds: int) -> None:
    at = NOW.replace(microsecond=0) + timedelta(seconds=seconds)
    receipt = cms.verify(data, hub.sign(data, received, at), roots=hub.roots, at=at)
    assert receipt == SignedReceipt(hub.signer.certificate, at, hashlib.sha256(received).digest(), len(received))


_PLACES = st.floats(0, 1, exclude_max=True)


@given(place=_PLACES, change=st.integers(1, 255))
@settings(max_examples=200, deadline=None)
def test_a_signature_with_one_octet_changed_says_nothing_else(hub: Hub, place: float, change: int) -> None:
    p7s = bytearray(hub.sign())
    p7s[int(place * len(p7s))] ^= change
    try:
        receipt = cms.verify(CONTRL, bytes(p7s), roots=hub.roots, at=NOW)
    except Untrusted:
        return
    # Some octets are not signed (versions, certificates besides the signer's): they may change, what is said may not.
    assert receipt == SignedReceipt(hub.signer.certificate, NOW.replace(microsecond=0), hashlib.sha256(RECEIVED).digest(), len(RECEIVED))


@given(data=st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_any_octets_are_refused_politely(hub: Hub, data: bytes) -> None:
    _refusal(hub, CONTRL, data)


@given(place=_PLACES, pieces=st.integers(1, 40))
@settings(max_examples=100, deadline=None)
def test_a_signature_that_lacks_octets_is_refused(hub: Hub, place: float, pieces: int) -> None:
    p7s = hub.sign()
    cut = int(place * len(p7s))
    _refusal(hub, CONTRL, p7s[:cut] + p7s[cut + pieces :])


def test_the_acknowledgement_must_be_the_one_signed(hub: Hub) -> None:
    assert _refusal(hub, CONTRL + b"\n", hub.sign()) == "the acknowledgement is not the one that was signed: its SHA-256 differs"


def test_an_attribute_that_was_altered_is_found(hub: Hub) -> None:
    altered = hub.sign().replace(hashlib.sha256(RECEIVED).digest(), hashlib.sha256(b"another").digest())
    assert _refusal(hub, CONTRL, altered) == "the signature is wrong: its attributes were altered, or another key made it"


def test_octets_after_the_signature_are_refused(hub: Hub) -> None:
    assert _refusal(hub, CONTRL, hub.sign() + b"\0") == "this is no CMS signature in DER, or a damaged one"
    assert _refusal(hub, CONTRL, bytes(65_537)) == "the signature has 65537 octets, more than 65536"


def test_the_hub_of_another_ca_is_not_this_one(hub: Hub) -> None:
    other = Hub.make(Ca.make())
    assert _refusal(hub, CONTRL, other.sign()).startswith("the certificate does not chain to the hub's root")


def test_a_partner_does_not_sign_for_the_hub_though_openssl_with_any_purpose_says_so(ca: Ca, tmp_path: Path) -> None:
    certificate, key = ca.leaf_and_key(profiles.PARTNER, subjects.principal_subject(profiles.PARTNER, "broker", "", DOMAIN))
    forger = Hub(ca, Signer(key, certificate, [ca.issuing.certificate]), key)
    p7s = forger.sign()
    assert _refusal(forger, CONTRL, p7s) == "the certificate is not for signing acknowledgements"
    assert forger.openssl(tmp_path, CONTRL, p7s, "-purpose", "any")
    assert not forger.openssl(tmp_path, CONTRL, p7s)


def test_the_signers_certificate_must_be_good_at_the_time_asked_for(hub: Hub) -> None:
    p7s, certificate = hub.sign(), hub.signer.certificate
    assert cms.verify(CONTRL, p7s, roots=hub.roots, at=certificate.not_valid_after_utc)
    assert _refusal(hub, CONTRL, p7s, at=certificate.not_valid_after_utc + SECOND) == "the certificate expired at 2028-11-20T07:30:14Z"
    assert _refusal(hub, CONTRL, p7s, at=certificate.not_valid_before_utc - SECOND) == "the certificate is not valid before 2026-11-21T07:30:15Z"
    assert _refusal(hub, CONTRL, p7s, revoked={certificate_id(certificate)}) == "the certificate is revoked"


def test_a_signing_time_outside_the_certificates_is_refused(hub: Hub) -> None:
    p7s = hub.sign(at=NOW - timedelta(days=1))
    assert _refusal(hub, CONTRL, p7s) == "the signing time 2026-11-20T08:30:15Z lies outside the signer certificate's validity"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("-binary",), "the signature lacks the signed attribute 2.25.173051187382396220313003056076332026666.1"),
        (("-binary", "-nodetach"), "the signature is not detached"),
        (("-binary", "-noattr"), "the signature lacks the signed attribute 2.25.173051187382396220313003056076332026666.1"),
        (("-binary", "-keyid"), "the signer is not named by issuer and serial number"),
    ],
    ids=["no attributes of ours", "not detached", "no signed attributes", "key identifier"],
)
def test_signatures_that_openssl_makes_with_the_hubs_key_lack_something(options: tuple[str, ...], text: str, hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "a.key").write_bytes(plain_key(hub.key))
    (tmp_path / "a.pem").write_bytes(pem(hub.signer.certificate))
    (tmp_path / "a.edi").write_bytes(CONTRL)
    names = ("-signer", tmp_path / "a.pem", "-inkey", tmp_path / "a.key", "-in", tmp_path / "a.edi", "-outform", "DER", "-out", tmp_path / "a.p7s")
    openssl("cms", "-sign", *names, *options)
    assert _refusal(hub, CONTRL, (tmp_path / "a.p7s").read_bytes()) == text


OCTETS, DIGEST = der.tlv(der.OCTET_STRING, bytes(32)), der.tlv(der.OCTET_STRING, hashlib.sha256(CONTRL).digest())
DATA = "1.2.840.113549.1.7.1"
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = (f"1.2.840.113549.1.9.{number}" for number in (3, 4, 5))
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47"


def _forged(hub: Hub, changed: dict[str, list[bytes]], digest_algorithm: str = "2.16.840.1.101.3.4.2.1", certificate: x509.Certificate | None = None) -> bytes:
    """A signature with the hub's key over attributes whose values are ``changed``, whatever they mean."""
    certificate = certificate or hub.signer.certificate
    certificate_id = der.tlv(der.SEQUENCE, der.tlv(der.OCTET_STRING, certificate.fingerprint(hashes.SHA256())))
    values = {
        CONTENT_TYPE: [der.object_identifier(DATA)],
        MESSAGE_DIGEST: [DIGEST],
        SIGNING_TIME: [der.tlv(der.UTC_TIME, b"261121083015Z")],
        SIGNING_CERTIFICATE: [der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, certificate_id))],
        cms.RECEIVED_SHA256: [OCTETS],
        cms.RECEIVED_OCTETS: [der.integer(7)],
    } | changed
    attributes = [der.tlv(der.SEQUENCE, der.object_identifier(kind), der.set_of(der.SET, found)) for kind, found in values.items()]
    assert isinstance(hub.key, ec.EllipticCurvePrivateKey)
    signature = hub.key.sign(der.set_of(der.SET, attributes), ec.ECDSA(hashes.SHA256()))
    algorithm = der.tlv(der.SEQUENCE, der.object_identifier(digest_algorithm))
    info = (
        der.integer(1),
        der.tlv(der.SEQUENCE, certificate.issuer.public_bytes(), der.integer(certificate.serial_number)),
        algorithm,
        der.set_of(0xA0, attributes),
        der.tlv(der.SEQUENCE, der.object_identifier("1.2.840.10045.4.3.2")),
        der.tlv(der.OCTET_STRING, signature),
    )
    certificates = [link.public_bytes(serialization.Encoding.DER) for link in (certificate, hub.ca.issuing.certificate)]
    content = der.tlv(der.SEQUENCE, der.object_identifier(DATA))
    parts = (der.integer(1), der.tlv(der.SET, algorithm), content, der.set_of(0xA0, certificates), der.tlv(der.SET, der.tlv(der.SEQUENCE, *info)))
    return der.tlv(der.SEQUENCE, der.object_identifier("1.2.840.113549.1.7.2"), der.tlv(0xA0, der.tlv(der.SEQUENCE, *parts)))


def test_the_hand_made_signature_is_good_unless_something_is_changed(hub: Hub, tmp_path: Path) -> None:
    receipt = cms.verify(CONTRL, _forged(hub, {}), roots=hub.roots, at=NOW)
    assert receipt == SignedReceipt(hub.signer.certificate, NOW.replace(microsecond=0), bytes(32), 7)
    assert hub.openssl(tmp_path, CONTRL, _forged(hub, {}))


@pytest.mark.parametrize(
    ("kind", "values", "text"),
    [
        (CONTENT_TYPE, [der.object_identifier("1.2.840.113549.1.7.2")], "the signature is over content of another type"),
        (MESSAGE_DIGEST, [OCTETS], "the acknowledgement is not the one that was signed: its SHA-256 differs"),
        (MESSAGE_DIGEST, [OCTETS, DIGEST], "the signed attribute 1.2.840.113549.1.9.4 has not exactly one value"),
        (SIGNING_TIME, [], "the signed attribute 1.2.840.113549.1.9.5 has not exactly one value"),
        (SIGNING_TIME, [der.tlv(der.GENERALIZED_TIME, b"20261121083015")], "this is no CMS signature in DER, or a damaged one"),
        (SIGNING_CERTIFICATE, [der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE))], "this is no CMS signature in DER, or a damaged one"),
        (
            SIGNING_CERTIFICATE,
            [der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, OCTETS)))],
            "the signature names another certificate than the one that came with it",
        ),
        (cms.RECEIVED_SHA256, [der.tlv(der.OCTET_STRING, bytes(31))], "the signed attributes about the interchange received are malformed"),
        (cms.RECEIVED_SHA256, [der.integer(7)], "this is no CMS signature in DER, or a damaged one"),
        (cms.RECEIVED_OCTETS, [b"\x02\x01\xff"], "the signed attributes about the interchange received are malformed"),
    ],
)
def test_attributes_that_are_signed_and_wrong_are_named(kind: str, values: list[bytes], text: str, hub: Hub) -> None:
    assert _refusal(hub, CONTRL, _forged(hub, {kind: values})) == text


def test_an_attribute_that_stands_twice_is_refused(hub: Hub) -> None:
    twice = _forged(hub, {f"{cms.RECEIVED_OCTETS[:-1]}3": [der.integer(8)]})
    renamed = twice.replace(der.object_identifier(f"{cms.RECEIVED_OCTETS[:-1]}3"), der.object_identifier(cms.RECEIVED_OCTETS))
    assert _refusal(hub, CONTRL, renamed) == "a signed attribute stands twice"


def test_further_signed_attributes_do_not_disturb(hub: Hub) -> None:
    assert cms.verify(CONTRL, _forged(hub, {"2.25.1": [der.integer(1)]}), roots=hub.roots, at=NOW).received_octets == 7


def test_another_digest_algorithm_is_refused(hub: Hub) -> None:
    refusal = _refusal(hub, CONTRL, _forged(hub, {}, digest_algorithm="2.16.840.1.101.3.4.2.3"))
    assert refusal == "the signature's algorithms are not those of a hub: sha512, sha256_ecdsa"


def test_a_signers_key_of_another_kind_is_refused(hub: Hub) -> None:
    key = rsa.RSAPublicNumbers(65537, (1 << 3071) + 1).public_key()
    certificate = hub.ca.leaf(profiles.ACKNOWLEDGEMENT_SIGNER, subjects.acknowledgement_subject(DOMAIN), key)
    assert _refusal(hub, CONTRL, _forged(hub, {}, certificate=certificate)) == "the signer's key is not one of a hub: it is not on an elliptic curve"


def test_two_signatures_are_one_too_many(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "a.key").write_bytes(plain_key(hub.key))
    (tmp_path / "a.pem").write_bytes(pem(hub.signer.certificate))
    (tmp_path / "a.p7s").write_bytes(hub.sign())
    (tmp_path / "a.edi").write_bytes(CONTRL)
    names = ("-signer", tmp_path / "a.pem", "-inkey", tmp_path / "a.key", "-in", tmp_path / "a.p7s", "-inform", "DER", "-outform", "DER")
    openssl("cms", "-resign", "-binary", "-nocerts", *names, "-out", tmp_path / "b.p7s")
    assert _refusal(hub, CONTRL, (tmp_path / "b.p7s").read_bytes()) == "there is not exactly one signature"


def test_openssl_verifies_the_signed_attributes_that_were_taken_out(hub: Hub, tmp_path: Path) -> None:
    """The way that docs/acknowledgement.md shows to a reader who trusts no program of ours."""
    info = asn1_cms.ContentInfo.load(hub.sign())["content"]["signer_infos"][0]
    (tmp_path / "attributes.der").write_bytes(b"\x31" + info["signed_attrs"].dump()[1:])
    (tmp_path / "signature.der").write_bytes(info["signature"].native)
    (tmp_path / "public.pem").write_text(openssl("x509", "-noout", "-pubkey", input=pem(hub.signer.certificate)))
    verdict = openssl("dgst", "-sha256", "-verify", tmp_path / "public.pem", "-signature", tmp_path / "signature.der", tmp_path / "attributes.der")
    assert verdict == "Verified OK\n"


def test_a_signing_time_after_2049_is_written_the_other_way(tmp_path: Path) -> None:
    late = Hub.make(Ca.make(datetime(2049, 6, 1, tzinfo=UTC)))
    for at, kind in (
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x17\x0d491231235959Z"),
        (datetime(2050, 1, 1, tzinfo=UTC), b"\x18\x0f20500101000000Z"),
    ):
        p7s = late.sign(at=at)
        assert kind in p7s
        assert cms.verify(CONTRL, p7s, roots=late.roots, at=at).signing_time == at
        assert late.openssl(tmp_path, CONTRL, p7s)


def test_times_of_other_zones_are_signed_in_utc(hub: Hub) -> None:
    beijing = NOW.astimezone(tz=datetime.strptime("+0800", "%z").tzinfo)
    assert cms.verify(CONTRL, hub.sign(at=beijing), roots=hub.roots, at=NOW).signing_time == NOW.replace(microsecond=0)


def test_a_signer_has_the_key_of_its_certificate_on_p_256(hub: Hub) -> None:
    with pytest.raises(OperatorError, match="the acknowledgement key does not belong to the acknowledgement certificate"):
        Signer(new_key(), hub.signer.certificate, [])
    with pytest.raises(OperatorError, match="acknowledgements are signed with a key on P-256"):
        Signer(ec.generate_private_key(ec.SECP384R1()), hub.signer.certificate, [])


@pytest.mark.parametrize(("digest", "octets"), [(b"short", 5), (bytes(32), -1)])
def test_what_is_no_digest_or_size_is_not_signed(digest: bytes, octets: int, hub: Hub) -> None:
    with pytest.raises(ValueError, match="SHA-256 of 32 octets and a size"):
        hub.signer.sign(CONTRL, signing_time=NOW, received_sha256=digest, received_octets=octets)
