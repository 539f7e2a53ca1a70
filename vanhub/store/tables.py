"""The hub's tables: one set for SQLite and PostgreSQL, each column with its meaning.

Ids are texts made by whoever writes. ``metadata`` holds what both databases have; ``content_metadata`` the chunk rows that only PostgreSQL has
(on SQLite content lies in files beside the database). Changes go through ``vanhub/store/migrations``; a test compares.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Sequence, Table, Text, text

from vanhub.edifact.report import Disposition, Verdict
from vanhub.store.columns import Choice, Json, Moment, Number, RecipeText
from vanhub.values.delivery import DeliveryState, Slot
from vanhub.values.principal import CredentialKind, PrincipalKind

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

# Conditions of partial indexes: a query uses the index only when it has the very condition, with its literals.
# An index over random values such as digests costs a page write for every row, hence only where it is needed.
IS_REJECTED = text("verdict = 'rejected'")
IS_LARGE = text("content_large")
HAS_NUMBER = text("number <> ''")
MAY_EXPIRE = text("state IN ('available', 'quarantined', 'held')")

metadata = MetaData(naming_convention=_NAMES)
content_metadata = MetaData(naming_convention=_NAMES)

principal = Table(
    "principal",
    metadata,
    Column("id", Text, primary_key=True, comment="as the operator named it: lower-case letters, digits, hyphens"),
    Column("kind", Choice(PrincipalKind), nullable=False, comment="partner, agency or operator"),
    Column("name_en", Text, nullable=False, comment="name in English"),
    Column("name_zh", Text, nullable=False, comment="name in Chinese"),
    Column("enabled", Boolean, nullable=False, comment="false: every credential is refused"),
    Column("agreement", Json, nullable=False, comment="terms as texts, see vanhub.values.agreement"),
    Column("created_at", Moment, nullable=False, comment="microseconds UTC"),
)

address = Table(
    "address",
    metadata,
    Column("identification", Text, primary_key=True, comment="data element 0004/0010"),
    Column("qualifier", Text, primary_key=True, comment="data element 0007, empty where none is used"),
    Column("role", Text, primary_key=True, comment="own: the principal's; carried: it may send for it"),
    Column("principal", Text, ForeignKey("principal.id"), primary_key=True, comment="whose"),
    Column("position", Integer, nullable=False, comment="order within principal and role"),
)
Index("uq_address_own", address.c.identification, address.c.qualifier, unique=True, sqlite_where=text("role = 'own'"), postgresql_where=text("role = 'own'"))
Index(None, address.c.principal)

credential = Table(
    "credential",
    metadata,
    Column("id", Text, primary_key=True),
    Column("principal", Text, ForeignKey("principal.id"), nullable=False, comment="whose"),
    Column("kind", Choice(CredentialKind), nullable=False, comment="certificate, ssh-key, password, token or enrolment"),
    Column("fingerprint", Text, nullable=False, comment="SHA-256 that finds it, lower-case hex; for a password the principal's id"),
    Column("secret", Text, nullable=False, comment="scrypt hash of a password, else empty"),
    Column("label", Text, nullable=False, comment="what the operator calls it"),
    Column("not_before", Moment, nullable=False, comment="microseconds UTC"),
    Column("not_after", Moment, comment="microseconds UTC; null: until removed"),
    Column("revoked_at", Moment, comment="microseconds UTC; null: not revoked"),
    Column("revocation_reason", Text, nullable=False, comment="empty: not revoked"),
)
Index(
    "uq_credential_valid",
    credential.c.kind,
    credential.c.fingerprint,
    unique=True,
    sqlite_where=text("revoked_at IS NULL"),
    postgresql_where=text("revoked_at IS NULL"),
)
Index(None, credential.c.principal)

interchange = Table(
    "interchange",
    metadata,
    Column("id", Text, primary_key=True),
    Column("principal", Text, nullable=False, comment="who sent it"),
    Column("gateway", Text, nullable=False, comment="on which way it came: tcp, sftp, https, cli"),
    Column("peer", Text, nullable=False, comment="remote address"),
    Column("file_name", Text, nullable=False, comment="as the sender named the upload, else empty"),
    Column("received_at", Moment, nullable=False, comment="microseconds UTC"),
    Column("size", Number, nullable=False, comment="octets received"),
    Column("sha256", Text, nullable=False, comment="of the octets received, lower-case hex"),
    Column("sender", Text, nullable=False, comment="UNB S002 0004"),
    Column("sender_qualifier", Text, nullable=False, comment="UNB S002 0007"),
    Column("recipient", Text, nullable=False, comment="UNB S003 0010"),
    Column("recipient_qualifier", Text, nullable=False, comment="UNB S003 0007"),
    Column("reference", Text, nullable=False, comment="UNB 0020"),
    Column("test", Text, nullable=False, comment="UNB 0035, empty: production"),
    Column("application_reference", Text, nullable=False, comment="UNB 0026"),
    Column("syntax_identifier", Text, nullable=False, comment="UNB S001 0001"),
    Column("syntax_version", Integer, nullable=False, comment="UNB S001 0002"),
    Column("verdict", Choice(Verdict), nullable=False, comment="accepted, partly or rejected"),
    Column("is_interchange", Boolean, nullable=False, comment="false: the octets began no interchange"),
    Column("only_control", Boolean, nullable=False, comment="holds only CONTRL or AUTACK; is not acknowledged"),
    Column("messages", Integer, nullable=False, comment="number of rows in message"),
    Column("faults_total", Integer, nullable=False, comment="all faults found"),
    Column("faults", Json, nullable=False, comment="the faults listed, in order"),
    Column("duplicate_key", Text, comment="sender, recipient, 0020 and test indicator of an accepted interchange; null: blocks nothing"),
    Column("repeats", Integer, nullable=False, comment="how often the same octets came again"),
    Column("last_repeat_at", Moment, comment="microseconds UTC"),
    Column("content_day", Text, nullable=False, comment="where the octets lie: day YYYYMMDD"),
    Column("content_segment", Text, nullable=False, comment="where the octets lie: segment"),
    Column("content_offset", Number, nullable=False, comment="where the octets lie: first octet"),
    Column("content_large", Boolean, nullable=False, comment="true: written in pieces before the acceptance"),
    Column("replay_of", Text, nullable=False, comment="the interchange sent through again, else empty"),
    Column("guide_faults_total", Integer, nullable=False, server_default=text("0"), comment="all faults found by guides, warnings included"),
    Column("guide_faults", Json, nullable=False, server_default=text("'[]'"), comment="the faults of guides listed, in order"),
)
Index("uq_interchange_duplicate_key", interchange.c.duplicate_key, unique=True)
Index(None, interchange.c.received_at, interchange.c.id)
Index(None, interchange.c.principal, interchange.c.received_at)
Index(None, interchange.c.sender, interchange.c.received_at)
Index(None, interchange.c.recipient, interchange.c.received_at)
Index(None, interchange.c.reference)
Index("ix_interchange_rejected", interchange.c.sha256, sqlite_where=IS_REJECTED, postgresql_where=IS_REJECTED)
Index(
    "ix_interchange_large",
    interchange.c.content_day,
    interchange.c.content_segment,
    sqlite_where=IS_LARGE,
    postgresql_where=IS_LARGE,
)

message = Table(
    "message",
    metadata,
    Column("interchange", Text, primary_key=True, comment="rows of a huge interchange are written before it and count only when it is there"),
    Column("position", Integer, primary_key=True, comment="0-based order in the interchange"),
    Column("reference", Text, nullable=False, comment="UNH 0062"),
    Column("type", Text, nullable=False, comment="UNH S009 0065"),
    Column("version", Text, nullable=False, comment="UNH S009 0052"),
    Column("release", Text, nullable=False, comment="UNH S009 0054"),
    Column("agency", Text, nullable=False, comment="UNH S009 0051"),
    Column("association", Text, nullable=False, comment="UNH S009 0057"),
    Column("verdict", Choice(Verdict), nullable=False, comment="accepted or rejected"),
    Column("offset", Number, nullable=False, comment="first octet of UNH in the interchange"),
    Column("end", Number, nullable=False, comment="one past UNT's terminator"),
    Column("number", Text, nullable=False, comment="document number, BGM 1004, else empty"),
    Column("guide", Text, nullable=False, server_default=text("''"), comment="the guide that it was held against, else empty"),
    Column("guide_faults", Integer, nullable=False, server_default=text("0"), comment="faults that this found, warnings left out"),
    Column("disposition", Choice(Disposition), comment="what became of it for its guide: delivered, held or refused; null: it breaks none"),
    sqlite_with_rowid=False,
)
Index(None, message.c.reference)
Index(None, message.c.type, message.c.interchange)
Index(None, message.c.number, sqlite_where=HAS_NUMBER, postgresql_where=HAS_NUMBER)

staging = Table(
    "staging",
    metadata,
    Column("interchange", Text, primary_key=True, comment="its message rows are being written before it; without it they are swept"),
    Column("begun_at", Moment, nullable=False, comment="microseconds UTC"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("position", Number, primary_key=True, autoincrement=True, comment="order of arrival in the mailbox"),
    Column("id", Text, nullable=False),
    Column("interchange", Text, ForeignKey("interchange.id"), nullable=False, comment="what was received"),
    Column("mailbox", Text, nullable=False, comment="the principal whose mailbox it is"),
    Column("slot", Choice(Slot), nullable=False, comment="production, test or rejected"),
    Column("state", Choice(DeliveryState), nullable=False, comment="see vanhub.exchange.delivery"),
    Column("recipe", RecipeText, nullable=False, comment="its octets: JSON of [offset, length] in the original and base64 literals"),
    Column("sender", Text, nullable=False, comment="ID or ID:QUALIFIER"),
    Column("recipient", Text, nullable=False, comment="ID or ID:QUALIFIER"),
    Column("reference", Text, nullable=False, comment="0020 in its own envelope"),
    Column("types", Json, nullable=False, comment="message types in it"),
    Column("messages", Integer, nullable=False, comment="number of messages in it"),
    Column("size", Number, nullable=False, comment="octets to collect"),
    Column("sha256", Text, nullable=False, comment="of the octets to collect, lower-case hex"),
    Column("created_at", Moment, nullable=False, comment="microseconds UTC"),
    Column("claim", Text, comment="SHA-256 of the claim token that holds, or that committed"),
    Column("claimed_by", Text, nullable=False, comment="who claimed it last, else empty"),
    Column("lease_until", Moment, comment="microseconds UTC; null: not claimed"),
    Column("claims", Integer, nullable=False, comment="leases given"),
    Column("lost", Integer, nullable=False, comment="leases that ran out since it became available or was freed"),
    Column("delivered_at", Moment, comment="microseconds UTC"),
    Column("answered_at", Moment, comment="microseconds UTC"),
    Column("expires_at", Moment, comment="microseconds UTC; null: waits for ever"),
    Column("guide_faults", Integer, nullable=False, server_default=text("0"), comment="faults of guides in its messages, warnings left out"),
    Column("held_with", Text, nullable=False, server_default=text("''"), comment="the held delivery whose messages it copies, else empty"),
)
Index("uq_delivery_id", delivery.c.id, unique=True)
Index(None, delivery.c.mailbox, delivery.c.slot, delivery.c.state, delivery.c.position)
Index(None, delivery.c.interchange)
Index(None, delivery.c.mailbox, delivery.c.reference)
Index(
    "ix_delivery_lease",
    delivery.c.lease_until,
    sqlite_where=text("lease_until IS NOT NULL"),
    postgresql_where=text("lease_until IS NOT NULL"),
)
Index(
    "ix_delivery_expiry",
    delivery.c.expires_at,
    sqlite_where=MAY_EXPIRE,
    postgresql_where=MAY_EXPIRE,
)
Index(
    "ix_delivery_collected",
    delivery.c.mailbox,
    delivery.c.delivered_at,
    sqlite_where=text("delivered_at IS NOT NULL"),
    postgresql_where=text("delivered_at IS NOT NULL"),
)

acknowledgement = Table(
    "acknowledgement",
    metadata,
    Column("interchange", Text, ForeignKey("interchange.id"), primary_key=True),
    Column("name", Text, nullable=False, comment="safe as a file name and unique"),
    Column("contrl", LargeBinary, comment="the acknowledgement interchange; null: none is owed"),
    Column("p7s", LargeBinary, comment="detached CMS over it, DER; null: none is owed"),
    Column("explanation", LargeBinary, nullable=False, comment="plain text in English and Chinese, UTF-8"),
)

repeat = Table(
    "repeat",
    metadata,
    Column("id", Text, primary_key=True, comment="grows with time"),
    Column("interchange", Text, ForeignKey("interchange.id"), nullable=False, comment="the first receipt, whose answer it was given"),
    Column("principal", Text, nullable=False, comment="who repeated it"),
    Column("name", Text, nullable=False, comment="of its answer's files; safe as a file name and unique"),
    Column("file_name", Text, nullable=False, comment="how the uploaded file was named"),
    Column("received_at", Moment, nullable=False, comment="microseconds UTC"),
)
Index(None, repeat.c.principal, repeat.c.received_at, repeat.c.id)

leaf = Table(
    "leaf",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True, comment="order of writing"),
    Column("at", Moment, nullable=False, comment="microseconds UTC"),
    Column("kind", Text, nullable=False, comment="what was done: interchange.accepted, delivery.claimed ..."),
    Column("subject", Text, nullable=False, comment="id of what it was done to"),
    Column("actor", Text, nullable=False, comment="who did it"),
    Column("data", Json, nullable=False, comment="facts of this kind"),
    Column("tree_index", Number, comment="place in the Merkle tree; null: not sequenced yet"),
)
Index(None, leaf.c.subject, leaf.c.number)
Index("uq_leaf_tree_index", leaf.c.tree_index, unique=True, sqlite_where=text("tree_index IS NOT NULL"), postgresql_where=text("tree_index IS NOT NULL"))
Index("ix_leaf_unsequenced", leaf.c.number, sqlite_where=text("tree_index IS NULL"), postgresql_where=text("tree_index IS NULL"))

certificate = Table(
    "certificate",
    metadata,
    Column("serial", Text, primary_key=True, comment="lower-case hex"),
    Column("principal", Text, nullable=False, comment="whom it names; empty: the hub's own"),
    Column("profile", Text, nullable=False, comment="root, issuing, partner, agency ..."),
    Column("fingerprint", Text, nullable=False, comment="SHA-256 of the DER, lower-case hex"),
    Column("key_fingerprint", Text, nullable=False, comment="SHA-256 of the key's SubjectPublicKeyInfo, lower-case hex"),
    Column("der", LargeBinary, nullable=False),
    Column("not_before", Moment, nullable=False, comment="microseconds UTC"),
    Column("not_after", Moment, nullable=False, comment="microseconds UTC"),
    Column("revoked_at", Moment, comment="microseconds UTC; null: not revoked"),
    Column("reason", Text, nullable=False, comment="of the revocation, else empty"),
)
Index("uq_certificate_fingerprint", certificate.c.fingerprint, unique=True)
Index(None, certificate.c.principal)
Index(None, certificate.c.key_fingerprint)
Index(None, certificate.c.not_after)

crl = Table(
    "crl",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False, comment="cRLNumber"),
    Column("issuer", Text, nullable=False, comment="root or issuing"),
    Column("issued_at", Moment, nullable=False, comment="microseconds UTC"),
    Column("next_update", Moment, nullable=False, comment="microseconds UTC"),
    Column("der", LargeBinary, nullable=False),
)

alert = Table(
    "alert",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("raised_at", Moment, nullable=False, comment="microseconds UTC"),
    Column("cleared_at", Moment, comment="microseconds UTC; null: still open"),
    Column("text", Text, nullable=False, comment="what is wrong"),
    Column("cure", Text, nullable=False, comment="what to do"),
)
Index("uq_alert_open", alert.c.kind, alert.c.subject, unique=True, sqlite_where=text("cleared_at IS NULL"), postgresql_where=text("cleared_at IS NULL"))

counter = Table(
    "counter",
    metadata,
    Column("name", Text, primary_key=True, comment="registry: grows with each change of principals or credentials; crl: the last cRLNumber"),
    Column("value", Number, nullable=False),
)

chunk = Table(
    "chunk",
    content_metadata,
    Column("day", Text, primary_key=True, comment="YYYYMMDD; the partition"),
    Column("segment", Number, primary_key=True, autoincrement=False, comment="one content"),
    Column("number", Integer, primary_key=True, comment="0-based; every chunk but the last is full"),
    Column("data", LargeBinary, nullable=False),
    postgresql_partition_by="LIST (day)",
)

large_content = Table(
    "large_content",
    content_metadata,
    Column("segment", Number, primary_key=True, autoincrement=False, comment="a content written in pieces that no interchange is known to own yet"),
    Column("day", Text, nullable=False),
    Column("begun_at", Moment, nullable=False, comment="microseconds UTC"),
)

content_segment = Sequence("content_segment", metadata=content_metadata)
