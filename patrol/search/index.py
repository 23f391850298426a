"""The one protocol of every search engine: what is asked of an index, and what it answers.

`triage.indexing` writes documents, `triage.queue`, the desk and `patrol search` read pages. `embedded.py` implements it on
SQLite; another engine is another module. Every reading call takes the viewer, and nothing that the viewer's agency may
not see shows up in a page, a total or a facet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Generic, Protocol, TypeVar

from patrol.search.documents import ClusterView, Desk, Document, ListingDocument, Shelf

T = TypeVar("T")
LARGEST_PAGE = 500


class Viewer(Protocol):
    """Who asks. Every record with an agency will do; an agency of None sees what is open to everyone."""

    @property
    def agency_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Everyone:
    """The viewer who belongs to no agency: sees only what is open to all."""

    agency_id: str | None = None


class Order(StrEnum):
    """How listings are sorted; every order ends with the listing's key. Nulls come last."""

    RELEVANCE = "relevance"  # words in the title first; without words the same as value
    VALUE = "value"  # highest sum first
    URGENCY = "urgency"  # ends soon, picture match or changed since decided first, then value
    NEWEST = "newest"  # first seen last
    ENDS = "ends"  # soonest end after now first; then those without an end; then those past
    PRICE_UP = "price_up"  # in euro
    PRICE_DOWN = "price_down"


class QueueOrder(StrEnum):
    """How clusters are sorted; every order ends with the cluster's key."""

    VALUE = "value"  # urgent first, then highest sum
    UNCERTAIN = "uncertain"  # urgent first, then highest uncertainty
    DRAW = "draw"  # the random number that was drawn for each cluster
    NEWEST = "newest"
    ENDS = "ends"


