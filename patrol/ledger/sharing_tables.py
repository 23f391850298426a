"""What processes and machines that share a ledger need to know of each other: work lists and facts, no events.

`commits`, `shares` and `secret` keep them; a backup can do without all but `facts`.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, String, Table, Text

from patrol.ledger.schema import Key, Moment, metadata

writer_marks = Table(
    "writer_marks",
    metadata,
    Column("writer", Key, primary_key=True),
    Column("number", Integer, nullable=False),  # of the last batch that this process committed
    Column("at", Moment, nullable=False),
)

site_shares = Table(
    "site_shares",
    metadata,
    Column("site", String(255), primary_key=True),
    Column("owner", String(300), primary_key=True),
    Column("held", Integer, nullable=False),  # requests that this process may have under way at this site
    Column("wanting", Boolean, nullable=False),  # it would use more
    Column("until", Moment, nullable=False),
)

facts = Table(
    "facts",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
