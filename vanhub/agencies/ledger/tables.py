"""The ledgers' tables, for SQLite and PostgreSQL. ``metadata`` is that of all tables of an agency.

Amounts and balances are whole millionths, so that sums are exact in either database; see ``posting.millionths``. Nothing is ever changed but
``account.balance``, and nothing is deleted: what was wrong is reversed.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint, text

from vanhub.agencies.ledger.posting import MOST_MILLIONTHS, Part

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Number = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit integer that SQLite can use as its row number when it is a primary key."""

Key = Text().with_variant(Text(collation="C"), "postgresql")
"""A text that is compared by code points, as Python compares it, whatever the database's language."""

account = Table(
    "account",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("book", Key, nullable=False, comment="which ledger: licence, quota, tax ..."),
    Column("owner", Key, nullable=False, comment="whose balance in it"),
    Column("unit", Key, nullable=False, comment="UN/ECE Rec. 20 unit, ISO 4217 currency or USE"),
    Column("part", Key, nullable=False, comment="issued, available, reserved, used or lapsed"),
    Column("balance", Number, nullable=False, comment="millionths; the sum of its entries"),
    UniqueConstraint("book", "owner", "unit", "part"),
    CheckConstraint(f"balance >= 0 OR part = '{Part.ISSUED}'", name="not_overdrawn"),
    # SQLite would go on with a floating-point number where a sum no longer fits.
    CheckConstraint(f"balance BETWEEN -{MOST_MILLIONTHS} AND {MOST_MILLIONTHS}", name="fits"),
)

posting = Table(
    "posting",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False, comment="1, 2, 3 ... without a gap, in the order of posting"),
    Column("event", Number, nullable=False, comment="the agency's event whose decision asked for it"),
    Column("document", Text, nullable=False, comment="what belongs together, to be reversed together"),
    Column("purpose", Text, nullable=False, comment="why, in a word or two"),
    Column("reverses", Number, ForeignKey("posting.number"), comment="the posting that it undoes; null: none"),
    Column(
        "digest",
        Text,
        nullable=False,
        comment="SHA-256, lower-case hex, over this posting, its entries and the digest of the posting before, see ledger.digest",
    ),
)
Index(None, posting.c.document)
# Without the nulls: SQLite would look for a document's postings among all that reverse nothing.
Index("uq_posting_reverses", posting.c.reverses, unique=True, sqlite_where=text("reverses IS NOT NULL"), postgresql_where=text("reverses IS NOT NULL"))

entry = Table(
    "entry",
    metadata,
    Column("posting", Number, ForeignKey("posting.number"), primary_key=True),
    Column("line", Integer, primary_key=True, comment="0, 1, 2 ...: of each transfer first the account that falls, then the one that rises"),
    Column("account", Number, ForeignKey("account.id"), nullable=False),
    Column("amount", Number, nullable=False, comment="millionths by which the balance rises; negative where it falls"),
    CheckConstraint("amount <> 0", name="moves"),
    sqlite_with_rowid=False,
)
Index(None, entry.c.account, entry.c.posting)
