"""Saved searches, what the alerting ones have found so far, and which listings they have yet to be asked about.

None of it is an event: a saved search is its owner's, and goes when they say so. `searches` keeps the first table,
`alerts` the other two; a row of `alert_backlog` stands for a document that the index took since.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from patrol.ledger.schema import Json, Key, Moment, metadata

saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", Key, primary_key=True),
    Column("person_id", Key, ForeignKey("people.id"), nullable=False),
    Column("name", String(120), nullable=False),
    Column("text", Text, nullable=False),  # in the grammar of the search page
    Column("filters", Json, nullable=False),  # {field: [values]}
    Column("order", String(20), nullable=False),
    Column("alerts", Boolean, nullable=False),
    Column("swept", Boolean, nullable=False),  # False: something may have been missed, so all of the index is asked once
    Column("fault", Text),  # why it gives no alerts any more
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("person_id", "name"),
    Index(None, "alerts"),
)

search_matches = Table(
    "search_matches",
    metadata,
    Column("search_id", Key, ForeignKey("saved_searches.id"), primary_key=True),
    Column("listing_key", Key, ForeignKey("listings.key"), primary_key=True),
    Column("matches", Boolean, nullable=False),  # now; else it did once
    Column("version_id", Key),  # what it matched with
    Column("score", Integer),
    Column("alert_id", Key),  # null: it matched before alerts were on, or is an offer made again
    Column("alerted_at", Moment),
    Column("seen_at", Moment),
    UniqueConstraint("alert_id"),
    Index(None, "search_id", "alert_id"),
    Index(None, "listing_key"),
)

alert_backlog = Table(
    "alert_backlog",
    metadata,
    Column("listing_key", Key, ForeignKey("listings.key"), primary_key=True),
    Column("revision", Integer, nullable=False),  # that the index took
    Column("since", Moment, nullable=False),
    Index(None, "since"),
)
