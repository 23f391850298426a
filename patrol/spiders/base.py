"""What every spider of Patrol has: the stores it was handed, and one way to end each request in the ledger.

The scheduler asks it for requests, the middlewares and the steps read its attributes; an answer becomes an Item for the
steps (which keep it and end its request) or an outcome that is committed here together with what it led to.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Response, TextResponse
from sqlalchemy import Connection
from twisted.python.failure import Failure

from patrol.config.marketplace import Marketplace, registrable_domain
from patrol.errors import PatrolError, StoreError
from patrol.evidence import Archive, RunSeal
from patrol.extract import canonical_url, read
from patrol.ledger import Ledger, QueuedRequest, Run
from patrol.records import Band, Capture, Context, Extraction, Fault, How, Item, Outcome, Status
from patrol.scoring import Rulebook
from patrol.spiders.following import PutBack, followed
from patrol.spiders.frontier import DESCRIPTION, LISTING, folder_of

REMEMBERED = 5_000  # listings whose evidence file is known while their pictures come in
FAULTLESS = (Outcome.LISTING, Outcome.RESULTS, Outcome.EMPTY, Outcome.REMOVED)


@dataclass(slots=True, kw_only=True)
class Kit:
    """Everything that one crawl is handed by `settings`; `limits`, `traffic` and `replay` belong to the reaching room."""

    ledger: Ledger
    archive: Archive
    seal: RunSeal
    run: Run
    owner: str
    rulebook: Rulebook
    base_context: Context
    marketplace: Marketplace | None
    marketplaces: Sequence[Marketplace]
    limits: Any
    traffic: Any
    replay: Any
    max_listings: int | None = None
    kept: int = 0  # listings of this run from before a crash
    pages: int = 5
    progress: Callable[[int, int | None, str], None] | None = None  # pages done, total where known, words
    high: list[str] = field(default_factory=list)  # keys of listings in band high, for their snapshots


@dataclass(frozen=True, slots=True)
class Gone:
    """A listing whose page says that it is gone, and the sealed page that says so."""

    space: str
    listing_id: str | None
    url: str
    capture: Capture


class PatrolSpider(Spider):
    """The plumbing; what follows from a results page is the subclass' `children`."""

    name = "patrol"

    def __init__(self, kit: Kit, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kit = kit
        self.ledger = kit.ledger
        self.archive = kit.archive
        self.seal = kit.seal
        self.run = kit.run
        self.owner = kit.owner
        self.rulebook = kit.rulebook
        self.base_context = kit.base_context
        self.marketplace = kit.marketplace
        self.limits = kit.limits
        self.traffic = kit.traffic
        self.replay = kit.replay
        self.fault: Exception | None = None
        self.counts: dict[Outcome, int] = {}
        self._listings = kit.kept
        self.interrupted = False
        self._asked: set[str] = set()  # listing requests on their way
        self._folders: OrderedDict[str, str] = OrderedDict()
        self._ran = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Future[None] | None = None
        self._tasks: set[asyncio.Future[None]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> PatrolSpider:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider._item_kept, signals.item_scraped)
        crawler.signals.connect(spider._item_dropped, signals.item_dropped)
        crawler.signals.connect(spider._item_failed, signals.item_error)
        crawler.signals.connect(spider._read_failed, signals.spider_error)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Nothing: the first rows lie in the queue already."""
        self._loop = asyncio.get_running_loop()
        return
        yield  # makes this the generator that Scrapy asks for

    def closed(self, reason: str) -> None:
        """Scrapy tells how the crawl ended: `shutdown` is a signal from outside."""
        self.interrupted = reason == "shutdown"

    # -- requests -------------------------------------------------------------------------------------------------

    def request_for(self, row: QueuedRequest) -> Request:
        """The request that a row stands for, with all that the middlewares need in `meta["patrol"]`."""
        patrol = {**row.meta, "id": row.id, "kind": row.kind, "depth": row.depth, "attempts": row.attempts}
        if row.kind in (LISTING, DESCRIPTION):
            self._asked.add(row.id)
            patrol["folder"] = folder_of(row.fingerprint)
        meta: dict[str, Any] = {"patrol": patrol}
        if self.replay is None and self.marketplace is not None and self.marketplace.reach == "browser":
            meta["playwright"] = True
        return Request(row.url, callback=self.parse, errback=self.unanswered, meta=meta, dont_filter=True, priority=row.priority)

    def room(self, kind: str) -> bool:
        """Whether a request of this kind may go out: listings only as far as some are still wanted."""
        most = self.kit.max_listings
        return most is None or kind != LISTING or self._listings + len(self._asked) < most

    def stopping(self) -> bool:
        """Whether nothing new is to begin: a fault, a signal, or enough listings."""
        running = self.crawler.engine is not None and self.crawler.engine.running
        self._ran = self._ran or running  # components are opened a moment before the engine runs
        return self.enough or self.fault is not None or (self._ran and not running)

    @property
    def enough(self) -> bool:
        """Whether as many listings are kept as were wanted."""
        return self.kit.max_listings is not None and self._listings >= self.kit.max_listings

    def halt(self, reason: Exception) -> None:
        """Ends the crawl because of a fault that makes going on senseless; what is leased goes back into the queue."""
        if self.fault is not None:
            return
        self.fault = reason
        engine = self.crawler.engine
        if engine is not None and engine.spider is not None:
            self._ending = asyncio.ensure_future(engine.close_spider_async(reason="fault"))

    # -- answers --------------------------------------------------------------------------------------------------

    def marketplace_of(self, url: str) -> Marketplace | None:
        """Whose page this is: the crawl's own marketplace, in a replay whichever serves the host, else None."""
        if self.marketplace is not None:
            return self.marketplace
        host = url.split("/")[2] if "//" in url else ""
        return next((entry for entry in self.kit.marketplaces if entry.serves(host)), None)

    async def parse(self, response: Response, **kwargs: Any) -> AsyncIterator[Item]:  # noqa: ARG002 - Scrapy's signature
        """One answer: an Item for the steps, or its outcome and what it leads to."""
        patrol = response.meta["patrol"]
        if isinstance(response, HtmlResponse):
            await asyncio.to_thread(_build_tree, response)
        extraction = self.extraction(response)
        outcome = self._outcome(extraction, patrol)
        if outcome is Outcome.LISTING and extraction.listing is not None:
            if self.enough:
                return
            async for item in self._kept(response, extraction):
                yield item
            return
        children = self.children(response, extraction) if outcome is Outcome.RESULTS else []
        if outcome is Outcome.LISTING:
            outcome = Outcome.UNKNOWN
        reason = patrol.get("gave_up") or extraction.reason
        fault = None if outcome in FAULTLESS else Fault(step=outcome.value, message=reason or outcome.value, url=response.url)
        await self.finish(patrol["id"], outcome, children=children, fault=fault, gone=self._gone(response, outcome))

    async def _kept(self, response: Response, extraction: Extraction) -> AsyncIterator[Item]:
        """The listing with what stands in a frame of its own; nothing where the crawl stops before that was asked."""
        try:
            whole, faults = await followed(response, extraction, self.marketplace_of(response.url), self._download)
        except PutBack:
            self._asked.discard(response.meta["patrol"]["id"])
        except StoreError as error:
            self.halt(error)
        else:
            yield self.item(response, whole, faults)

    async def _download(self, request: Request) -> Response:
        """A further request through all middlewares; it has no row of its own in the queue."""
        engine = self.crawler.engine
        if engine is None or self.stopping():
            raise PutBack
        return await engine.download_async(request)

    def extraction(self, response: Response) -> Extraction:
        """What the answer is and says, read from the tree that parsel builds once."""
        capture: Capture = response.meta["patrol_capture"]
        text = isinstance(response, TextResponse)
        return read(
            response.text if text else response.body,
            response.url,
            content_type=(response.headers.get("Content-Type") or b"").decode("latin-1") or None,
            marketplace=self.marketplace_of(response.url),
            captured_at=capture.time,
            selector=response.selector if isinstance(response, HtmlResponse) else None,
            status=response.status,
        )

    def _outcome(self, extraction: Extraction, patrol: dict[str, Any]) -> Outcome:
        """What was read; an answer that stayed a server's error is failed unless the page says more."""
        readable = (Outcome.BLOCKED, Outcome.LOGIN, Outcome.REMOVED)
        return Outcome.FAILED if patrol.get("gave_up") and extraction.outcome not in readable else extraction.outcome

    def item(self, response: Response, extraction: Extraction, faults: Sequence[Fault] = ()) -> Item:
        """The listing on its way into the steps, tied to its sealed record and its request."""
        assert extraction.listing is not None
        patrol, capture = response.meta["patrol"], response.meta["patrol_capture"]
        listing = extraction.listing
        self._folders[listing.url] = patrol.get("folder", "")
        while len(self._folders) > REMEMBERED:
            self._folders.popitem(last=False)
        return Item(
            listing=listing,
            id_space=self._space(response.url),
            how=How.REPLAY if self.replay is not None else How.CRAWL,
            run_id=self.run.id,
            card=self.run.card,
            fields=extraction.fields,
            capture=capture.id,
            request_id=patrol["id"],
            faults=(*(Fault(step="extract", message=text, url=listing.url) for text in extraction.warnings), *faults),
        )

    def folder_for(self, page: str | None) -> str | None:
        """The evidence file of the listing on this page, so that its pictures lie beside it."""
        return self._folders.get(page or "") or None

    def _space(self, url: str) -> str:
        marketplace = self.marketplace_of(url)
        return marketplace.space if marketplace is not None else registrable_domain(url.split("/")[2].partition(":")[0])

    def children(self, response: Response, extraction: Extraction) -> list[QueuedRequest]:
        """What a results page leads to."""
        raise NotImplementedError

    async def unanswered(self, failure: Failure) -> None:
        """A request without an answer: refused, failed, or back in the queue (then nothing is recorded)."""
        error, request = failure.value, failure.request  # type: ignore[attr-defined]  # Scrapy sets it
        patrol = request.meta["patrol"]
        self._asked.discard(patrol["id"])
        if isinstance(error, StoreError):
            self.halt(error)
            return
        outcome = getattr(error, "outcome", Outcome.FAILED)
        if outcome is None:
            return
        reason = str(error) if isinstance(error, PatrolError) else f"{type(error).__name__}: {error}"
        await self.finish(patrol["id"], outcome, fault=Fault(step=outcome.value, message=reason, url=request.url))

    # -- into the ledger ------------------------------------------------------------------------------------------

    def record(self, capture: Capture) -> None:
        """Enters a sealed record; the writer keeps the order, so a listing never points at a record that is not there."""
        future = self.ledger.writer.submit(lambda conn: self.ledger.runs.record(conn, capture))
        future.add_done_callback(self._written)

    def _written(self, future: Future[None]) -> None:
        error = future.exception()
        if isinstance(error, Exception) and self._loop is not None:
            self._loop.call_soon_threadsafe(self.halt, error)

    def _gone(self, response: Response, outcome: Outcome) -> Gone | None:
        """Where a page says that its listing is gone: how to find what the ledger knows of it."""
        if outcome is not Outcome.REMOVED:
            return None
        url = str((response.meta.get("redirect_urls") or [response.url])[0])
        return Gone(
            self._space(url), response.meta["patrol"].get("listing_id"), canonical_url(url), response.meta["patrol_capture"]
        )

    async def finish(
        self,
        request_id: str,
        outcome: Outcome,
        *,
        children: Sequence[QueuedRequest] = (),
        fault: Fault | None = None,
        gone: Gone | None = None,
    ) -> None:
        """Ends a request in one transaction: outcome, count, fault, children, and the mark on a listing that is gone."""
        ledger, run_id = self.ledger, self.run.id

        def work(conn: Connection) -> None:
            if not ledger.queue.done(conn, request_id, outcome, children):
                return
            ledger.runs.count(conn, run_id, outcome)
            if fault is not None:
                ledger.runs.fault(conn, run_id, fault, request=request_id)
            if gone is not None:
                self._mark(conn, gone)

        self._asked.discard(request_id)
        try:
            await asyncio.wrap_future(ledger.writer.submit(work))
        except StoreError as error:
            self.halt(error)
            return
        self._count(outcome)

    def _mark(self, conn: Connection, gone: Gone) -> None:
        listings, capture = self.ledger.listings, gone.capture
        key = listings.identify(conn, gone.space, gone.listing_id, gone.url)
        if key is not None:
            listings.mark(conn, key, Status.REMOVED, run_id=self.run.id, capture_id=capture.id, at=capture.time)

    def _count(self, outcome: Outcome) -> None:
        self.counts[outcome] = self.counts.get(outcome, 0) + 1
        if self.kit.progress is not None:
            words = ", ".join(f"{name.value} {n}" for name, n in sorted(self.counts.items()))
            self.kit.progress(sum(self.counts.values()), None, words)

    # -- what the steps say ---------------------------------------------------------------------------------------

    def _item_kept(self, item: Item) -> None:
        self._asked.discard(item.request_id or "")
        self._listings += 1
        self._count(Outcome.LISTING)
        if item.assessment is not None and item.assessment.band is Band.HIGH and item.listing_key is not None:
            self.kit.high.append(item.listing_key)

    def _item_dropped(self, item: Item, exception: Exception) -> None:
        """The steps have ended its request as failed already; a store that fails ends the crawl."""
        self._asked.discard(item.request_id or "")
        self._count(Outcome.FAILED)
        if isinstance(exception.__cause__, StoreError):
            self.halt(exception.__cause__)

    def _item_failed(self, item: Item, failure: Failure) -> None:
        self._asked.discard(item.request_id or "")
        self._count(Outcome.FAILED)
        if isinstance(failure.value, StoreError):
            self.halt(failure.value)

    async def _read_failed(self, failure: Failure, response: Any) -> None:
        """Reading itself broke on a page: the request is failed, the sealed page stays for whoever mends it."""
        patrol = response.meta["patrol"] if isinstance(response, Response) else response.request.meta["patrol"]
        text = f"{type(failure.value).__name__}: {failure.getErrorMessage()}"
        await self.finish(
            patrol["id"], Outcome.FAILED, fault=Fault(step="read", message=text, url=getattr(response, "url", None))
        )


def _build_tree(response: HtmlResponse) -> None:
    """parsel builds the tree on first use and keeps it; lxml needs no interpreter for that, so other pages go on meanwhile."""
    _ = response.selector
