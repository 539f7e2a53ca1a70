"""Everybody whom the hub knows, as one immutable snapshot: principals, their addresses and credentials, their mailboxes.

The service builds a new snapshot whenever principals, credentials or mailboxes change; a decision uses one snapshot from start to end.
Nothing but lookups happens here. Addresses are compared whole: ``GACC`` and ``GACC:ZZZ`` are two addresses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from vanhub.values.mailbox import CopyRule, Mailbox, RouteRule
from vanhub.values.principal import Address, Credential, CredentialKind, Principal, PrincipalKind


class Registry:
    """The snapshot. ``version`` is the store's count of changes that it was read at.

    ``mailboxes`` are the definitions of the agencies; every other principal that has an address gets ``Mailbox.of_partner``. A mailbox whose
    principal is not there (not yet entered in the store) is left out.
    """

    def __init__(
        self, principals: Iterable[Principal] = (), credentials: Iterable[Credential] = (), mailboxes: Iterable[Mailbox] = (), *, version: int = 0
    ) -> None:
        self.version = version
        self.principals: Mapping[str, Principal] = MappingProxyType({principal.id: principal for principal in principals})
        self._owners: dict[Address, Principal] = {}
        self._carriers: defaultdict[Address, list[Principal]] = defaultdict(list)
        for principal in self.principals.values():
            self._owners |= dict.fromkeys(principal.addresses, principal)
            for address in principal.carries:
                self._carriers[address].append(principal)
        # Those not revoked come first: of a fingerprint that was revoked and entered again, the credential that is still good is found.
        self._credentials: dict[tuple[CredentialKind, str], Credential] = {}
        self._credentials_by_id = {credential.id: credential for credential in credentials}
        self._credentials_of: defaultdict[tuple[str, CredentialKind], list[Credential]] = defaultdict(list)
        for credential in sorted(credentials, key=lambda credential: credential.revoked_at is not None):
            self._credentials.setdefault((credential.kind, credential.fingerprint), credential)
            self._credentials_of[credential.principal, credential.kind].append(credential)
        defined = {mailbox.id: mailbox for mailbox in mailboxes if mailbox.id in self.principals}
        self.mailboxes: Mapping[str, Mailbox] = MappingProxyType(
            {
                id: defined.get(id) or Mailbox.of_partner(principal)
                for id, principal in self.principals.items()
                if id in defined or principal.addresses or principal.carries
            }
        )
        self._routes: defaultdict[str, list[tuple[RouteRule, Mailbox]]] = defaultdict(list)
        self._copies: defaultdict[str, list[tuple[CopyRule, Mailbox]]] = defaultdict(list)
        for mailbox in defined.values():
            for route in mailbox.routes:
                for type in route.selection.types:
                    self._routes[type].append((route, mailbox))
            for copy in mailbox.copies:
                for type in copy.selection.types:
                    self._copies[type].append((copy, mailbox))
        for routes in self._routes.values():
            routes.sort(key=lambda entry: entry[0].selection.rank, reverse=True)

    def principal(self, id: str) -> Principal | None:
        return self.principals.get(id)

    def mailbox(self, id: str) -> Mailbox | None:
        """The mailbox of the principal ``id``; None for one without any address, such as an operator."""
        return self.mailboxes.get(id)

    def owner(self, address: Address) -> Principal | None:
        """Whose own address it is."""
        return self._owners.get(address)

    def carriers(self, address: Address) -> tuple[Principal, ...]:
        """The relay partners that carry for this address."""
        return tuple(self._carriers.get(address, ()))

    def addressee(self, address: Address) -> Principal | None:
        """Who collects what is addressed so: its owner, else the one relay that carries for it; None where there is none, or several relays."""
        carriers = self.carriers(address)
        return self.owner(address) or (carriers[0] if len(carriers) == 1 else None)

    def routes(self, type: str) -> Sequence[tuple[RouteRule, Mailbox]]:
        """The agencies' routes for a message type, those first that go before others."""
        return self._routes.get(type, ())

    def copies(self, type: str) -> Sequence[tuple[CopyRule, Mailbox]]:
        """The agencies' copy rules for a message type, mailbox by mailbox."""
        return self._copies.get(type, ())

    def is_agency(self, id: str) -> bool:
        principal = self.principals.get(id)
        return principal is not None and principal.kind is PrincipalKind.AGENCY

    def is_enabled(self, id: str) -> bool:
        principal = self.principals.get(id)
        return principal is not None and principal.enabled

    def credential(self, kind: CredentialKind, fingerprint: str) -> Credential | None:
        """The credential with this fingerprint, good or not: whether it is still valid is for the caller to judge."""
        return self._credentials.get((kind, fingerprint))

    def credential_by_id(self, id: str) -> Credential | None:
        """The credential that opened a session, good or not. A password that was set anew has the old one's fingerprint, but an id of its own."""
        return self._credentials_by_id.get(id)

    def credentials_of(self, principal: str, kind: CredentialKind) -> tuple[Credential, ...]:
        """All of one kind that a principal has, those not revoked first."""
        return tuple(self._credentials_of.get((principal, kind), ()))
