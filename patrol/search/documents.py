"""What the index holds: one document per listing, one per cluster, and tombstones for what was erased.

`triage.indexing` builds them from the ledger in one snapshot and hands them to an `Index` (search/index.py); every engine
stores the same documents. A document never carries a seller's name, a note's text or anything else that is personal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from types import MappingProxyType

from patrol.errors import StoreError
from patrol.records import Authenticity, Band, PriceKind, ProvenanceGrade, ProvenanceSupport, Status

LARGEST_NUMBER = 2**62
LONGEST_KEY = 40  # bytes of UTF-8; the ledger's UUIDs take 36
_WITHOUT_MINOR = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"]
)
_THREE_DIGITS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


class DeskStatus(StrEnum):
    """What the desk made of a listing or cluster: a projection of the decisions that a viewer may see."""

    OPEN = "open"
    LEAD = "lead"
    CLEARED = "cleared"
    UNSURE = "unsure"
    WATCH = "watch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Money in ISO 4217 minor units (pence, yen, fils); `kind` says what sort of price it is."""

    minor: int
    currency: str | None
    kind: PriceKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The desk's side of one listing, as one audience sees it; `changed` is "changed since decided"."""

    status: DeskStatus = DeskStatus.OPEN
    leads: tuple[str, ...] = ()  # lead numbers: L-2026-0001
    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingDocument:
    """One listing in its current version.

    `revision` is the ledger's per-listing counter: an older one never replaces a newer one. `visible_to` names the
    agencies that may find this document at all (empty: every one). `desk` is what everyone may know of the desk's work
    on it; `desk_for` gives, by agency, the fuller picture for those that may see more (own or shared leads, decisions).
    """

    key: str
    revision: int
    marketplace: str
    url: str
    listing_id: str | None = None
    lot_number: str | None = None
    title: str | None = None
    description: str | None = None
    provenance: str | None = None
    attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    category: tuple[str, ...] = ()
    location: str | None = None
    language: str | None = None
    seller_key: str | None = None  # the ledger's keyed hash, never a name
    status: Status | None = None
    price: Amount | None = None
    price_eur: int | None = None  # cents, derived from the reference rates; never shown as the price
    estimate_low: Amount | None = None
    estimate_high: Amount | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    ends_at: datetime | None = None
    score: int = 0
    sum: int = 0
    band: Band = Band.NONE
    rules: tuple[str, ...] = ()  # live rules that gave a signal
    cultures: tuple[str, ...] = ()
    object_types: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    authenticity: Authenticity = Authenticity.UNKNOWN
    provenance_grade: ProvenanceGrade = ProvenanceGrade.NONE
    provenance_support: ProvenanceSupport = ProvenanceSupport.NONE
    rulebook: str | None = None  # running number as shown: r41
    cluster: str | None = None
    pictures: int = 0
    picture: str | None = None  # SHA-256 of the first stored picture, for rows and thumbnails
    picture_match: bool = False  # the same picture stands in a register or under another seller
    visible_to: tuple[str, ...] = ()
    desk: Desk = Desk()
    desk_for: Mapping[str, Desk] = field(default_factory=lambda: MappingProxyType({}))

    def seen_by(self, agency: str | None) -> Desk | None:
        """The desk's side for one agency (None: nobody in particular), or None where it may not find the document."""
        if self.visible_to and agency not in self.visible_to:
            return None
        return self.desk if agency is None else self.desk_for.get(agency, self.desk)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterView:
    """One cluster as one audience sees it: counts, members and bests are over the members which that audience may find.

    `status` is `open` while any member is open. `next_end` is the soonest end of a live, open member; with the flags it
    makes the urgency, worked out against the query's own time. `uncertainty` (0–1000, 1000 = on the edge of review) and
    `draw` (a random number fixed per cluster) order the two other streams of the queue.
    """

    title: str | None = None  # of the best member, with its picture and marketplace, for the queue's row
    best: str | None = None  # key of the member with the highest sum
    picture: str | None = None
    score: int = 0
    sum: int = 0
    band: Band = Band.NONE
    status: DeskStatus = DeskStatus.OPEN
    leads: tuple[str, ...] = ()
    changed: bool = False
    picture_match: bool = False
    next_end: datetime | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    uncertainty: int = 0
    draw: int = 0
    members: tuple[str, ...] = ()  # listing keys, best first
    open_members: int = 0
    flagged_members: int = 0
    reason: str | None = None  # what holds it together: relisting, near_twin, picture, cross_site, seller
    seller_key: str | None = None  # where all members share one
    price_eur: int | None = None  # highest of the live members, cents
    marketplaces: tuple[str, ...] = ()
    cultures: tuple[str, ...] = ()
    object_types: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterDocument:
    """One cluster. `everyone` is None where no member is public; `agencies` holds the views of those that see more.

    `revision` must grow with every change of any member; writing a document replaces all its views.
    """

    key: str  # the cluster's UUID
    revision: int
    everyone: ClusterView | None
    agencies: Mapping[str, ClusterView] = field(default_factory=lambda: MappingProxyType({}))

    def seen_by(self, agency: str | None) -> ClusterView | None:
        """The cluster for one agency (None: nobody in particular), or None where it may not find it."""
        return self.everyone if agency is None else self.agencies.get(agency, self.everyone)


