"""Acknowledgements signed a second on one core.

One signature is what an acceptance pays for its proof: SHA-256 of a 2 KB interchange and of its acknowledgement, the signed attributes, ECDSA on P-256 and the
CMS around them. The bare ECDSA signature of the same library stands beside it.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench import Figure
from vanhub.pki import profiles, subjects
from vanhub.pki.cms import Signer
from vanhub.pki.issue import Issuer, issue_issuing, issue_leaf, issue_root
from vanhub.pki.keys import new_key

SECONDS = 2.0
ACKNOWLEDGEMENT = b"UNB+UNOC:3+HUB:ZZ+BROKER:ZZ+261121:0830+1'UNH+1+CONTRL:D:3:UN'UCI+7001+BROKER:ZZ+HUB:ZZ+7'UNT+3+1'UNZ+1+1'"
RECEIVED = bytes(2_000)
DOMAIN = "vanhub.example"


def per_second(work: Callable[[], object]) -> float:
    """How often ``work`` is done a second, over about ``SECONDS``."""
    started = time.perf_counter()
    done = 0
    while (elapsed := time.perf_counter() - started) < SECONDS:
        for _ in range(100):
            work()
        done += 100
    return done / elapsed


def make_signer(now: datetime) -> Signer:
    """An acknowledgement signer under a new CA in memory."""
    root_key, issuing_key, key = new_key(), new_key(), new_key()
    root = Issuer(issue_root(root_key, domain=DOMAIN, now=now, entropy=os.urandom), root_key)
    issuing = Issuer(issue_issuing(issuing_key.public_key(), root=root, domain=DOMAIN, now=now, entropy=os.urandom), issuing_key)
    subject = subjects.acknowledgement_subject(DOMAIN)
    certificate = issue_leaf(profiles.ACKNOWLEDGEMENT_SIGNER, subject, key.public_key(), issuer=issuing, now=now, entropy=os.urandom, domain=DOMAIN)
    return Signer(key, certificate, [issuing.certificate])


def measure() -> Iterator[Figure]:
    now = datetime.now(UTC)
    signer = make_signer(now)
    key, algorithm = new_key(), ec.ECDSA(hashes.SHA256())

    def sign() -> bytes:
        return signer.sign(ACKNOWLEDGEMENT, signing_time=now, received_sha256=hashlib.sha256(RECEIVED).digest(), received_octets=len(RECEIVED))

    yield Figure("acknowledgements signed", per_second(sign), "/s", goal=3_000, detail=f"{len(sign()):,} octets of CMS each")
    yield Figure("bare ECDSA signatures", per_second(lambda: key.sign(ACKNOWLEDGEMENT, algorithm)), "/s", detail="P-256, same library")
