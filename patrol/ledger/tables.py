"""The crawl's tables: what was asked for, what came back, what each listing said and when, and what the index lacks.

Rows of event tables (`versions`, `sightings`, `cluster_events`, …) are never changed; `listings`, `sellers`, `site_slots`
and `outbox` are projections or work lists. Names and free text stand in `sellers` and `payloads`, which can be erased
without touching an event. The statements live in the modules named after the tables.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from patrol.ledger.schema import Digest, Json, Key, Moment, Serial, append_only, metadata

__all__ = ["metadata"]


def serial() -> Column[int]:
    return Column("id", Serial, primary_key=True, autoincrement=True)


# ---------------------------------------------------------------------------------------------------------------------
# Runs, what they asked and what they sealed

runs = Table(
    "runs",
    metadata,
    Column("id", Key, primary_key=True),
    Column("marketplace", String(120), nullable=False),
    Column("card", Text, nullable=False),
    Column("how", String(10), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("host", String(255), nullable=False),
    Column("rulebook", String(80)),
    Column("parameters", Json, nullable=False),
    Column("parameters_digest", Digest, nullable=False),
    Column("state", String(10), nullable=False),  # running, finished, stopped, failed
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("evidence_head", String(80)),
    Column("place", Key),  # the evidence store that keeps its chain
    Column("joins", Key),  # the run whose queue it works on, where that is not its own
    Column("seen_at", Moment),  # the last sign of life of those that work on its queue
    Index(None, "marketplace", "state"),
    Index(None, "joins"),
    Index(None, "started_at"),
)

run_counts = Table(
    "run_counts",
    metadata,
    Column("run_id", Key, ForeignKey("runs.id"), primary_key=True),
    Column("outcome", String(20), primary_key=True),
    Column("n", Integer, nullable=False),
    sqlite_with_rowid=False,
)

run_faults = Table(
    "run_faults",
    metadata,
    serial(),
    Column("run_id", Key, ForeignKey("runs.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("step", String(40), nullable=False),
    Column("message", Text, nullable=False),
    Column("url", Text),
    Column("listing_key", Key),
    Column("request_id", Key),
    Index(None, "run_id"),
    Index(None, "listing_key"),
)

requests = Table(
    "requests",
    metadata,
    Column("id", Key, primary_key=True),
    Column("run_id", Key, ForeignKey("runs.id"), nullable=False),
    Column("site", String(255), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("url", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("rank", Integer, nullable=False),  # minus the priority, so that one ascending index gives the order
    Column("depth", Integer, nullable=False),
    Column("meta", Json, nullable=False),
    Column("state", String(10), nullable=False),  # pending, leased, done
    Column("attempts", Integer, nullable=False),  # retries asked for; a crash of the worker is not the page's fault
    Column("leases", Integer, nullable=False),  # times handed out
    Column("not_before", Moment),
    Column("owner", String(300)),
    Column("leased_until", Moment),
    Column("outcome", String(20)),
    Column("reason", Text),  # why it was put back last
    Column("done_at", Moment),
    UniqueConstraint("run_id", "fingerprint"),
    Index(None, "run_id", "state", "rank", "id"),
)

site_slots = Table(
    "site_slots",
    metadata,
    Column("site", String(255), primary_key=True),
    Column("next_at", Moment, nullable=False),
    Column("day", String(10), nullable=False),  # YYYY-MM-DD in UTC
    Column("used", Integer, nullable=False),
    Column("paused_until", Moment),  # the site asked to be left alone
)

captures = append_only(
    Table(
        "captures",
        metadata,
        Column("id", String(60), primary_key=True),  # urn:uuid of the WARC record
        Column("run_id", Key, ForeignKey("runs.id"), nullable=False),
        Column("sequence", Integer, nullable=False),
        Column("url", Text, nullable=False),
        Column("time", Moment, nullable=False),
        Column("kind", String(20), nullable=False),
        Column("status", Integer),
        Column("content_type", Text),
        Column("digest", String(80), nullable=False),
        Column("headers_digest", String(80), nullable=False),
        Column("card", Text, nullable=False),
        Column("previous", String(80), nullable=False),
        Column("chain", String(80), nullable=False),
        Column("file", Text, nullable=False),
        Column("offset", Serial, nullable=False),
        Column("length", Serial, nullable=False),
        UniqueConstraint("run_id", "sequence"),
        Index(None, "url", postgresql_using="hash"),  # a tree there refuses addresses longer than 2,704 bytes
    )
)

ledger_chain = append_only(
    Table(
        "ledger_chain",
        metadata,
        Column("number", Serial, primary_key=True, autoincrement=False),
        Column("at", Moment, nullable=False),
        Column("kind", String(20), nullable=False),  # run: the closing head of a run's evidence
        Column("subject", String(80), nullable=False),
        Column("head", String(80), nullable=False),
        Column("previous", String(80), nullable=False),
        Column("chain", String(80), nullable=False),
        UniqueConstraint("kind", "subject"),
    )
)

# ---------------------------------------------------------------------------------------------------------------------
# Listings

payloads = Table(
    "payloads",
    metadata,
    Column("id", Key, primary_key=True),
    Column("kind", String(20), nullable=False),  # version, note, …
    Column("subject", Key, nullable=False),  # the listing, lead or person that it speaks of
    Column("body", Json),  # null once erased
    Column("at", Moment, nullable=False),
    Column("erased_at", Moment),
    Index(None, "subject"),
)

listings = Table(
    "listings",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id_space", String(255), nullable=False),
    Column("listing_id", String(255), nullable=False),  # the page's own id, else `url:` + SHA-256 of the canonical URL
    Column("marketplace", String(120), nullable=False),
    Column("url", Text, nullable=False),
    Column("title", Text),
    Column("title_key", Text),  # text.near_key of the title
    Column("seller_key", Digest),
    Column("cluster_id", Key, nullable=False),
    Column("version_id", Key),  # the version that stands on the page now
    Column("sighting_id", Serial),  # the last sighting, by its time
    Column("assessment_id", Key),
    Column("status", String(10), nullable=False),
    Column("status_at", Moment, nullable=False),  # when that status was seen; evidence read again later is older
    Column("flagged", Boolean, nullable=False),
    Column("price_drops", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("erased_at", Moment),
    UniqueConstraint("id_space", "listing_id"),
    Index(None, "seller_key", "last_seen"),
    Index(None, "cluster_id"),
    Index(None, "last_seen"),
)

listing_urls = Table(
    "listing_urls",
    metadata,
    Column("url_digest", Digest, primary_key=True),
    Column("listing_key", Key, ForeignKey("listings.key"), primary_key=True),
    Column("first_seen", Moment, nullable=False),
    Index(None, "listing_key"),
    sqlite_with_rowid=False,
)

versions = append_only(
    Table(
        "versions",
        metadata,
        Column("id", Key, primary_key=True),
        Column("listing_key", Key, ForeignKey("listings.key"), nullable=False),
        Column("number", Integer, nullable=False),  # 1, 2, … within the listing
        Column("digest", Digest, nullable=False),  # the canonical content, pictures included, as known when it was made
        Column("text_digest", Digest, nullable=False),  # the canonical content without pictures
        Column("pictures", Json, nullable=False),  # [[URL path, SHA-256 or null], …], see ledger/content.py
        Column("seller_key", Digest),
        Column("payload_id", Key, ForeignKey("payloads.id"), nullable=False),
        Column("run_id", Key, ForeignKey("runs.id"), nullable=False),
        Column("capture_id", String(60)),
        Column("how", String(10), nullable=False),
        Column("at", Moment, nullable=False),
        UniqueConstraint("listing_key", "number"),
    )
)

sightings = append_only(
    Table(
        "sightings",
        metadata,
        serial(),
        # checked at the commit: the listing's row names its last sighting, whose number only the database gives
        Column("listing_key", Key, ForeignKey("listings.key", deferrable=True, initially="DEFERRED"), nullable=False),
        Column("version_id", Key),
        Column("run_id", Key, ForeignKey("runs.id"), nullable=False),
        Column("capture_id", String(60)),
        Column("at", Moment, nullable=False),
        Column("status", String(10), nullable=False),
        Column("amount", String(40)),  # the price shown, as a decimal string
        Column("currency", String(3)),
        Column("price_kind", String(10)),
        Column("bid_count", Integer),
        Column("ends_at", Moment),
        Column("ticks", Json),  # whatever else ticks: the prices as read, the picture addresses where they differ
        Column("marked", Boolean, nullable=False),  # the page only said that the listing is gone; nothing was read from it
        Column("note_id", Key, ForeignKey("payloads.id")),  # by hand: how it was obtained
        Index(None, "listing_key", "at"),
    )
)

sellers = Table(
    "sellers",
    metadata,
    Column("key", Digest, primary_key=True),  # HMAC over id space and id (or name)
    Column("id_space", String(255), nullable=False),
    Column("id_hash", Digest),  # HMACs without the id space, so that one look-up finds a seller on every site
    Column("name_hash", Digest),
    Column("name", Text),
    Column("seller_id", Text),
    Column("url", Text),
    Column("location", Text),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("erased_at", Moment),
    Index(None, "id_hash"),
    Index(None, "name_hash"),
)

pictures = Table(
    "pictures",
    metadata,
    Column("sha256", Digest, primary_key=True),
    Column("media_type", String(80), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("phash", String(64)),
    Column("band0", Integer),  # the four 16-bit bands of a 64-bit hash, for likeness within 7 bits by index alone
    Column("band1", Integer),
    Column("band2", Integer),
    Column("band3", Integer),
    Column("capture_id", String(60)),
    Column("first_seen", Moment, nullable=False),
    Index(None, "band0"),
    Index(None, "band1"),
    Index(None, "band2"),
    Index(None, "band3"),
)

listing_pictures = Table(
    "listing_pictures",
    metadata,
    Column("listing_key", Key, ForeignKey("listings.key"), primary_key=True),
    Column("sha256", Digest, ForeignKey("pictures.sha256"), primary_key=True),
    Column("path", Text, primary_key=True),  # the address's path without query, "" for a picture brought by hand
    Column("url", Text),
    Column("url_digest", Digest),
    Column("position", Integer, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Index(None, "sha256"),
    Index(None, "url_digest"),
)

cluster_events = append_only(
    Table(
        "cluster_events",
        metadata,
        serial(),
        Column("cluster_id", Key, nullable=False),
        Column("listing_key", Key, ForeignKey("listings.key"), nullable=False),
        Column("kind", String(10), nullable=False),  # join, leave
        Column("reason", String(40), nullable=False),
        Column("method", String(40), nullable=False),  # first, relisting, near_twin, picture, cross_site, person, merge
        Column("score", Integer),
        Column("person_id", Key),
        Column("at", Moment, nullable=False),
        Index(None, "cluster_id"),
        Index(None, "listing_key"),
    )
)

cluster_aliases = append_only(
    Table(
        "cluster_aliases",
        metadata,
        Column("alias", Key, primary_key=True),  # the id that was absorbed
        Column("cluster_id", Key, nullable=False),  # the id that goes on
        Column("at", Moment, nullable=False),
        Index(None, "cluster_id"),
    )
)

# ---------------------------------------------------------------------------------------------------------------------
# Assessments, and what the index has yet to hear

rulebooks = append_only(
    Table(
        "rulebooks",
        metadata,
        Column("number", Integer, primary_key=True, autoincrement=False),  # shown as r41
        Column("hash", String(80), nullable=False, unique=True),
        Column("canonical", LargeBinary, nullable=False),  # canonical JSON, compressed by zlib
        Column("first_used", Moment, nullable=False),
    )
)

assessments = Table(
    "assessments",
    metadata,
    Column("id", Key, primary_key=True),
    Column("listing_key", Key, ForeignKey("listings.key"), nullable=False),
    Column("version_id", Key, ForeignKey("versions.id"), nullable=False),
    Column("rulebook", String(80), nullable=False),
    Column("context_hash", Digest, nullable=False),
    Column("context", Json, nullable=False),
    Column("score", Integer, nullable=False),
    Column("sum", Integer, nullable=False),
    Column("band", String(10), nullable=False),
    Column("body", Json),  # the assessment as JSON; null once erased
    Column("pinned", Boolean, nullable=False),  # shown to a person or decided on: kept when a newer one comes
    Column("at", Moment, nullable=False),
    Index(None, "listing_key"),
    Index(None, "version_id"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("listing_key", Key, ForeignKey("listings.key"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("since", Moment, nullable=False),  # when the index began to lag behind for this listing
    Column("owner", String(300)),
    Column("leased_until", Moment),
    Column("not_before", Moment),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    Column("dead", Boolean, nullable=False),
    Index(None, "dead", "since"),
)

erasures = append_only(
    Table(
        "erasures",
        metadata,
        Column("id", Key, primary_key=True),
        Column("kind", String(20), nullable=False),  # seller, listing, payload, capture
        Column("subject", String(80), nullable=False),
        Column("class", String(40), nullable=False, key="class_"),  # the retention class or legal ground it fell under
        Column("person_id", Key),
        Column("at", Moment, nullable=False),
        Index(None, "subject"),
    )
)
