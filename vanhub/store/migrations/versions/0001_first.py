"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False, comment="microseconds UTC"),
        sa.Column("cleared_at", sa.BigInteger(), nullable=True, comment="microseconds UTC; null: still open"),
        sa.Column("text", sa.Text(), nullable=False, comment="what is wrong"),
        sa.Column("cure", sa.Text(), nullable=False, comment="what to do"),
        sa.PrimaryKeyConstraint("number", name="pk_alert"),
    )
    op.create_index(
        "uq_alert_open", "alert", ["kind", "subject"], unique=True, sqlite_where=sa.text("cleared_at IS NULL"), postgresql_where=sa.text("cleared_at IS NULL")
    )
    op.create_table(
        "certificate",
        sa.Column("serial", sa.Text(), nullable=False, comment="lower-case hex"),
        sa.Column("principal", sa.Text(), nullable=False, comment="whom it names; empty: the hub's own"),
        sa.Column("profile", sa.Text(), nullable=False, comment="root, issuing, partner, agency ..."),
        sa.Column("fingerprint", sa.Text(), nullable=False, comment="SHA-256 of the DER, lower-case hex"),
        sa.Column("key_fingerprint", sa.Text(), nullable=False, comment="SHA-256 of the key's SubjectPublicKeyInfo, lower-case hex"),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False, comment="microseconds UTC"),
        sa.Column("not_after", sa.BigInteger(), nullable=False, comment="microseconds UTC"),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True, comment="microseconds UTC; null: not revoked"),
        sa.Column("reason", sa.Text(), nullable=False, comment="of the revocation, else empty"),
        sa.PrimaryKeyConstraint("serial", name="pk_certificate"),
    )
    op.create_index("ix_certificate_key_fingerprint", "certificate", ["key_fingerprint"], unique=False)
    op.create_index("ix_certificate_not_after", "certificate", ["not_after"], unique=False)
    op.create_index("ix_certificate_principal", "certificate", ["principal"], unique=False)
    op.create_index("uq_certificate_fingerprint", "certificate", ["fingerprint"], unique=True)
    op.create_table(
        "counter",
        sa.Column("name", sa.Text(), nullable=False, comment="registry: grows with each change of principals or credentials; crl: the last cRLNumber"),
        sa.Column("value", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )
    op.create_table(
        "crl",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False, comment="cRLNumber"),
        sa.Column("issuer", sa.Text(), nullable=False, comment="root or issuing"),
        sa.Column("issued_at", sa.BigInteger(), nullable=False, comment="microseconds UTC"),
        sa.Column("next_update", sa.BigInteger(), nullable=False, comment="microseconds UTC"),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_crl"),
    )
    op.create_table(
        "interchange",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False, comment="who sent it"),
        sa.Column("gateway", sa.Text(), nullable=False, comment="on which way it came: tcp, sftp, https, cli"),
        sa.Column("peer", sa.Text(), nullable=False, comment="remote address"),
        sa.Column("file_name", sa.Text(), nullable=False, comment="as the sender named the upload, else empty"),
        sa.Column("received_at", sa.BigInteger(), nullable=False, comment="microseconds UTC"),
        sa.Column("size", NUMBER, nullable=False, comment="octets received"),
        sa.Column("sha256", sa.Text(), nullable=False, comment="of the octets received, lower-case hex"),
        sa.Column("sender", sa.Text(), nullable=False, comment="UNB S002 0004"),
        sa.Column("sender_qualifier", sa.Text(), nullable=False, comment="UNB S002 0007"),
        sa.Column("recipient", sa.Text(), nullable=False, comment="UNB S003 0010"),
        sa.Column("recipient_qualifier", sa.Text(), nullable=False, comment="UNB S003 0007"),
        sa.Column("reference", sa.Text(), nullable=False, comment="UNB 0020"),
        sa.Column("test", sa.Text(), nullable=False, comment="UNB 0035, empty: production"),
        sa.Column("application_reference", sa.Text(), nullable=False, comment="UNB 0026"),
        sa.Column("syntax_identifier", sa.Text(), nullable=False, comment="UNB S001 0001"),
        sa.Column("syntax_version", sa.Integer(), nullable=False, comment="UNB S001 0002"),
        sa.Column("verdict", sa.Text(), nullable=False, comment="accepted, partly or rejected"),
        sa.Column("is_interchange", sa.Boolean(), nullable=False, comment="false: the octets began no interchange"),
        sa.Column("only_control", sa.Boolean(), nullable=False, comment="holds only CONTRL or AUTACK; is not acknowledged"),
        sa.Column("messages", sa.Integer(), nullable=False, comment="number of rows in message"),
        sa.Column("faults_total", sa.Integer(), nullable=False, comment="all faults found"),
        sa.Column("faults", sa.Text(), nullable=False, comment="the faults listed, in order"),
        sa.Column(
            "duplicate_key", sa.Text(), nullable=True, comment="sender, recipient, 0020 and test indicator of an accepted interchange; null: blocks nothing"
        ),
        sa.Column("repeats", sa.Integer(), nullable=False, comment="how often the same octets came again"),
        sa.Column("last_repeat_at", sa.BigInteger(), nullable=True, comment="microseconds UTC"),
        sa.Column("content_day", sa.Text(), nullable=False, comment="where the octets lie: day YYYYMMDD"),
        sa.Column("content_segment", sa.Text(), nullable=False, comment="where the octets lie: segment"),
        sa.Column("content_offset", NUMBER, nullable=False, comment="where the octets lie: first octet"),
        sa.Column("content_large", sa.Boolean(), nullable=False, comment="true: written in pieces before the acceptance"),
        sa.Column("replay_of", sa.Text(), nullable=False, comment="the interchange sent through again, else empty"),
        sa.PrimaryKeyConstraint("id", name="pk_interchange"),
    )
    op.create_index(
        "ix_interchange_large",
        "interchange",
        ["content_day", "content_segment"],
        unique=False,
        sqlite_where=sa.text("content_large"),
        postgresql_where=sa.text("content_large"),
    )
    op.create_index("ix_interchange_principal_received_at", "interchange", ["principal", "received_at"], unique=False)
    op.create_index("ix_interchange_received_at_id", "interchange", ["received_at", "id"], unique=False)
    op.create_index("ix_interchange_recipient_received_at", "interchange", ["recipient", "received_at"], unique=False)
    op.create_index("ix_interchange_reference", "interchange", ["reference"], unique=False)
    op.create_index(
        "ix_interchange_rejected",
        "interchange",
        ["sha256"],
        unique=False,
        sqlite_where=sa.text("verdict = 'rejected'"),
        postgresql_where=sa.text("verdict = 'rejected'"),
    )
    op.create_index("ix_interchange_sender_received_at", "interchange", ["sender", "received_at"], unique=False)
    op.create_index("uq_interchange_duplicate_key", "interchange", ["duplicate_key"], unique=True)
    op.create_table(
        "leaf",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False, comment="order of writing"),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="microseconds UTC"),
        sa.Column("kind", sa.Text(), nullable=False, comment="what was done: interchange.accepted, delivery.claimed ..."),
        sa.Column("subject", sa.Text(), nullable=False, comment="id of what it was done to"),
        sa.Column("actor", sa.Text(), nullable=False, comment="who did it"),
        sa.Column("data", sa.Text(), nullable=False, comment="facts of this kind"),
        sa.Column("tree_index", NUMBER, nullable=True, comment="place in the Merkle tree; null: not sequenced yet"),
        sa.PrimaryKeyConstraint("number", name="pk_leaf"),
    )
    op.create_index("ix_leaf_subject_number", "leaf", ["subject", "number"], unique=False)
    op.create_index(
        "ix_leaf_unsequenced", "leaf", ["number"], unique=False, sqlite_where=sa.text("tree_index IS NULL"), postgresql_where=sa.text("tree_index IS NULL")
    )
    op.create_index(
        "uq_leaf_tree_index",
        "leaf",
        ["tree_index"],
        unique=True,
        sqlite_where=sa.text("tree_index IS NOT NULL"),
        postgresql_where=sa.text("tree_index IS NOT NULL"),
    )
    op.create_table(
        "message",
        sa.Column("interchange", sa.Text(), nullable=False, comment="rows of a huge interchange are written before it and count only when it is there"),
        sa.Column("position", sa.Integer(), nullable=False, comment="0-based order in the interchange"),
        sa.Column("reference", sa.Text(), nullable=False, comment="UNH 0062"),
        sa.Column("type", sa.Text(), nullable=False, comment="UNH S009 0065"),
        sa.Column("version", sa.Text(), nullable=False, comment="UNH S009 0052"),
        sa.Column("release", sa.Text(), nullable=False, comment="UNH S009 0054"),
        sa.Column("agency", sa.Text(), nullable=False, comment="UNH S009 0051"),
        sa.Column("association", sa.Text(), nullable=False, comment="UNH S009 0057"),
        sa.Column("verdict", sa.Text(), nullable=False, comment="accepted or rejected"),
        sa.Column("offset", NUMBER, nullable=False, comment="first octet of UNH in the interchange"),
        sa.Column("end", NUMBER, nullable=False, comment="one past UNT's terminator"),
        sa.Column("number", sa.Text(), nullable=False, comment="document number, BGM 1004, else empty"),
        sa.PrimaryKeyConstraint("interchange", "position", name="pk_message"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_message_number", "message", ["number"], unique=False, sqlite_where=sa.text("number <> ''"), postgresql_where=sa.text("number <> ''"))
    op.create_index("ix_message_reference", "message", ["reference"], unique=False)
    op.create_index("ix_message_type_interchange", "message", ["type", "interchange"], unique=False)
    op.create_table(
        "principal",
        sa.Column("id", sa.Text(), nullable=False, comment="as the operator named it: lower-case letters, digits, hyphens"),
        sa.Column("kind", sa.Text(), nullable=False, comment="partner, agency or operator"),
        sa.Column("name_en", sa.Text(), nullable=False, comment="name in English"),
        sa.Column("name_zh", sa.Text(), nullable=False, comment="name in Chinese"),
        sa.Column("enabled", sa.Boolean(), nullable=False, comment="false: every credential is refused"),
        sa.Column("agreement", sa.Text(), nullable=False, comment="terms as texts, see vanhub.values.agreement"),
        sa.Column("created_at", sa.BigInteger(), nullable=False, comment="microseconds UTC"),
        sa.PrimaryKeyConstraint("id", name="pk_principal"),
    )
    op.create_table(
        "staging",
        sa.Column("interchange", sa.Text(), nullable=False, comment="its message rows are being written before it; without it they are swept"),
        sa.Column("begun_at", sa.BigInteger(), nullable=False, comment="microseconds UTC"),
        sa.PrimaryKeyConstraint("interchange", name="pk_staging"),
    )
    op.create_table(
        "acknowledgement",
        sa.Column("interchange", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="safe as a file name and unique"),
        sa.Column("contrl", sa.LargeBinary(), nullable=True, comment="the acknowledgement interchange; null: none is owed"),
        sa.Column("p7s", sa.LargeBinary(), nullable=True, comment="detached CMS over it, DER; null: none is owed"),
        sa.Column("explanation", sa.LargeBinary(), nullable=False, comment="plain text in English and Chinese, UTF-8"),
        sa.ForeignKeyConstraint(["interchange"], ["interchange.id"], name="fk_acknowledgement_interchange"),
        sa.PrimaryKeyConstraint("interchange", name="pk_acknowledgement"),
    )
    op.create_table(
        "repeat",
        sa.Column("id", sa.Text(), nullable=False, comment="grows with time"),
        sa.Column("interchange", sa.Text(), nullable=False, comment="the first receipt, whose answer it was given"),
        sa.Column("principal", sa.Text(), nullable=False, comment="who repeated it"),
        sa.Column("name", sa.Text(), nullable=False, comment="of its answer's files; safe as a file name and unique"),
        sa.Column("file_name", sa.Text(), nullable=False, comment="how the uploaded file was named"),
        sa.Column("received_at", sa.BigInteger(), nullable=False, comment="microseconds UTC"),
        sa.ForeignKeyConstraint(["interchange"], ["interchange.id"], name="fk_repeat_interchange"),
        sa.PrimaryKeyConstraint("id", name="pk_repeat"),
    )
    op.create_index("ix_repeat_principal_received_at_id", "repeat", ["principal", "received_at", "id"], unique=False)
    op.create_table(
        "address",
        sa.Column("identification", sa.Text(), nullable=False, comment="data element 0004/0010"),
        sa.Column("qualifier", sa.Text(), nullable=False, comment="data element 0007, empty where none is used"),
        sa.Column("role", sa.Text(), nullable=False, comment="own: the principal's; carried: it may send for it"),
        sa.Column("principal", sa.Text(), nullable=False, comment="whose"),
        sa.Column("position", sa.Integer(), nullable=False, comment="order within principal and role"),
        sa.ForeignKeyConstraint(["principal"], ["principal.id"], name="fk_address_principal"),
        sa.PrimaryKeyConstraint("identification", "qualifier", "role", "principal", name="pk_address"),
    )
    op.create_index("ix_address_principal", "address", ["principal"], unique=False)
    op.create_index(
        "uq_address_own",
        "address",
        ["identification", "qualifier"],
        unique=True,
        sqlite_where=sa.text("role = 'own'"),
        postgresql_where=sa.text("role = 'own'"),
    )
    op.create_table(
        "credential",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False, comment="whose"),
        sa.Column("kind", sa.Text(), nullable=False, comment="certificate, ssh-key, password, token or enrolment"),
        sa.Column("fingerprint", sa.Text(), nullable=False, comment="SHA-256 that finds it, lower-case hex; for a password the principal's id"),
        sa.Column("secret", sa.Text(), nullable=False, comment="scrypt hash of a password, else empty"),
        sa.Column("label", sa.Text(), nullable=False, comment="what the operator calls it"),
        sa.Column("not_before", sa.BigInteger(), nullable=False, comment="microseconds UTC"),
        sa.Column("not_after", sa.BigInteger(), nullable=True, comment="microseconds UTC; null: until removed"),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True, comment="microseconds UTC; null: not revoked"),
        sa.Column("revocation_reason", sa.Text(), nullable=False, comment="empty: not revoked"),
        sa.ForeignKeyConstraint(["principal"], ["principal.id"], name="fk_credential_principal"),
        sa.PrimaryKeyConstraint("id", name="pk_credential"),
    )
    op.create_index("ix_credential_principal", "credential", ["principal"], unique=False)
    op.create_index(
        "uq_credential_valid",
        "credential",
        ["kind", "fingerprint"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "delivery",
        sa.Column("position", NUMBER, autoincrement=True, nullable=False, comment="order of arrival in the mailbox"),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("interchange", sa.Text(), nullable=False, comment="what was received"),
        sa.Column("mailbox", sa.Text(), nullable=False, comment="the principal whose mailbox it is"),
        sa.Column("slot", sa.Text(), nullable=False, comment="production, test or rejected"),
        sa.Column("state", sa.Text(), nullable=False, comment="see vanhub.exchange.delivery"),
        sa.Column("recipe", sa.Text(), nullable=False, comment="its octets: JSON of [offset, length] in the original and base64 literals"),
        sa.Column("sender", sa.Text(), nullable=False, comment="ID or ID:QUALIFIER"),
        sa.Column("recipient", sa.Text(), nullable=False, comment="ID or ID:QUALIFIER"),
        sa.Column("reference", sa.Text(), nullable=False, comment="0020 in its own envelope"),
        sa.Column("types", sa.Text(), nullable=False, comment="message types in it"),
        sa.Column("messages", sa.Integer(), nullable=False, comment="number of messages in it"),
        sa.Column("size", NUMBER, nullable=False, comment="octets to collect"),
        sa.Column("sha256", sa.Text(), nullable=False, comment="of the octets to collect, lower-case hex"),
        sa.Column("created_at", sa.BigInteger(), nullable=False, comment="microseconds UTC"),
        sa.Column("claim", sa.Text(), nullable=True, comment="SHA-256 of the claim token that holds, or that committed"),
        sa.Column("claimed_by", sa.Text(), nullable=False, comment="who claimed it last, else empty"),
        sa.Column("lease_until", sa.BigInteger(), nullable=True, comment="microseconds UTC; null: not claimed"),
        sa.Column("claims", sa.Integer(), nullable=False, comment="leases given"),
        sa.Column("lost", sa.Integer(), nullable=False, comment="leases that ran out since it became available or was freed"),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True, comment="microseconds UTC"),
        sa.Column("answered_at", sa.BigInteger(), nullable=True, comment="microseconds UTC"),
        sa.Column("expires_at", sa.BigInteger(), nullable=True, comment="microseconds UTC; null: waits for ever"),
        sa.ForeignKeyConstraint(["interchange"], ["interchange.id"], name="fk_delivery_interchange"),
        sa.PrimaryKeyConstraint("position", name="pk_delivery"),
    )
    op.create_index(
        "ix_delivery_collected",
        "delivery",
        ["mailbox", "delivered_at"],
        unique=False,
        sqlite_where=sa.text("delivered_at IS NOT NULL"),
        postgresql_where=sa.text("delivered_at IS NOT NULL"),
    )
    op.create_index(
        "ix_delivery_expiry",
        "delivery",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('available', 'quarantined')"),
        postgresql_where=sa.text("state IN ('available', 'quarantined')"),
    )
    op.create_index("ix_delivery_interchange", "delivery", ["interchange"], unique=False)
    op.create_index(
        "ix_delivery_lease",
        "delivery",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("lease_until IS NOT NULL"),
        postgresql_where=sa.text("lease_until IS NOT NULL"),
    )
    op.create_index("ix_delivery_mailbox_reference", "delivery", ["mailbox", "reference"], unique=False)
    op.create_index("ix_delivery_mailbox_slot_state_position", "delivery", ["mailbox", "slot", "state", "position"], unique=False)
    op.create_index("uq_delivery_id", "delivery", ["id"], unique=True)
    if op.get_bind().dialect.name == "postgresql":
        create_content()


def create_content() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("content_segment")))
    op.create_table(
        "chunk",
        sa.Column("day", sa.Text(), nullable=False, comment="YYYYMMDD; the partition"),
        sa.Column("segment", NUMBER, autoincrement=False, nullable=False, comment="one content"),
        sa.Column("number", sa.Integer(), nullable=False, comment="0-based; every chunk but the last is full"),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", "segment", "number", name="pk_chunk"),
        postgresql_partition_by="LIST (day)",
    )
    op.create_table(
        "large_content",
        sa.Column("segment", NUMBER, autoincrement=False, nullable=False, comment="a content written in pieces that no interchange is known to own yet"),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False, comment="microseconds UTC"),
        sa.PrimaryKeyConstraint("segment", name="pk_large_content"),
    )
