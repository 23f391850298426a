"""What comes next at the desk: clusters by value, by uncertainty and by lot, in the unit's mix, without what others hold.

The desk asks for a page to show and for the next turn to take. The order comes from the index, which may lag some seconds
behind; what is decided, skipped or claimed comes from the ledger, so nothing comes up twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, islice

from patrol.config.settings import Queue as QueueSettings
from patrol.errors import RefusedError
from patrol.ledger import Ledger, Viewer
from patrol.ledger.claims import Claim
from patrol.ledger.workload import Day, Member, Workload
from patrol.records import Band
from patrol.search.index import ClusterHit, Hit, Index, QueueOrder, QueueQuery
from patrol.triage.mixing import Stream, drawn, lowest_drawn, mixed
from patrol.triage.second import SecondOpinion

FLAGGED = ("review", "high")
UNFLAGGED = ("none", "low")
NEAR_THE_EDGE = ("low", "review")
PAGE = 50  # clusters asked of the index at a time
FEW = 5  # where only the first free one is wanted
ADVISED = 200  # clusters at the head of a stream that a second opinion puts in order; what follows keeps the index's
BY_CHOICE = "search"
CERTAIN = 1.0  # clusters that the order alone brings are in their stream for sure
EVERYTHING = QueueQuery()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One cluster of the queue with the members that wait, best first; `rank` is its place, from 1."""

    hit: ClusterHit
    waiting: tuple[Member, ...]
    stream: str  # value, uncertain, audit; search where it was looked up
    probability: float | None
    rank: int

    @property
    def key(self) -> str:
        return self.hit.key


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """The head of the queue; `total` counts flagged clusters that wait, as the index knows them."""

    offers: tuple[Offer, ...]
    total: int
    held_by_others: int
    done: dict[str, int]  # clusters decided today by this viewer, by stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What an officer has before them: a listing of a cluster that is claimed for them."""

    offer: Offer
    member: Member
    claim: Claim


Candidate = tuple[str, tuple[ClusterHit, tuple[Member, ...]], float]
Order = Callable[[ClusterHit, float], tuple[float, ...]]
UNKNOWN = 0.5  # the probability of what the second opinion cannot be asked about


def _likely_first(hit: ClusterHit, probability: float) -> tuple[float, ...]:
    """Urgent ahead, then band by band: no opinion takes a listing past one that the rules hold for graver."""
    return (not hit.urgent, hit.view.band is not Band.HIGH, -probability)


def _unsure_first(_hit: ClusterHit, probability: float) -> tuple[float, ...]:
    return (abs(probability - UNKNOWN),)