FACETS = (
    "marketplace", "culture", "type", "material", "band", "status", "desk", "authenticity", "grade", "support", "lang", "rule",
    "currency", "lead",
)  # fmt: skip
HISTOGRAMS = ("first_seen", "last_seen", "ends_at", "price_eur")
PRICE_EDGES = (0, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000)  # euro: lower edges of the price histogram


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked of the listings.

    `text` is the grammar of search/query.py. `where` holds ticked filters: by field of that grammar, any of the values; all
    fields must hold. `after` is the `next` of the page before. `now` is the time for urgency (None: the clock's); a cursor
    keeps the first page's. `facets` names fields of FACETS and HISTOGRAMS to be counted over all hits; `interval`
    (day, week, month) is that of the date histograms. `within` leaves only listings with these keys to be found (None: all).
    """

    text: str = ""
    where: Mapping[str, Sequence[str]] = field(default_factory=lambda: MappingProxyType({}))
    order: Order = Order.RELEVANCE
    limit: int = 50
    after: str | None = None
    facets: Sequence[str] = ()
    interval: str = "day"
    urgent_hours: float = 24
    now: datetime | None = None
    highlight: bool = True
    within: Sequence[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueQuery:
    """What is asked of the clusters.

    Each filter is "any of" (empty: no filter); `themes` are cultures that a patrol week looks for. `min_sum` is inclusive.
    `without` leaves out clusters by key (claimed by others, skipped in this session) from page and total.
    """

    marketplaces: Sequence[str] = ()
    cultures: Sequence[str] = ()
    object_types: Sequence[str] = ()
    materials: Sequence[str] = ()
    languages: Sequence[str] = ()
    bands: Sequence[str] = ("review", "high")
    statuses: Sequence[str] = ("open",)
    themes: Sequence[str] = ()
    rules: Sequence[str] = ()
    seller_key: str | None = None
    changed_too: bool = True  # clusters changed since decided count as open
    min_sum: int | None = None
    without: Sequence[str] = ()
    order: QueueOrder = QueueOrder.VALUE
    limit: int = 50
    after: str | None = None
    facets: Sequence[str] = ()  # of marketplace, culture, type, material, band, status, lang, rule
    urgent_hours: float = 24
    now: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One value of a facet or one bucket of a histogram (its lower edge: YYYY-MM-DD, or euro; "" where null)."""

    value: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One thing to be counted over listings, for a panel of the overview.

    `by` is a field of FACETS (each of its values), a date (each day, week from Monday or month in UTC, by `interval`), or a
    number (steps that begin at each of `edges`, in euro for price_eur; the last is open, and what lies below the first belongs
    to it); None is how many there are, as one Count with the value "". `where` is that of a Query.
    """

    by: str | None = None
    where: Mapping[str, Sequence[str]] = field(default_factory=lambda: MappingProxyType({}))
    interval: str = "week"
    edges: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One listing of a page; `desk` is what the viewer may know. Highlights: by field, stretches of the original text
    (`attributes.Material` for an attribute), in order and without overlap."""

    document: ListingDocument
    desk: Desk
    urgent: bool
    highlights: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterHit:
    """One cluster of the queue as the viewer may see it."""

    key: str
    view: ClusterView
    urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page: `total` is exact over all pages; `next` is the cursor of the following page, None on the last."""

    hits: tuple[T, ...]
    total: int
    next: str | None = None
    facets: Mapping[str, tuple[Count, ...]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """A document that the engine cannot take as it is, however often it is tried, and the engine's reason."""

    shelf: Shelf
    key: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a write did: kept, and refused because the index already holds the same or a newer revision. `unfit` documents
    are not in the index; those beside them are."""

    kept: int
    refused: int
    unfit: tuple[Unfit, ...] = ()

    def __add__(self, other: Written) -> Written:
        return Written(kept=self.kept + other.kept, refused=self.refused + other.refused, unfit=self.unfit + other.unfit)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStatus:
    """How the index stands: documents that can be found, tombstones, engine and generation (raised by each rebuild)."""

    engine: str
    generation: int
    listings: int
    clusters: int
    tombstones: int
    bytes: int
    last_write: datetime | None
    place: str | Path


class Index(Protocol):
    """The promises: writes are idempotent and ordered by revision per key; a call that returned can be found by the next
    read of any process; paging by key skips and repeats nothing that did not change; a rebuild loses no write."""

    def write(self, documents: Sequence[Document]) -> Written:
        """Checks all before it writes any (StoreError, nothing written). A document whose revision is not higher than the one
        held is refused, silently but counted. Where the engine goes away in between (StoreError) a part may be written:
        writing the same again is harmless."""

    def search(self, query: Query, viewer: Viewer) -> Page[Hit]:
        """One page of listings. Raises QueryError (a UsageError) with the place of a fault in the text."""

    def tally(self, tallies: Sequence[Tally], viewer: Viewer) -> list[tuple[Count, ...]]:
        """The counts of each, all of one moment: values by frequency and then alphabet, dates and numbers by their edges (of
        numbers empty steps too), what has no date or number last under "". UsageError for what cannot be counted."""

    def get(self, keys: Sequence[str], viewer: Viewer) -> list[Hit]:
        """Listings by key, in the order asked for; those that are gone or not for the viewer are left out."""

    def queue(self, query: QueueQuery, viewer: Viewer) -> Page[ClusterHit]:
        """One page of clusters."""

    def clusters(self, keys: Sequence[str], viewer: Viewer) -> list[ClusterHit]:
        """Clusters by key, in the order asked for; those that are gone or not for the viewer are left out."""

    def members(self, clusters: Sequence[str], viewer: Viewer) -> dict[str, list[Hit]]:
        """The listings of each cluster that the viewer may see, best first."""

    def revisions(self, keys: Sequence[str]) -> dict[str, int]:
        """Which revision is held of each listing key, tombstones included: for checks against the ledger."""

    def count(self) -> int:
        """Listings held, whoever may see them; without tombstones."""

    def ping(self) -> None:
        """Returns where a question would be answered now; StoreError after two seconds at the latest where it would not."""

    def status(self) -> IndexStatus:
        """For `patrol index status`."""

    def rebuild(self, documents: Iterable[Document]) -> Written:
        """A new index beside the old one, which goes on serving and taking writes; then the swap, atomically.

        `documents` has to be lazy: what it yields must be read from the ledger after the first one was asked for. What other
        processes write from then on is carried over; what was written before has to be in the ledger by then.
        """

    def close(self) -> None:
        """Gives back files and connections."""
