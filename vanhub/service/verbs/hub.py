"""Verbs on the hub itself: status, doctor, reload."""

from __future__ import annotations

from typing import Any

from vanhub import __version__
from vanhub.errors import HubError
from vanhub.service.core import Core
from vanhub.service.octets import Octets
from vanhub.service.verbs import verb
from vanhub.store import alerts, doctor, interchanges
from vanhub.values.records import InterchangeFilter

_PAGE = 500


@verb("hub.status")
def status(core: Core) -> dict[str, Any]:
    """Whether it runs, where it listens, who is connected, what is in the store."""
    return {
        "version": __version__,
        "home": str(core.home.path),
        "address": str(core.address),
        **core.live(),
        "store": core.store.look(doctor.counts),
        "writer": core.store.statistics(),
        "alerts": len(core.store.look(alerts.list_alerts)),
    }


@verb("hub.reload")
def reload(core: Core) -> dict[str, Any]:
    """Read mailboxes/*.toml, the home's directories, guides and code lists, and the TLS files again; open sessions stay."""
    core.reload()
    return {"agencies": sorted(id for id in core.registry.mailboxes if core.registry.is_agency(id))}


@verb("hub.doctor")
def examine(core: Core, *, content: bool = True) -> dict[str, Any]:
    """Prove conservation: every accepted message is in a delivery, every state is consistent, and (``content``) all octets are what was received."""
    findings = core.store.look(doctor.conservation)
    read = 0
    if content:
        after = ""
        while page := core.store.look(interchanges.find_interchanges, InterchangeFilter(limit=_PAGE, after=after)):
            for record in page:
                try:
                    Octets.of_original(core.store.content(), record.content, record.sha256).require_undamaged()
                except HubError as error:
                    findings.append(f"content-damaged: interchange {record.id}: {error}")
            read += len(page)
            after = page[-1].id
    for name, crl in core.authority.crls().items():
        if crl.next_update <= core.clock():
            findings.append(f"crl-over: the {name} CA's CRL ended on {crl.next_update:%Y-%m-%d}: vanhub ca crl{' --root' if name == 'root' else ''}")
    return {"healthy": not findings, "findings": findings, "interchanges_read": read, "store": core.store.look(doctor.counts)}
