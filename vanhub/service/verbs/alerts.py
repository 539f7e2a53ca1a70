"""Verbs on alerts: what operators must see."""

from __future__ import annotations

from typing import Any

from vanhub.service.core import Core
from vanhub.service.verbs import verb
from vanhub.service.verbs.shapes import plain
from vanhub.store import alerts


@verb("alerts.list")
def list_(core: Core, *, cleared: bool = False) -> list[dict[str, Any]]:
    """Open alerts (with ``cleared`` those too that were), newest first, each with the command that cures it."""
    return [plain(alert) for alert in core.store.look(alerts.list_alerts, cleared=cleared)]


@verb("alerts.clear", writes=True)
def clear(core: Core, actor: str, *, number: int) -> dict[str, Any]:
    return dict(plain(core.store.call(alerts.clear_number, number, now=core.clock(), actor=actor)))
