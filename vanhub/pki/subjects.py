"""Whom a certificate names. Names come from the hub's settings and the principal's record, never from an applicant.

A principal is named three times: its id as common name, ``https://DOMAIN/principals/ID`` as SAN URI, and ``ID.KIND.DOMAIN`` as SAN DNS name. Names have dots and
URIs are https, because strict checkers take neither ``localhost``-like names nor URNs; there are no wildcards.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID

from vanhub.errors import OperatorError
from vanhub.pki.profiles import Profile

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
_COMMON_NAME_MOST = 64  # RFC 5280, appendix A: ub-common-name and ub-organization-name


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject's names: common name and organization, and what goes into the subject alternative name."""

    common_name: str
    organization: str = ""
    dns_names: tuple[str, ...] = ()
    addresses: tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, ...] = ()
    uris: tuple[str, ...] = ()

    def name(self) -> x509.Name:
        """The distinguished name; parts longer than RFC 5280's 64 characters are cut (the id, which identifies, never is)."""
        attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.organization[:_COMMON_NAME_MOST])] if self.organization else []
        return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, self.common_name[:_COMMON_NAME_MOST])])

    def alternative_names(self) -> x509.SubjectAlternativeName | None:
        names: list[x509.GeneralName] = [x509.DNSName(name) for name in self.dns_names]
        names += [x509.IPAddress(address) for address in self.addresses]
        names += [x509.UniformResourceIdentifier(uri) for uri in self.uris]
        return x509.SubjectAlternativeName(names) if names else None


def principal_subject(profile: Profile, id: str, organization: str, domain: str) -> Subject:
    """The principal ``id`` of the kind that ``profile`` is for; ``organization`` is its name in its record."""
    domain = require_domain(domain)
    return Subject(
        common_name=id,
        organization=organization.strip(),
        dns_names=(require_dns_name(f"{id}.{profile.name}.{domain}"),),
        uris=(f"https://{domain}/principals/{id}",),
    )


def hub_subject(tls_names: Sequence[str], domain: str) -> Subject:
    """The hub's listeners under ``tls_names``: DNS names and IP addresses, at least one.

    Raises:
        OperatorError: none given, a wildcard, or neither a DNS name nor an address.
    """
    dns_names: list[str] = []
    addresses: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = []
    for name in tls_names:
        try:
            addresses.append(ipaddress.ip_address(name))
        except ValueError:
            dns_names.append(require_dns_name(name))
    if not dns_names and not addresses:
        raise OperatorError("the hub's TLS certificate needs at least one DNS name or IP address: set the TLS names in hub.toml")
    domain = require_domain(domain)
    return Subject(domain, domain, tuple(dict.fromkeys(dns_names)), tuple(dict.fromkeys(addresses)))


def acknowledgement_subject(domain: str) -> Subject:
    """The hub as the signer of its acknowledgements."""
    domain = require_domain(domain)
    return Subject(f"{domain[:40]} acknowledgements", domain)


def authority_subject(kind: str, key_id: bytes, domain: str) -> Subject:
    """The ``kind`` (``"root"``, ``"issuing"``) CA of ``domain``.

    The first octets of its key identifier stand in the name, so that two CAs never have one name and a verifier never picks the wrong one.
    The organization is the hub's domain: ``domain_of`` reads it back.
    """
    domain = require_domain(domain)
    return Subject(f"{domain[:40]} {kind} CA {key_id[:4].hex()}", domain)


def common_name(certificate: x509.Certificate) -> str:
    """Whose certificate it is: a principal's id; ``""`` where it names nobody."""
    return "".join(str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME))


def domain_of(certificate: x509.Certificate) -> str:
    """The hub's domain, from the certificate of one of its CAs.

    Raises:
        OperatorError: it is not one of ours.
    """
    names = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    if len(names) != 1:
        raise OperatorError(f"{certificate.subject.rfc4514_string()!r} is no CA of a hub: its organization names no domain")
    return require_domain(str(names[0].value))


def require_domain(domain: str) -> str:
    """``domain`` in lower case, if it is a DNS name with a dot, of at most 64 characters (it is the organization in the CA's certificates).

    Raises:
        OperatorError: otherwise.
    """
    if "." not in domain or len(domain) > _COMMON_NAME_MOST:
        raise OperatorError(f"{domain!r} cannot be the hub's domain: use a DNS name with a dot, at most {_COMMON_NAME_MOST} characters")
    return require_dns_name(domain)


def require_dns_name(name: str) -> str:
    """``name`` in lower case, if it is a DNS name of letters, digits, hyphens and dots; no wildcard.

    Raises:
        OperatorError: otherwise.
    """
    lower = name.lower()
    if len(lower) > 253 or not all(_LABEL.match(label) for label in lower.split(".")):
        raise OperatorError(f"{name[:80]!r} is no DNS name: use letters, digits, hyphens and dots; wildcards are not certified")
    return lower
