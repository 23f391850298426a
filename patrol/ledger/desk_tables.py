"""The desk's tables: who works here, what they claimed, decided and led, and what was looked at.

Rows of `decisions`, `lead_events`, `notes` and `audit` are events: triggers refuse to change or remove them. They hold
ids, codes and numbers; what a person wrote lies in `payloads`, which can be erased while the event stays.
`listing_status`, `leads`, `lead_listings` and the shares are projections, kept in the transaction that writes the event.
"""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Float, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from patrol.ledger.schema import Digest, Json, Key, Moment, Serial, append_only
from patrol.ledger.tables import metadata

__all__ = ["metadata"]

ROLES = ("officer", "analyst", "expert", "supervisor", "auditor", "admin")
MARKS = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")  # TLP 2.0
DECISIONS = ("lead", "clear", "unsure", "watch", "skip", "undo")
STREAMS = ("value", "uncertain", "audit", "search")  # search: opened from a search or a seller's page, by choice
LISTING_STATES = ("open", "lead", "cleared", "unsure", "watch")
LEAD_STATES = ("opened", "enriching", "assessed", "referred", "accepted", "outcome", "merged", "returned", "closed")


def _id(name: str, target: str | None = None, *, null: bool = False, key: bool = False) -> Column[str]:
    """A UUIDv7 column, pointing at `target` where given."""
    links = (ForeignKey(target),) if target else ()
    return Column(name, Key, *links, nullable=null, primary_key=key)


def _one_of(column: str, allowed: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in allowed)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


# ---------------------------------------------------------------------------------------------------------------------
# People

