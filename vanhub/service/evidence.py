"""The evidence of one interchange: a ZIP that its sender can verify with openssl and nothing of ours.

original.edi            the octets received
acknowledgement.edi     the CONTRL interchange, and acknowledgement.p7s, its signature
explanation.txt
ca.pem  issuing.pem     the root and the issuing CA;  crl.pem  their revocation lists
trace.json              what happened to it
READ.ME                 the commands that verify it
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from typing import IO

from vanhub.service.core import Core
from vanhub.service.octets import Octets
from vanhub.store import interchanges
from vanhub.values.records import InterchangeRecord

_READ_ME = """Evidence of interchange {id}

Received {received_at:%Y-%m-%dT%H:%M:%SZ}, {size} octets, verdict: {verdict}.

1. The acknowledgement is the hub's (use a ca.pem that you got on another way):
   openssl cms -verify -binary -inform DER -in acknowledgement.p7s -content acknowledgement.edi -CAfile ca.pem -out verified.edi
2. It answers this original: the signed attributes hold the original's SHA-256 and size.
   openssl cms -cmsout -print -noout -inform DER -in acknowledgement.p7s
   openssl dgst -sha256 original.edi
3. The signer was not revoked:
   openssl crl -in crl.pem -noout -text
"""


class _Sink:
    """A file that only grows: what was written since the last ``take``."""

    def __init__(self) -> None:
        self._written = bytearray()
        self._position = 0

    def write(self, data: bytes) -> int:
        self._written += data
        self._position += len(data)
        return len(data)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def take(self) -> bytes:
        taken, self._written = bytes(self._written), bytearray()
        return taken


def evidence_of(core: Core, record: InterchangeRecord) -> Iterator[bytes]:
    """The ZIP in pieces. Reading them blocks on the store.

    Raises:
        DamagedContent: the original is not what was received.
    """
    octets = Octets.of_original(core.store.content(), record.content, record.sha256)
    octets.require_undamaged()
    answer = core.store.look(interchanges.get_acknowledgement, record.id)
    trace = core.store.look(interchanges.trace, record.id)
    small = {
        "READ.ME": _READ_ME.format(id=record.id, received_at=record.received_at, size=record.size, verdict=record.verdict.value).encode(),
        "explanation.txt": answer.explanation.encode(),
        "trace.json": json.dumps(trace, ensure_ascii=False, indent=1).encode(),
        "ca.pem": core.authority.path("root.pem").read_bytes(),
        "issuing.pem": core.authority.path("issuing.pem").read_bytes(),
        "crl.pem": core.authority.path("crl.pem").read_bytes(),
    }
    if answer.contrl is not None and answer.signature is not None:
        small |= {"acknowledgement.edi": answer.contrl, "acknowledgement.p7s": answer.signature}
    return _zip(record, small, octets)


def _zip(record: InterchangeRecord, small: dict[str, bytes], octets: Octets) -> Iterator[bytes]:
    sink = _Sink()
    moment = record.received_at.timetuple()[:6]
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]  # it needs no more of a file than _Sink has
        for name, content in small.items():
            archive.writestr(zipfile.ZipInfo(name, moment), content, zipfile.ZIP_DEFLATED)
            yield sink.take()
        entry = zipfile.ZipInfo("original.edi", moment)
        entry.compress_type = zipfile.ZIP_DEFLATED
        target: IO[bytes]
        with archive.open(entry, "w", force_zip64=True) as target:
            for piece in octets.pieces():
                target.write(piece)
                yield sink.take()
    yield sink.take()