class Shelf(StrEnum):
    """The two sorts of documents, each with its own keys."""

    LISTINGS = "listings"
    CLUSTERS = "clusters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """Something that was erased (or a cluster merged away): it is found no more, and a late older document is refused.

    Its revision must be higher than that of the last document written.
    """

    shelf: Shelf
    key: str
    revision: int


Document = ListingDocument | ClusterDocument | Tombstone


def shelf_of(document: Document) -> Shelf:
    if isinstance(document, Tombstone):
        return document.shelf
    return Shelf.CLUSTERS if isinstance(document, ClusterDocument) else Shelf.LISTINGS


def minor_units(amount: Decimal, currency: str | None) -> int:
    """An amount in the currency's ISO 4217 minor units, rounded half to even; two digits where the currency is unknown."""
    digits = 0 if currency in _WITHOUT_MINOR else 3 if currency in _THREE_DIGITS else 2
    return int(amount.scaleb(digits).to_integral_value(ROUND_HALF_EVEN))


def major_units(amount: Amount) -> Decimal:
    """The way back: `Amount(minor=11500, currency="GBP")` is Decimal("115.00")."""
    digits = 0 if amount.currency in _WITHOUT_MINOR else 3 if amount.currency in _THREE_DIGITS else 2
    return Decimal(amount.minor).scaleb(-digits)


def check(document: Document) -> None:
    """Refuses what no engine could keep: keys too long, naive times, revisions below 1, numbers beyond 62 bits, text that is no
    Unicode. Raises StoreError naming the document."""
    if not document.key or len(document.key.encode(errors="replace")) > LONGEST_KEY:
        raise StoreError(f"the key {document.key!r} is empty or longer than {LONGEST_KEY} bytes", where="index")
    if not 1 <= document.revision < LARGEST_NUMBER:
        raise StoreError(f"revision {document.revision} of {document.key} is out of bounds", where="index")
    for name, moment in _moments(document):
        if moment is not None and moment.tzinfo is None:
            raise StoreError(f"{name} of {document.key} has no time zone", where="index", remedy="Hand over UTC times")
    for name, number in _numbers(document):
        if number is not None and abs(number) >= LARGEST_NUMBER:
            raise StoreError(f"{name} of {document.key} is beyond what an index holds: {number}", where="index")
    if isinstance(document, ListingDocument):
        _check_texts(document)


def _check_texts(document: ListingDocument) -> None:
    texts = (document.title, document.description, document.provenance, document.location, document.url, *document.category)
    try:
        for text in (*texts, *document.attributes, *document.attributes.values()):
            if text:
                text.encode()
    except UnicodeEncodeError as error:
        raise StoreError(f"a text of {document.key} is no Unicode: {error.reason}", where="index") from error


def _numbers(document: Document) -> list[tuple[str, int | None]]:
    if isinstance(document, ListingDocument):
        amounts = [("price", document.price), ("estimate_low", document.estimate_low), ("estimate_high", document.estimate_high)]
        plain: list[tuple[str, int | None]] = [
            (name, getattr(document, name)) for name in ("price_eur", "score", "sum", "pictures")
        ]
        return plain + [(name, amount.minor) for name, amount in amounts if amount is not None]
    if isinstance(document, ClusterDocument):
        names = ("price_eur", "score", "sum", "uncertainty", "draw")
        return [(name, getattr(view, name)) for view in _views(document) for name in names]
    return []


def _views(document: ClusterDocument) -> list[ClusterView]:
    return [view for view in (document.everyone, *document.agencies.values()) if view is not None]


def _moments(document: Document) -> list[tuple[str, datetime | None]]:
    if isinstance(document, ListingDocument):
        return [(name, getattr(document, name)) for name in ("first_seen", "last_seen", "ends_at")]
    if isinstance(document, ClusterDocument):
        return [(name, getattr(view, name)) for view in _views(document) for name in ("first_seen", "last_seen", "next_end")]
    return []
