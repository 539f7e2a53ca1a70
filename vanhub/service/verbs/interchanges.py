"""Verbs on interchanges and their messages: find, show, trace, evidence."""

from __future__ import annotations

import base64
import tempfile
from typing import Any

from vanhub.service.core import Core
from vanhub.service.evidence import evidence_of
from vanhub.service.verbs import verb
from vanhub.service.verbs.shapes import plain
from vanhub.store import interchanges
from vanhub.values.records import InterchangeFilter, InterchangeRecord

_PIECE = 1 << 20
_IN_MEMORY = 8 << 20


@verb("message.find")
def find(core: Core, **terms: Any) -> list[dict[str, Any]]:
    """Interchanges that match every term (the fields of ``InterchangeFilter``), newest first."""
    return [_json(record) for record in core.store.look(interchanges.find_interchanges, InterchangeFilter(**terms))]


@verb("message.show")
def show(core: Core, *, id: str) -> dict[str, Any]:
    record = core.store.look(interchanges.get_interchange, id)
    answer = core.store.look(interchanges.get_acknowledgement, id)
    text = answer.contrl.decode("latin-1") if answer.contrl is not None else None
    return _json(record) | {"explanation": answer.explanation, "acknowledgement": text}


@verb("message.trace")
def trace(core: Core, *, id: str) -> dict[str, Any]:
    return core.store.look(interchanges.trace, id)


@verb("message.evidence")
def evidence(core: Core, *, id: str, offset: int, length: int) -> dict[str, Any]:
    """A piece of the evidence's ZIP in base64, and its whole size; it is the same at every asking until something more happens to the interchange."""
    record = core.store.look(interchanges.get_interchange, id)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(core.home.var)) as file:
        for piece in evidence_of(core, record):
            file.write(piece)
        size = file.tell()
        file.seek(offset)
        return {"octets": base64.b64encode(file.read(min(length, _PIECE))).decode(), "size": size}


def _json(record: InterchangeRecord) -> dict[str, Any]:
    return {name: value for name, value in plain(record).items() if name != "content"}