class Queue:
    """One unit's queue over its ledger and index; a `second` opinion, where one is asked, moves clusters and nothing else."""

    def __init__(
        self,
        ledger: Ledger,
        index: Index,
        settings: QueueSettings,
        *,
        claim_minutes: float = 10,
        second: SecondOpinion | None = None,
    ) -> None:
        self._second = second
        self._ledger = ledger
        self._index = index
        self._settings = settings
        self._audit = settings.audit
        self._minutes = claim_minutes
        self._work = Workload(ledger.engine)

    def page(
        self, viewer: Viewer, wanted: QueueQuery = EVERYTHING, *, limit: int = PAGE, now: datetime | None = None
    ) -> QueuePage:
        """The next `limit` clusters for this viewer; `wanted` filters (bands, order and paging are the queue's own)."""
        at = now or datetime.now(UTC)
        day = self._day(viewer, at)
        query = self._query(wanted, day, at)
        flagged = self._index.queue(replace(query, bands=FLAGGED, limit=1), viewer)
        return QueuePage(
            offers=tuple(islice(self._offers(viewer, query, day, plain=wanted == EVERYTHING), limit)),
            total=flagged.total,
            held_by_others=len(day.taken),
            done=day.done,
        )

    def next(
        self,
        viewer: Viewer,
        wanted: QueueQuery = EVERYTHING,
        *,
        inside: Offer | None = None,
        now: datetime | None = None,
    ) -> Turn | None:
        """The next listing, claimed: first what still waits `inside` the cluster at hand, then the queue's first free one."""
        at = now or datetime.now(UTC)
        day = self._day(viewer, at)
        if inside is not None:
            left = self._left(day, self._work.waiting((inside.key,))).get(inside.key)
            turn = self._taken(viewer, replace(inside, waiting=left), at) if left else None
            if turn is not None:
                return turn
        query = replace(self._query(wanted, day, at), limit=PAGE if self._advises() else FEW)
        offers = self._offers(viewer, query, day, plain=wanted == EVERYTHING)
        return next((turn for offer in offers if (turn := self._taken(viewer, offer, at)) is not None), None)

    def find(self, viewer: Viewer, cluster_id: str) -> Offer | None:
        """One cluster of the index as an offer by choice (from a search or a link), whether or not it would be queued."""
        viewer.require_work("work the queue")
        hits = self._index.clusters((cluster_id,), viewer)
        if not hits:
            return None
        waiting = self._work.waiting((hits[0].key,)).get(hits[0].key, ())
        return Offer(hit=hits[0], waiting=waiting, stream=BY_CHOICE, probability=None, rank=0)

    def assigned(self, viewer: Viewer) -> list[Hit]:
        """The listings that others were unsure about and put to this viewer, oldest first."""
        return self._index.get(self._ledger.decisions.assigned(viewer), viewer)

    # -- where the candidates come from ---------------------------------------------------------------------------

    def _day(self, viewer: Viewer, at: datetime) -> Day:
        viewer.require_work("work the queue")
        midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return self._work.day(viewer, since=midnight, now=at)

    def _query(self, wanted: QueueQuery, day: Day, at: datetime) -> QueueQuery:
        return replace(
            wanted, without=tuple(day.taken), limit=PAGE, after=None, facets=(), now=at, urgent_hours=self._settings.urgent_hours
        )

    def _offers(self, viewer: Viewer, query: QueueQuery, day: Day, *, plain: bool) -> Iterator[Offer]:
        streams = {
            Stream.VALUE: self._by_value(viewer, query, day, followed=plain),
            Stream.UNCERTAIN: self._uncertain(viewer, query, day),
            Stream.AUDIT: self._drawn(viewer, query, day),
        }
        done = {stream: day.done.get(stream.value, 0) for stream in Stream}
        for placed in mixed(streams, self._settings.mix, done):
            yield Offer(
                hit=placed.candidate[0],
                waiting=placed.candidate[1],
                stream=placed.stream.value,
                probability=placed.probability,
                rank=placed.rank,
            )

    def _by_value(self, viewer: Viewer, query: QueueQuery, day: Day, *, followed: bool) -> Iterator[Candidate]:
        """What the own desk follows and has changed, then the index's order: urgent ahead, then by value."""
        if followed:
            yield from self._candidates(day, self._index.clusters(self._work.reopened(viewer), viewer))
        pages = self._pages(viewer, replace(query, bands=FLAGGED, order=QueueOrder.VALUE))
        yield from self._advised(chain.from_iterable(self._candidates(day, hits) for hits in pages), _likely_first)

    def _uncertain(self, viewer: Viewer, query: QueueQuery, day: Day) -> Iterator[Candidate]:
        """The nearest to the edge first; one that was drawn for the audit is left to it, or the sample would be short of it."""
        pages = self._pages(viewer, replace(query, bands=NEAR_THE_EDGE, order=QueueOrder.UNCERTAIN))
        undrawn = ([hit for hit in hits if not drawn(hit.view.draw, self._audit.of(hit.view.band))] for hits in pages)
        yield from self._advised(chain.from_iterable(self._candidates(day, hits) for hits in undrawn), _unsure_first)

    def _drawn(self, viewer: Viewer, query: QueueQuery, day: Day) -> Iterator[Candidate]:
        """The random sample of what was not flagged, in the random order of its draws (highest first)."""
        lowest = lowest_drawn(max(self._audit.none, self._audit.low))
        never = replace(query, bands=UNFLAGGED, statuses=("open",), changed_too=False, order=QueueOrder.DRAW)
        for hits in self._pages(viewer, never):
            for hit in hits:
                rate = self._audit.of(hit.view.band)
                if drawn(hit.view.draw, rate):
                    yield from self._candidates(day, [hit], rate)
            if hits[-1].view.draw < lowest:
                return

    def _advises(self) -> bool:
        return self._second is not None and self._second.kept() is not None

    def _advised(self, candidates: Iterator[Candidate], order: Order) -> Iterator[Candidate]:
        """The head of a stream as the second opinion would have it; the audit's sample never passes here."""
        if self._second is not None and self._advises():
            head = list(islice(candidates, ADVISED))
            best = {key: waiting[0] for key, (_, waiting), _ in head}
            said = self._second.probabilities([(one.listing_key, one.version_id, one.assessment_id) for one in best.values()])
            yield from sorted(head, key=lambda row: order(row[1][0], said.get(best[row[0]].listing_key, UNKNOWN)))
        yield from candidates

    def _pages(self, viewer: Viewer, query: QueueQuery) -> Iterator[tuple[ClusterHit, ...]]:
        while True:
            page = self._index.queue(query, viewer)
            if page.hits:
                yield page.hits
            if page.next is None:
                return
            query = replace(query, after=page.next)

    def _candidates(
        self, day: Day, hits: list[ClusterHit] | tuple[ClusterHit, ...], rate: float = CERTAIN
    ) -> Iterator[Candidate]:
        """Those of the hits where, by the ledger, something waits that the viewer has not skipped today."""
        left = self._left(day, self._work.waiting([hit.key for hit in hits if hit.key not in day.taken]))
        for hit in hits:
            if hit.key in left:
                yield hit.key, (hit, left[hit.key]), rate

    @staticmethod
    def _left(day: Day, waiting: dict[str, tuple[Member, ...]]) -> dict[str, tuple[Member, ...]]:
        unskipped = {
            cluster_id: tuple(member for member in members if member.listing_key not in day.skipped)
            for cluster_id, members in waiting.items()
        }
        return {cluster_id: members for cluster_id, members in unskipped.items() if members}

    def _taken(self, viewer: Viewer, offer: Offer, at: datetime) -> Turn | None:
        try:
            claim = self._ledger.claims.claim(viewer, offer.key, minutes=self._minutes, now=at)
        except RefusedError:  # someone was quicker: the next one then
            return None
        return Turn(offer=offer, member=offer.waiting[0], claim=claim)
