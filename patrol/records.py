"""The nouns of Patrol: frozen records that every room hands to the next.

`extract` makes a Listing out of a page, `scoring` an Assessment out of a Listing, `fetch` and `evidence` a Capture out
of an answer, `pipelines` carry all of it in an Item to `ledger`. Nothing here reads a file, a clock or the network.
The JSON shapes of Listing and Assessment are the ones that other programs rely on; see `as_json` and `from_json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

NO_TEXT: Mapping[str, str] = MappingProxyType({})


class Outcome(StrEnum):
    """What came back for one request; the last three are set by the crawl, not read from a page."""

    LISTING = "listing"
    RESULTS = "results"
    BLOCKED = "blocked"
    REMOVED = "removed"
    LOGIN = "login"
    EMPTY = "empty"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    FAILED = "failed"
    REPLAYED = "replayed"


class Status(StrEnum):
    LIVE = "live"
    ENDED = "ended"
    SOLD = "sold"
    REMOVED = "removed"


class PriceKind(StrEnum):
    ASKING = "asking"
    STARTING = "starting"
    CURRENT = "current"
    HAMMER = "hammer"


class Band(StrEnum):
    NONE = "none"
    LOW = "low"
    REVIEW = "review"
    HIGH = "high"


class Authenticity(StrEnum):
    CLAIMED_ANCIENT = "claimed_ancient"
    STYLE_OF = "style_of"
    REPRODUCTION = "reproduction"
    MODERN = "modern"
    UNKNOWN = "unknown"


class ProvenanceGrade(StrEnum):
    """The earliest date that the text claims."""

    NONE = "none"
    VAGUE = "vague"
    POST2000 = "post2000"
    FROM_1970_TO_2000 = "1970_2000"
    PRE1970 = "pre1970"


class ProvenanceSupport(StrEnum):
    """How far the claim is backed; `seen` is only ever set by an officer."""

    NONE = "none"
    ASSERTED = "asserted"
    CITED = "cited"
    SEEN = "seen"


class ClaimKind(StrEnum):
    PROVENANCE = "provenance"
    EXPORT_LICENCE = "export_licence"
    FIND = "find"
    AUTHENTICITY = "authenticity"
    REPRODUCTION = "reproduction"


class Origin(StrEnum):
    """Where on the page a field was read."""

    STATE = "state"
    JSONLD = "jsonld"
    MICRODATA = "microdata"
    OPENGRAPH = "opengraph"
    CSS = "css"
    API = "api"
    HAND = "hand"
    DERIVED = "derived"


class How(StrEnum):
    """How an item came into the system."""

    CRAWL = "crawl"
    REPLAY = "replay"
    HAND = "hand"


# ---------------------------------------------------------------------------------------------------------------------
# The listing


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount as the page gives it; `currency` is ISO 4217, `raw` the page's own characters."""

    amount: Decimal
    currency: str | None
    kind: PriceKind
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    low: Decimal | None
    high: Decimal | None
    currency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """Who offers; kept apart from the listing in the ledger, never a feature of the score."""

    name: str | None = None
    id: str | None = None
    url: str | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture of the listing: the largest rendition the page names, and the SHA-256 of its bytes once fetched."""

    url: str | None
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One offer as one page gives it. A field that the page does not give is None (or empty), never borrowed."""

    marketplace: str
    listing_id: str | None
    url: str
    title: str | None = None
    description: str | None = None
    price: Money | None = None
    prices: tuple[Money, ...] = ()
    estimate: Estimate | None = None
    seller: Seller | None = None
    location: str | None = None
    images: tuple[Image, ...] = ()
    category: tuple[str, ...] = ()
    condition: str | None = None
    lot_number: str | None = None
    provenance: str | None = None
    attributes: Mapping[str, str] = field(default_factory=lambda: NO_TEXT)
    listed_at: datetime | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    bid_count: int | None = None
    status: Status | None = None
    language: str | None = None
    captured_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSource:
    """Where one field of a listing was read, and what the page literally said there (cut at 200 characters)."""

    origin: Origin
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One card of a results page: enough to decide whether to open the listing."""

    url: str
    title: str | None = None
    listing_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What one answer turned out to be, and what was read from it. `next_pages` are addresses of further results."""

    outcome: Outcome
    listing: Listing | None = None
    results: tuple[Result, ...] = ()
    next_pages: tuple[str, ...] = ()
    fields: Mapping[str, FieldSource] = field(default_factory=lambda: MappingProxyType({}))
    warnings: tuple[str, ...] = ()
    reason: str | None = None  # the marker that decided the outcome, in plain words