agencies = Table(
    "agencies",
    metadata,
    _id("id", key=True),
    Column("name", String(120), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
)

people = Table(
    "people",
    metadata,
    _id("id", key=True),
    _id("agency_id", "agencies.id"),
    Column("login", String(120), nullable=False, unique=True),  # folded to lower case
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("password_hash", String(255), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("password_changed_at", Moment, nullable=False),
    _one_of("role", ROLES),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Digest, primary_key=True),  # SHA-256 of the cookie's secret, never the secret
    _id("person_id", "people.id"),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index(None, "person_id"),
    Index(None, "expires_at"),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    _id("id", key=True),
    Column("login", String(120), nullable=False),  # as typed, folded; it may belong to nobody
    Column("address", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "login", "at"),
    Index(None, "address", "at"),
)

# ---------------------------------------------------------------------------------------------------------------------
# Weeks

weeks = Table(
    "weeks",
    metadata,
    _id("id", key=True),
    _id("agency_id", "agencies.id"),  # the host
    Column("slug", String(80), nullable=False, unique=True),
    Column("title", String(200), nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("marketplaces", Json, nullable=False),  # names
    Column("themes", Json, nullable=False),  # lexicon names
    Column("rulebook", String(80), nullable=True),  # hash at start
    Column("mark", String(12), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("frozen_at", Moment, nullable=True),
    _one_of("mark", MARKS),
)

week_members = Table(
    "week_members",
    metadata,
    _id("week_id", "weeks.id", key=True),
    _id("agency_id", "agencies.id", key=True),
)

# ---------------------------------------------------------------------------------------------------------------------
# Claims and decisions

claims = Table(
    "claims",
    metadata,
    Column("cluster_id", Key, primary_key=True),  # one holder a cluster: the key is the lock
    _id("person_id", "people.id"),
    _id("agency_id", "agencies.id"),
    Column("claimed_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index(None, "person_id"),
    Index(None, "expires_at"),
)

decisions = append_only(
    Table(
        "decisions",
        metadata,
        _id("id", key=True),
        Column("kind", String(10), nullable=False),
        _id("listing_key", "listings.key"),
        _id("version_id", "versions.id"),  # what was shown
        Column("sighting_id", Serial, nullable=True),  # the last sighting when it was shown
        _id("assessment_id", "assessments.id", null=True),
        Column("rulebook", String(80), nullable=True),
        Column("score", Integer, nullable=True),
        _id("person_id", "people.id"),
        _id("agency_id", "agencies.id"),
        _id("week_id", "weeks.id", null=True),
        Column("at", Moment, nullable=False),
        Column("reason", Integer, nullable=True),  # clear: 0-9
        _id("to_person_id", "people.id", null=True),  # unsure: to whom
        Column("to_expert", Boolean, nullable=False),  # unsure: to whichever expert takes it
        _id("lead_id", "leads.id", null=True),
        _id("undoes", "decisions.id", null=True),
        _id("payload_id", "payloads.id", null=True),
        Column("stream", String(10), nullable=False),
        Column("probability", Float, nullable=True),  # of inclusion in that stream; 1 where listed by rank
        Column("rank", Integer, nullable=True),  # place in the queue, from 1
        Column("blind", Boolean, nullable=False),
        _id("cluster_id", null=True),  # the cluster as it was shown, for statistics only
        Column("cluster_place", Integer, nullable=True),  # from 1
        Column("cluster_size", Integer, nullable=True),
        Column("seconds", Float, nullable=True),  # open on screen
        Column("examined", Boolean, nullable=False),  # description and every picture opened
        _id("batch_id", null=True),  # one act on a selection
        _one_of("kind", DECISIONS),
        _one_of("stream", STREAMS),
        CheckConstraint("reason IS NULL OR (reason >= 0 AND reason <= 9)", name="reason_known"),
        CheckConstraint("(kind = 'undo') = (undoes IS NOT NULL)", name="undo_points"),
        CheckConstraint("probability IS NULL OR (probability > 0 AND probability <= 1)", name="probability_range"),
        Index(None, "listing_key", "at"),
        Index(None, "person_id", "at"),
        Index(None, "at"),
        UniqueConstraint("undoes"),  # undone once
    )
)

listing_status = Table(
    "listing_status",
    metadata,
    _id("listing_key", "listings.key", key=True),
    Column("status", String(10), nullable=False),
    _id("decision_id", "decisions.id"),  # the event it follows from
    _id("version_id", "versions.id"),
    Column("sighting_id", Serial, nullable=True),
    _id("person_id", "people.id"),
    _id("agency_id", "agencies.id"),
    _id("to_person_id", "people.id", null=True),
    Column("to_expert", Boolean, nullable=False),
    Column("reason", Integer, nullable=True),
    Column("decided_at", Moment, nullable=False),
    _one_of("status", LISTING_STATES),
    Index(None, "status"),
    Index(None, "to_person_id"),
)

# ---------------------------------------------------------------------------------------------------------------------
# Leads

lead_numbers = Table(
    "lead_numbers",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)

leads = Table(
    "leads",
    metadata,
    _id("id", key=True),
    Column("number", String(16), nullable=False, unique=True),  # L-2026-0001
    Column("year", Integer, nullable=False),
    Column("serial", Integer, nullable=False),
    _id("agency_id", "agencies.id"),
    _id("owner_id", "people.id"),
    Column("title", String(300), nullable=True),  # null once erased
    Column("status", String(10), nullable=False),
    Column("mark", String(12), nullable=False),
    Column("handling_code", String(2), nullable=True),  # Europol H0-H3
    Column("source_evaluation", String(1), nullable=True),  # A B C X
    Column("information_evaluation", Integer, nullable=True),  # 1-4
    Column("seller_key", String(80), nullable=True),
    Column("object_country", String(2), nullable=True),
    Column("platform_country", String(2), nullable=True),
    Column("authority", String(200), nullable=True),
    Column("national_case", String(120), nullable=True),
    Column("investigation", String(10), nullable=True),  # new, supported
    Column("recipient", String(200), nullable=True),
    Column("legal_basis", String(300), nullable=True),
    _id("merged_into", "leads.id", null=True),
    _id("week_id", "weeks.id", null=True),
    Column("follow_up_on", Date, nullable=True),
    Column("opened_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    _one_of("status", LEAD_STATES),
    _one_of("mark", MARKS),
    CheckConstraint("handling_code IS NULL OR handling_code IN ('H0', 'H1', 'H2', 'H3')", name="handling_code_known"),
    CheckConstraint("source_evaluation IS NULL OR source_evaluation IN ('A', 'B', 'C', 'X')", name="source_evaluation_known"),
    CheckConstraint(
        "information_evaluation IS NULL OR (information_evaluation >= 1 AND information_evaluation <= 4)",
        name="information_evaluation_known",
    ),
    CheckConstraint("investigation IS NULL OR investigation IN ('new', 'supported')", name="investigation_known"),
    UniqueConstraint("year", "serial"),
    Index(None, "agency_id", "status"),
    Index(None, "owner_id"),
)

lead_shares = Table(
    "lead_shares",
    metadata,
    _id("lead_id", "leads.id", key=True),
    _id("agency_id", "agencies.id", key=True),
    _id("shared_by", "people.id"),
    Column("shared_at", Moment, nullable=False),
)

lead_readers = Table(  # persons named for a lead marked RED, or an expert asked about it
    "lead_readers",
    metadata,
    _id("lead_id", "leads.id", key=True),
    _id("person_id", "people.id", key=True),
    _id("named_by", "people.id"),
    Column("named_at", Moment, nullable=False),
)

lead_listings = Table(
    "lead_listings",
    metadata,
    _id("lead_id", "leads.id", key=True),
    _id("listing_key", "listings.key", key=True),
    _id("version_id", "versions.id"),
    _id("added_by", "people.id"),
    Column("added_at", Moment, nullable=False),
    Index(None, "listing_key"),
)

lead_events = append_only(
    Table(
        "lead_events",
        metadata,
        _id("id", key=True),
        _id("lead_id", "leads.id"),
        Column("kind", String(20), nullable=False),
        _id("person_id", "people.id"),
        _id("agency_id", "agencies.id"),
        Column("at", Moment, nullable=False),
        _id("listing_key", "listings.key", null=True),
        _id("version_id", "versions.id", null=True),
        _id("note_id", "notes.id", null=True),
        Column("detail", Json, nullable=False),  # ids and codes: {"from": "opened", "to": "enriching"}
        _id("payload_id", "payloads.id", null=True),
        Index(None, "lead_id", "at"),
    )
)

notes = append_only(
    Table(
        "notes",
        metadata,
        _id("id", key=True),
        _id("lead_id", "leads.id", null=True),
        _id("listing_key", "listings.key", null=True),
        _id("version_id", "versions.id", null=True),
        _id("person_id", "people.id"),
        _id("agency_id", "agencies.id"),
        Column("at", Moment, nullable=False),
        Column("fact", Boolean, nullable=False),  # else an assessment
        Column("mark", String(12), nullable=False),
        _id("payload_id", "payloads.id"),
        _one_of("mark", MARKS),
        CheckConstraint("lead_id IS NOT NULL OR listing_key IS NOT NULL", name="subject_given"),
        Index(None, "lead_id", "at"),
        Index(None, "listing_key", "at"),
    )
)

note_shares = Table(
    "note_shares",
    metadata,
    _id("note_id", "notes.id", key=True),
    _id("agency_id", "agencies.id", key=True),
    _id("shared_by", "people.id"),
    Column("shared_at", Moment, nullable=False),
)

# ---------------------------------------------------------------------------------------------------------------------
# Audit

audit = append_only(
    Table(
        "audit",
        metadata,
        _id("id", key=True),
        Column("at", Moment, nullable=False),
        _id("person_id", "people.id", null=True),  # null: the system itself, or a sign-in of nobody
        _id("agency_id", "agencies.id", null=True),
        Column("action", String(40), nullable=False),
        Column("object_kind", String(30), nullable=False),
        Column("object_id", String(200), nullable=False),
        Column("detail", Json, nullable=False),  # ids, codes, counts
        _id("payload_id", "payloads.id", null=True),  # the reason given, in words
        Index(None, "at"),
        Index(None, "person_id", "at"),
        Index(None, "object_kind", "object_id", "at"),
    )
)
