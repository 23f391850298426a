"""The whole schema of the first release: the crawl's tables, the desk's, and the guards of the event tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

EVENTS = (
    "captures",
    "ledger_chain",
    "versions",
    "sightings",
    "cluster_events",
    "cluster_aliases",
    "rulebooks",
    "erasures",
    "decisions",
    "lead_events",
    "notes",
    "audit",
)

REFUSE_CHANGE = """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only'; END $$"""


def upgrade() -> None:
    create_tables()
    guard_events()


def guard_events() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        for table in EVENTS:
            for verb in ("update", "delete"):
                connection.exec_driver_sql(
                    f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    connection.exec_driver_sql(REFUSE_CHANGE)
    for table in EVENTS:
        for verb in ("update", "delete"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def create_tables() -> None:
    op.create_table(
        "agencies",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agencies")),
        sa.UniqueConstraint("name", name=op.f("uq_agencies_name")),
    )
    op.create_table(
        "cluster_aliases",
        sa.Column("alias", sa.String(length=36), nullable=False),
        sa.Column("cluster_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("alias", name=op.f("pk_cluster_aliases")),
    )
    op.create_index(op.f("ix_cluster_aliases_cluster_id"), "cluster_aliases", ["cluster_id"], unique=False)
    op.create_table(
        "erasures",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("class", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index(op.f("ix_erasures_subject"), "erasures", ["subject"], unique=False)
    op.create_table(
        "lead_numbers",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_lead_numbers")),
    )
    op.create_table(
        "ledger_chain",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("head", sa.String(length=80), nullable=False),
        sa.Column("previous", sa.String(length=80), nullable=False),
        sa.Column("chain", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger_chain")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_ledger_chain_kind_subject")),
    )
    op.create_table(
        "listings",
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("id_space", sa.String(length=255), nullable=False),
        sa.Column("listing_id", sa.String(length=255), nullable=False),
        sa.Column("marketplace", sa.String(length=120), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("title_key", sa.Text(), nullable=True),
        sa.Column("seller_key", sa.String(length=64), nullable=True),
        sa.Column("cluster_id", sa.String(length=36), nullable=False),
        sa.Column("version_id", sa.String(length=36), nullable=True),
        sa.Column("sighting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("assessment_id", sa.String(length=36), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("price_drops", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_listings")),
        sa.UniqueConstraint("id_space", "listing_id", name=op.f("uq_listings_id_space_listing_id")),
    )
    op.create_index(op.f("ix_listings_cluster_id"), "listings", ["cluster_id"], unique=False)
    op.create_index(op.f("ix_listings_last_seen"), "listings", ["last_seen"], unique=False)
    op.create_index(op.f("ix_listings_seller_key_last_seen"), "listings", ["seller_key", "last_seen"], unique=False)
    op.create_index(op.f("ix_listings_title_key"), "listings", ["title_key"], unique=False)
    op.create_table(
        "payloads",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=36), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payloads")),
    )
    op.create_index(op.f("ix_payloads_subject"), "payloads", ["subject"], unique=False)
    op.create_table(
        "pictures",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("phash", sa.String(length=64), nullable=True),
        sa.Column("band0", sa.Integer(), nullable=True),
        sa.Column("band1", sa.Integer(), nullable=True),
        sa.Column("band2", sa.Integer(), nullable=True),
        sa.Column("band3", sa.Integer(), nullable=True),
        sa.Column("capture_id", sa.String(length=60), nullable=True),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_pictures")),
    )
    op.create_index(op.f("ix_pictures_band0"), "pictures", ["band0"], unique=False)
    op.create_index(op.f("ix_pictures_band1"), "pictures", ["band1"], unique=False)
    op.create_index(op.f("ix_pictures_band2"), "pictures", ["band2"], unique=False)
    op.create_index(op.f("ix_pictures_band3"), "pictures", ["band3"], unique=False)
    op.create_table(
        "rulebooks",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=80), nullable=False),
        sa.Column("canonical", sa.LargeBinary(), nullable=False),
        sa.Column("first_used", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rulebooks")),
        sa.UniqueConstraint("hash", name=op.f("uq_rulebooks_hash")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("marketplace", sa.String(length=120), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("rulebook", sa.String(length=80), nullable=True),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("parameters_digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evidence_head", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_marketplace_state"), "runs", ["marketplace", "state"], unique=False)
    op.create_index(op.f("ix_runs_started_at"), "runs", ["started_at"], unique=False)
    op.create_table(
        "sellers",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("id_space", sa.String(length=255), nullable=False),
        sa.Column("id_hash", sa.String(length=64), nullable=True),
        sa.Column("name_hash", sa.String(length=64), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("seller_id", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sellers")),
    )
    op.create_index(op.f("ix_sellers_id_hash"), "sellers", ["id_hash"], unique=False)
    op.create_index(op.f("ix_sellers_name_hash"), "sellers", ["name_hash"], unique=False)
    op.create_table(
        "sign_in_failures",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("login", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failures")),
    )
    op.create_index(op.f("ix_sign_in_failures_address_at"), "sign_in_failures", ["address", "at"], unique=False)
    op.create_index(op.f("ix_sign_in_failures_login_at"), "sign_in_failures", ["login", "at"], unique=False)
    op.create_table(
        "site_slots",
        sa.Column("site", sa.String(length=255), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_site_slots")),
    )
    op.create_table(
        "captures",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("headers_digest", sa.String(length=80), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=80), nullable=False),
        sa.Column("chain", sa.String(length=80), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("offset", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("length", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_captures_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_captures")),
        sa.UniqueConstraint("run_id", "sequence", name=op.f("uq_captures_run_id_sequence")),
    )
    op.create_table(
        "cluster_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("cluster_id", sa.String(length=36), nullable=False),
        sa.Column("listing_key", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["listing_key"], ["listings.key"], name=op.f("fk_cluster_events_listing_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cluster_events")),
    )
    op.create_index(op.f("ix_cluster_events_cluster_id"), "cluster_events", ["cluster_id"], unique=False)
    op.create_index(op.f("ix_cluster_events_listing_key"), "cluster_events", ["listing_key"], unique=False)
    op.create_table(
        "listing_pictures",
        sa.Column("listing_key", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("url_digest", sa.String(length=64), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["listing_key"], ["listings.key"], name=op.f("fk_listing_pictures_listing_key")),
        sa.ForeignKeyConstraint(["sha256"], ["pictures.sha256"], name=op.f("fk_listing_pictures_sha256")),
        sa.PrimaryKeyConstraint("listing_key", "sha256", "path", name=op.f("pk_listing_pictures")),
    )
    op.create_index(op.f("ix_listing_pictures_sha256"), "listing_pictures", ["sha256"], unique=False)
    op.create_index(op.f("ix_listing_pictures_url_digest"), "listing_pictures", ["url_digest"], unique=False)
    op.create_table(
        "listing_urls",
        sa.Column("url_digest", sa.String(length=64), nullable=False),
        sa.Column("listing_key", sa.String(length=36), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["listing_key"], ["listings.key"], name=op.f("fk_listing_urls_listing_key")),
        sa.PrimaryKeyConstraint("url_digest", "listing_key", name=op.f("pk_listing_urls")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_listing_urls_listing_key"), "listing_urls", ["listing_key"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("listing_key", sa.String(length=36), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner", sa.String(length=300), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("dead", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["listing_key"], ["listings.key"], name=op.f("fk_outbox_listing_key")),
        sa.PrimaryKeyConstraint("listing_key", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_dead_since"), "outbox", ["dead", "since"], unique=False)
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("login", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('officer', 'analyst', 'expert', 'supervisor', 'auditor', 'admin')", name=op.f("ck_people_role_known")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_people_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("login", name=op.f("uq_people_login")),
    )
    op.create_table(
        "requests",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("site", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("meta", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leases", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.String(length=300), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_requests_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
        sa.UniqueConstraint("run_id", "fingerprint", name=op.f("uq_requests_run_id_fingerprint")),
    )
    op.create_index(op.f("ix_requests_run_id_state_rank_id"), "requests", ["run_id", "state", "rank", "id"], unique=False)
    op.create_table(
        "run_counts",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_counts_run_id")),
        sa.PrimaryKeyConstraint("run_id", "outcome", name=op.f("pk_run_counts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "run_faults",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("listing_key", sa.String(length=36), nullable=True),
        sa.Column("request_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_faults_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_faults")),
    )
    op.create_index(op.f("ix_run_faults_listing_key"), "run_faults", ["listing_key"], unique=False)
    op.create_index(op.f("ix_run_faults_run_id"), "run_faults", ["run_id"], unique=False)
    op.create_table(
        "sightings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("listing_key", sa.String(length=36), nullable=False),
        sa.Column("version_id", sa.String(length=36), nullable=True),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("capture_id", sa.String(length=60), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.String(length=40), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("price_kind", sa.String(length=10), nullable=True),
        sa.Column("bid_count", sa.Integer(), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ticks", sa.Text(), nullable=True),
        sa.Column("marked", sa.Boolean(), nullable=False),
        sa.Column("note_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["listing_key"], ["listings.key"], name=op.f("fk_sightings_listing_key"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(["note_id"], ["payloads.id"], name=op.f("fk_sightings_note_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_sightings_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sightings")),
    )
    op.create_index(op.f("ix_sightings_listing_key_at"), "sightings", ["listing_key", "at"], unique=False)
    op.create_table(
        "versions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("listing_key", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text_digest", sa.String(length=64), nullable=False),
        sa.Column("pictures", sa.Text(), nullable=False),
        sa.Column("seller_key", sa.String(length=64), nullable=True),
        sa.Column("payload_id", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("capture_id", sa.String(length=60), nullable=True),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["listing_key"], ["listings.key"], name=op.f("fk_versions_listing_key")),
        sa.ForeignKeyConstraint(["payload_id"], ["payloads.id"], name=op.f("fk_versions_payload_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_versions_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_versions")),
        sa.UniqueConstraint("listing_key", "number", name=op.f("uq_versions_listing_key_number")),
    )
    op.create_table(
        "weeks",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("marketplaces", sa.Text(), nullable=False),
        sa.Column("themes", sa.Text(), nullable=False),
        sa.Column("rulebook", sa.String(length=80), nullable=True),
        sa.Column("mark", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("mark IN ('CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED')", name=op.f("ck_weeks_mark_known")),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_weeks_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weeks")),
        sa.UniqueConstraint("slug", name=op.f("uq_weeks_slug")),
    )
    op.create_table(
        "assessments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("listing_key", sa.String(length=36), nullable=False),
        sa.Column("version_id", sa.String(length=36), nullable=False),
        sa.Column("rulebook", sa.String(length=80), nullable=False),
        sa.Column("context_hash", sa.String(length=64), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("sum", sa.Integer(), nullable=False),
        sa.Column("band", sa.String(length=10), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["listing_key"], ["listings.key"], name=op.f("fk_assessments_listing_key")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_assessments_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessments")),
    )
    op.create_index(op.f("ix_assessments_listing_key"), "assessments", ["listing_key"], unique=False)
    op.create_index(op.f("ix_assessments_version_id"), "assessments", ["version_id"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("agency_id", sa.String(length=36), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("object_kind", sa.String(length=30), nullable=False),
        sa.Column("object_id", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("payload_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_audit_agency_id")),
        sa.ForeignKeyConstraint(["payload_id"], ["payloads.id"], name=op.f("fk_audit_payload_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_audit_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_index(op.f("ix_audit_object_kind_object_id_at"), "audit", ["object_kind", "object_id", "at"], unique=False)
    op.create_index(op.f("ix_audit_person_id_at"), "audit", ["person_id", "at"], unique=False)
    op.create_table(
        "claims",
        sa.Column("cluster_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_claims_agency_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_claims_person_id")),
        sa.PrimaryKeyConstraint("cluster_id", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_expires_at"), "claims", ["expires_at"], unique=False)
    op.create_index(op.f("ix_claims_person_id"), "claims", ["person_id"], unique=False)
    op.create_table(
        "leads",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("mark", sa.String(length=12), nullable=False),
        sa.Column("handling_code", sa.String(length=2), nullable=True),
        sa.Column("source_evaluation", sa.String(length=1), nullable=True),
        sa.Column("information_evaluation", sa.Integer(), nullable=True),
        sa.Column("seller_key", sa.String(length=80), nullable=True),
        sa.Column("object_country", sa.String(length=2), nullable=True),
        sa.Column("platform_country", sa.String(length=2), nullable=True),
        sa.Column("authority", sa.String(length=200), nullable=True),
        sa.Column("national_case", sa.String(length=120), nullable=True),
        sa.Column("investigation", sa.String(length=10), nullable=True),
        sa.Column("recipient", sa.String(length=200), nullable=True),
        sa.Column("legal_basis", sa.String(length=300), nullable=True),
        sa.Column("merged_into", sa.String(length=36), nullable=True),
        sa.Column("week_id", sa.String(length=36), nullable=True),
        sa.Column("follow_up_on", sa.Date(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "handling_code IS NULL OR handling_code IN ('H0', 'H1', 'H2', 'H3')", name=op.f("ck_leads_handling_code_known")
        ),
        sa.CheckConstraint(
            "investigation IS NULL OR investigation IN ('new', 'supported')", name=op.f("ck_leads_investigation_known")
        ),
        sa.CheckConstraint("mark IN ('CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED')", name=op.f("ck_leads_mark_known")),
        sa.CheckConstraint(
            "source_evaluation IS NULL OR source_evaluation IN ('A', 'B', 'C', 'X')",
            name=op.f("ck_leads_source_evaluation_known"),
        ),
        sa.CheckConstraint(
            "status IN ('opened', 'enriching', 'assessed', 'referred', 'accepted', 'outcome', 'merged', 'returned', 'closed')",
            name=op.f("ck_leads_status_known"),
        ),
        sa.CheckConstraint(
            "information_evaluation IS NULL OR (information_evaluation >= 1 AND information_evaluation <= 4)",
            name=op.f("ck_leads_information_evaluation_known"),
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_leads_agency_id")),
        sa.ForeignKeyConstraint(["merged_into"], ["leads.id"], name=op.f("fk_leads_merged_into")),
        sa.ForeignKeyConstraint(["owner_id"], ["people.id"], name=op.f("fk_leads_owner_id")),
        sa.ForeignKeyConstraint(["week_id"], ["weeks.id"], name=op.f("fk_leads_week_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
        sa.UniqueConstraint("number", name=op.f("uq_leads_number")),
        sa.UniqueConstraint("year", "serial", name=op.f("uq_leads_year_serial")),
    )
    op.create_index(op.f("ix_leads_agency_id_status"), "leads", ["agency_id", "status"], unique=False)
    op.create_index(op.f("ix_leads_owner_id"), "leads", ["owner_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sessions_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_expires_at"), "sessions", ["expires_at"], unique=False)
    op.create_index(op.f("ix_sessions_person_id"), "sessions", ["person_id"], unique=False)
    op.create_table(
        "week_members",
        sa.Column("week_id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_week_members_agency_id")),
        sa.ForeignKeyConstraint(["week_id"], ["weeks.id"], name=op.f("fk_week_members_week_id")),
        sa.PrimaryKeyConstraint("week_id", "agency_id", name=op.f("pk_week_members")),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("listing_key", sa.String(length=36), nullable=False),
        sa.Column("version_id", sa.String(length=36), nullable=False),
        sa.Column("sighting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("assessment_id", sa.String(length=36), nullable=True),
        sa.Column("rulebook", sa.String(length=80), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("week_id", sa.String(length=36), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Integer(), nullable=True),
        sa.Column("to_person_id", sa.String(length=36), nullable=True),
        sa.Column("to_expert", sa.Boolean(), nullable=False),
        sa.Column("lead_id", sa.String(length=36), nullable=True),
        sa.Column("undoes", sa.String(length=36), nullable=True),
        sa.Column("payload_id", sa.String(length=36), nullable=True),
        sa.Column("stream", sa.String(length=10), nullable=False),
        sa.Column("probability", sa.Float(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("cluster_id", sa.String(length=36), nullable=True),
        sa.Column("cluster_place", sa.Integer(), nullable=True),
        sa.Column("cluster_size", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("examined", sa.Boolean(), nullable=False),
        sa.Column("batch_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint("(kind = 'undo') = (undoes IS NOT NULL)", name=op.f("ck_decisions_undo_points")),
        sa.CheckConstraint("kind IN ('lead', 'clear', 'unsure', 'watch', 'skip', 'undo')", name=op.f("ck_decisions_kind_known")),
        sa.CheckConstraint("stream IN ('value', 'uncertain', 'audit', 'search')", name=op.f("ck_decisions_stream_known")),
        sa.CheckConstraint(
            "probability IS NULL OR (probability > 0 AND probability <= 1)", name=op.f("ck_decisions_probability_range")
        ),
        sa.CheckConstraint("reason IS NULL OR (reason >= 0 AND reason <= 9)", name=op.f("ck_decisions_reason_known")),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_decisions_agency_id")),
        sa.ForeignKeyConstraint(["assessment_id"], ["assessments.id"], name=op.f("fk_decisions_assessment_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_decisions_lead_id")),
        sa.ForeignKeyConstraint(["listing_key"], ["listings.key"], name=op.f("fk_decisions_listing_key")),
        sa.ForeignKeyConstraint(["payload_id"], ["payloads.id"], name=op.f("fk_decisions_payload_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_decisions_person_id")),
        sa.ForeignKeyConstraint(["to_person_id"], ["people.id"], name=op.f("fk_decisions_to_person_id")),
        sa.ForeignKeyConstraint(["undoes"], ["decisions.id"], name=op.f("fk_decisions_undoes")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_decisions_version_id")),
        sa.ForeignKeyConstraint(["week_id"], ["weeks.id"], name=op.f("fk_decisions_week_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("undoes", name=op.f("uq_decisions_undoes")),
    )
    op.create_index(op.f("ix_decisions_at"), "decisions", ["at"], unique=False)
    op.create_index(op.f("ix_decisions_listing_key_at"), "decisions", ["listing_key", "at"], unique=False)
    op.create_index(op.f("ix_decisions_person_id_at"), "decisions", ["person_id", "at"], unique=False)
    op.create_table(
        "lead_listings",
        sa.Column("lead_id", sa.String(length=36), nullable=False),
        sa.Column("listing_key", sa.String(length=36), nullable=False),
        sa.Column("version_id", sa.String(length=36), nullable=False),
        sa.Column("added_by", sa.String(length=36), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["people.id"], name=op.f("fk_lead_listings_added_by")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_listings_lead_id")),
        sa.ForeignKeyConstraint(["listing_key"], ["listings.key"], name=op.f("fk_lead_listings_listing_key")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_lead_listings_version_id")),
        sa.PrimaryKeyConstraint("lead_id", "listing_key", name=op.f("pk_lead_listings")),
    )
    op.create_index(op.f("ix_lead_listings_listing_key"), "lead_listings", ["listing_key"], unique=False)
    op.create_table(
        "lead_readers",
        sa.Column("lead_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("named_by", sa.String(length=36), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_readers_lead_id")),
        sa.ForeignKeyConstraint(["named_by"], ["people.id"], name=op.f("fk_lead_readers_named_by")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_lead_readers_person_id")),
        sa.PrimaryKeyConstraint("lead_id", "person_id", name=op.f("pk_lead_readers")),
    )
    op.create_table(
        "lead_shares",
        sa.Column("lead_id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("shared_by", sa.String(length=36), nullable=False),
        sa.Column("shared_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_lead_shares_agency_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_shares_lead_id")),
        sa.ForeignKeyConstraint(["shared_by"], ["people.id"], name=op.f("fk_lead_shares_shared_by")),
        sa.PrimaryKeyConstraint("lead_id", "agency_id", name=op.f("pk_lead_shares")),
    )
    op.create_table(
        "notes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("lead_id", sa.String(length=36), nullable=True),
        sa.Column("listing_key", sa.String(length=36), nullable=True),
        sa.Column("version_id", sa.String(length=36), nullable=True),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fact", sa.Boolean(), nullable=False),
        sa.Column("mark", sa.String(length=12), nullable=False),
        sa.Column("payload_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("mark IN ('CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED')", name=op.f("ck_notes_mark_known")),
        sa.CheckConstraint("lead_id IS NOT NULL OR listing_key IS NOT NULL", name=op.f("ck_notes_subject_given")),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_notes_agency_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_notes_lead_id")),
        sa.ForeignKeyConstraint(["listing_key"], ["listings.key"], name=op.f("fk_notes_listing_key")),
        sa.ForeignKeyConstraint(["payload_id"], ["payloads.id"], name=op.f("fk_notes_payload_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_notes_person_id")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_notes_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index(op.f("ix_notes_lead_id_at"), "notes", ["lead_id", "at"], unique=False)
    op.create_index(op.f("ix_notes_listing_key_at"), "notes", ["listing_key", "at"], unique=False)
    op.create_table(
        "lead_events",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("lead_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("listing_key", sa.String(length=36), nullable=True),
        sa.Column("version_id", sa.String(length=36), nullable=True),
        sa.Column("note_id", sa.String(length=36), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("payload_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_lead_events_agency_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_events_lead_id")),
        sa.ForeignKeyConstraint(["listing_key"], ["listings.key"], name=op.f("fk_lead_events_listing_key")),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=op.f("fk_lead_events_note_id")),
        sa.ForeignKeyConstraint(["payload_id"], ["payloads.id"], name=op.f("fk_lead_events_payload_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_lead_events_person_id")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_lead_events_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_events")),
    )
    op.create_index(op.f("ix_lead_events_lead_id_at"), "lead_events", ["lead_id", "at"], unique=False)
    op.create_table(
        "listing_status",
        sa.Column("listing_key", sa.String(length=36), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("decision_id", sa.String(length=36), nullable=False),
        sa.Column("version_id", sa.String(length=36), nullable=False),
        sa.Column("sighting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("to_person_id", sa.String(length=36), nullable=True),
        sa.Column("to_expert", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'lead', 'cleared', 'unsure', 'watch')", name=op.f("ck_listing_status_status_known")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_listing_status_agency_id")),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("fk_listing_status_decision_id")),
        sa.ForeignKeyConstraint(["listing_key"], ["listings.key"], name=op.f("fk_listing_status_listing_key")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_listing_status_person_id")),
        sa.ForeignKeyConstraint(["to_person_id"], ["people.id"], name=op.f("fk_listing_status_to_person_id")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_listing_status_version_id")),
        sa.PrimaryKeyConstraint("listing_key", name=op.f("pk_listing_status")),
    )
    op.create_index(op.f("ix_listing_status_status"), "listing_status", ["status"], unique=False)
    op.create_index(op.f("ix_listing_status_to_person_id"), "listing_status", ["to_person_id"], unique=False)
    op.create_table(
        "note_shares",
        sa.Column("note_id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("shared_by", sa.String(length=36), nullable=False),
        sa.Column("shared_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_note_shares_agency_id")),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=op.f("fk_note_shares_note_id")),
        sa.ForeignKeyConstraint(["shared_by"], ["people.id"], name=op.f("fk_note_shares_shared_by")),
        sa.PrimaryKeyConstraint("note_id", "agency_id", name=op.f("pk_note_shares")),
    )
