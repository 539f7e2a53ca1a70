from __future__ import annotations

import ipaddress

import pytest
from cryptography import x509

from tests.pki.judges import Ca
from vanhub.errors import OperatorError
from vanhub.pki import profiles, subjects
from vanhub.pki.subjects import Subject


def test_a_principal_is_named_three_times() -> None:
    assert subjects.principal_subject(profiles.PARTNER, "yantai-broker", " Yantai Customs Broker Co., Ltd. ", "Hub.Example") == Subject(
        common_name="yantai-broker",
        organization="Yantai Customs Broker Co., Ltd.",
        dns_names=("yantai-broker.partner.hub.example",),
        uris=("https://hub.example/principals/yantai-broker",),
    )


def test_names_longer_than_the_standard_allows_are_cut_and_the_chinese_stay_whole_characters() -> None:
    name = subjects.principal_subject(profiles.AGENCY, "a", "海" * 65, "hub.example").name()
    assert name.rfc4514_string() == "CN=a,O=" + "海" * 64


def test_the_longest_id_fits_everywhere() -> None:
    id = "a" * 40
    subject = subjects.principal_subject(profiles.OPERATOR, id, "", "hub.example")
    assert subject.name().rfc4514_string() == f"CN={id}"
    assert subject.dns_names == (f"{id}.operator.hub.example",)


def test_the_hub_has_names_and_addresses_each_once() -> None:
    assert subjects.hub_subject(["EDI.hub.example", "127.0.0.1", "::1", "localhost", "127.0.0.1", "edi.hub.example"], "hub.example") == Subject(
        common_name="hub.example",
        organization="hub.example",
        dns_names=("edi.hub.example", "localhost"),
        addresses=(ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")),
    )


@pytest.mark.parametrize(
    "name", ["*.hub.example", "", "a..b", "-a.example", "a-.example", "a b", "a" * 64 + ".example", "例.example", "a.example.", "x." * 127]
)
def test_what_is_no_dns_name_is_not_certified(name: str) -> None:
    with pytest.raises(OperatorError, match="is no DNS name"):
        subjects.hub_subject([name], "hub.example")


def test_a_hub_without_a_name_has_no_certificate() -> None:
    with pytest.raises(OperatorError, match="at least one DNS name or IP address"):
        subjects.hub_subject([], "hub.example")


@pytest.mark.parametrize("domain", ["localhost", "a." + "b" * 63, "hub example.com", "*.example"])
def test_a_domain_has_a_dot_and_fits_into_a_certificate(domain: str) -> None:
    with pytest.raises(OperatorError):
        subjects.require_domain(domain)


def test_no_names_no_extension() -> None:
    assert Subject("a").alternative_names() is None
    assert Subject("a", dns_names=("a.example",), uris=("https://a.example/",)).alternative_names() == x509.SubjectAlternativeName(
        [x509.DNSName("a.example"), x509.UniformResourceIdentifier("https://a.example/")]
    )


def test_the_domain_is_read_back_from_a_ca_and_from_nothing_else() -> None:
    ca = Ca.make(domain="hub.example")
    assert subjects.domain_of(ca.root.certificate) == subjects.domain_of(ca.issuing.certificate) == "hub.example"
    with pytest.raises(OperatorError, match="'CN=someone' is no CA of a hub: its organization names no domain"):
        subjects.domain_of(ca.leaf(profiles.PARTNER, Subject("someone")))