# ---------------------------------------------------------------------------------------------------------------------
# The assessment


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A place in a field's own text: `listing.field[start:end] == quote`. Fields by path: `attributes.Material`."""

    field: str
    start: int
    end: int
    quote: str
    via: str  # exact, fuzzy:91, claim, fact
    gloss: str | None = None  # an English gloss of a foreign term, for the desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One rule's contribution. Where `via` is absent, image or context, `span` is None."""

    rule: str
    points: int
    via: str
    because: str
    span: Span | None = None
    also: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One statement read from the text; years are inclusive, None where open."""

    kind: ClaimKind
    span: Span
    from_year: int | None = None
    to_year: int | None = None
    place: str | None = None
    support: ProvenanceSupport = ProvenanceSupport.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What scoring says of one listing under one rulebook and one context."""

    score: int
    sum: int
    band: Band
    signals: tuple[Signal, ...]
    shadow: tuple[Signal, ...]
    cultures: tuple[str, ...]
    object_types: tuple[str, ...]
    materials: tuple[str, ...]
    authenticity: Authenticity
    claims: tuple[Claim, ...]
    provenance_grade: ProvenanceGrade
    provenance_support: ProvenanceSupport
    outside_source_since: int | None
    rulebook: str

    @property
    def flagged(self) -> bool:
        """True where a person should look: review or high."""
        return self.band in (Band.REVIEW, Band.HIGH)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureMatch:
    """Another listing or a register's record that shows the same picture; distance in bits (0 identical)."""

    target: str
    kind: str  # listing, register
    distance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known beside the listing itself when it is scored; built and stored by the caller, replayed by backtest."""

    relistings: int = 0  # earlier listings of the same object under other ids
    price_drops: int = 0
    picture_matches: tuple[PictureMatch, ...] = ()
    register_matches: tuple[str, ...] = ()
    seller_listings: int = 0  # listings of the same seller key held in the ledger
    seller_flagged: int = 0
    rates: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))  # EUR per one unit of currency
    rates_date: str | None = None  # YYYY-MM-DD
    as_of: datetime | None = None
    themes: tuple[str, ...] = ()  # cultures (lexicon ids) that a patrol week looks for


# ---------------------------------------------------------------------------------------------------------------------
# Evidence and the way through the steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One sealed WARC record, as the evidence store hands it back. Digests are `sha256:<hex>`; offsets in bytes."""

    id: str  # urn:uuid of the WARC record
    run_id: str
    sequence: int
    url: str
    time: datetime
    kind: str  # response, conversion, resource (picture, screenshot, pdf, file brought by hand)
    status: int | None
    content_type: str | None
    digest: str
    headers_digest: str
    card: str
    previous: str
    chain: str  # digest over (digest, headers_digest, time, card, previous)
    file: str  # path below the evidence folder
    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture as stored: bytes unchanged under their own hash, perceptual hash for likeness."""

    sha256: str
    url: str | None
    media_type: str
    width: int
    height: int
    size: int  # bytes
    phash: str | None  # hex; see pipelines.images
    capture: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that went wrong on the way and is shown, not swallowed."""

    step: str
    message: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One listing on its way through the steps, with all that the steps have learnt so far."""

    listing: Listing
    id_space: str
    how: How
    run_id: str
    card: str
    fields: Mapping[str, FieldSource] = field(default_factory=lambda: MappingProxyType({}))
    capture: str | None = None  # Capture.id
    request_id: str | None = None  # the queue's row that is done once this item is kept
    note: str | None = None  # by hand: how it was obtained
    address: str | None = None  # the page's canonical address, set by check; known by it where the page gives no id
    listing_key: str | None = None  # the ledger's UUIDv7, set by dedupe
    same_as: str | None = None  # listing key of an earlier offer of the same object
    same_by: str | None = None  # relisting, near_twin, picture, cross_site
    same_score: int | None = None  # 0-100
    pictures: tuple[Picture, ...] = ()
    context: Context = Context()
    assessment: Assessment | None = None
    faults: tuple[Fault, ...] = ()


def utc(moment: datetime) -> str:
    """ISO 8601 in UTC with Z; a naive datetime is a programming error and raises ValueError."""
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime {moment!r}: read it with its zone, or leave the field None")
    return (
        moment.astimezone(UTC).isoformat(timespec="seconds" if not moment.microsecond else "milliseconds").replace("+00:00", "Z")
    )
