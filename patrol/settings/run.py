"""Runs one crawl or replay from beginning to end in this process: `patrol crawl` hands it an Order and gets a Summary.

It opens the run in the ledger with its evidence chain (new, gone on with or helped with: `opening`), fills the queue with the
first requests, lets Scrapy work, and ends the run. One crawl per process: Scrapy's reactor starts only once.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from typing import Any, TypeVar

from scrapy.crawler import AsyncCrawlerProcess

from patrol.config import Config
from patrol.config.marketplace import Card, Marketplace
from patrol.errors import StoreError, UsageError
from patrol.evidence import Archive
from patrol.fetch.browser import pins
from patrol.fetch.limits import Limits, limits
from patrol.fetch.replay import ReplayIndex
from patrol.fetch.traffic import Traffic, site_of
from patrol.ledger import Ledger, QueuedRequest, Run
from patrol.ledger.runs import State
from patrol.pipelines.tools import base_context
from patrol.records import Fault, How, Outcome
from patrol.scoring import Rulebook
from patrol.settings import crawl_settings
from patrol.settings.opening import Opened, Opening
from patrol.settings.snapshots import Studio, take_snapshots
from patrol.spiders.base import Kit, PatrolSpider
from patrol.spiders.frontier import LISTING, page_rows, row, search_rows
from patrol.spiders.market import MarketSpider
from patrol.spiders.pages import PageSpider

T = TypeVar("T")
Progress = Callable[[int, int | None, str], None]  # pages done, total where known, words
YOUNG = 10_000  # new objects between two looks of the collector; a page makes thousands that fall away by themselves
NO_CARD = "replay"  # the card's place in the chain where nothing was asked of anybody
MOST_FAULTS = 10_000  # that a summary carries; the ledger keeps all
PAGES = 5  # results pages that are followed where no marketplace says how many
UNANSWERED = (Outcome.FAILED, Outcome.REFUSED, Outcome.REPLAYED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be crawled: a marketplace by its searches, or `urls`, or what was saved (`replay`)."""

    marketplace: Marketplace | None = None
    urls: tuple[str, ...] = ()
    queries: tuple[str, ...] | None = None  # instead of the marketplace's own
    themes: tuple[str, ...] = ()
    replay: ReplayIndex | None = None
    max_listings: int | None = None
    join: bool = False  # shared with other processes that were given the same order
    snapshots: bool = True  # screenshot and PDF of what scores high

    @property
    def name(self) -> str:
        return self.marketplace.name if self.marketplace is not None else "pages"

    def parameters(self) -> dict[str, Any]:
        """What makes two orders the same, so that one goes on where the other was stopped or killed."""
        return {
            "urls": list(self.urls),
            "queries": list(self.queries) if self.queries is not None else None,
            "themes": list(self.themes),
            "replay": str(self.replay.source.resolve()) if self.replay is not None else None,
            "max_listings": self.max_listings,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How a run ended. `outcomes` count requests, `faults` are at most MOST_FAULTS of `met`, `high` listings that call for a
    snapshot."""

    run: str
    marketplace: str
    state: str
    outcomes: Mapping[Outcome, int]
    faults: tuple[Fault, ...]  # in the order in which they were met
    met: int
    seconds: float
    resumed: bool
    high: tuple[str, ...] = ()
    joins: str | None = None  # the run that was helped with; counts are of this process alone

    @property
    def faulty(self) -> bool:
        """Whether the crawl met blocked or failed pages, or did not come to its end."""
        return self.state == "failed" or bool(self.outcomes.get(Outcome.BLOCKED) or self.outcomes.get(Outcome.FAILED))

    def to_json(self) -> dict[str, Any]:
        return {
            "run": self.run,
            "marketplace": self.marketplace,
            "state": self.state,
            "outcomes": {outcome.value: n for outcome, n in self.outcomes.items()},
            "faults": self.met,
            "seconds": round(self.seconds, 1),
            "resumed": self.resumed,
            **({"joins": self.joins} if self.joins else {}),
        }


def card_id(marketplace: Marketplace | None) -> str:
    """How the card is named in evidence: the marketplace's file and the day of its approval."""
    if marketplace is None or marketplace.card is None:
        return NO_CARD
    return f"{marketplace.name}@{marketplace.card.approved_on}"


def version() -> str:
    """Patrol's version as installed; `dev` in a checkout that is not installed."""
    try:
        return installed_version("patrol")
    except PackageNotFoundError:
        return "dev"


def crawl(
    order: Order, *, config: Config, ledger: Ledger, archive: Archive, rulebook: Rulebook, progress: Progress | None = None
) -> Summary:
    """Runs the order and returns when it is done or was stopped by a signal.

    CardError without a valid card (a replay needs none), UsageError for an order that cannot be carried out or runs
    already, ReachError without a browser where one is needed, StoreError where a store stopped the crawl: the run then
    stays open, and the same order goes on with it.
    """
    started = time.monotonic()
    job = _Job(order=order, config=config, ledger=ledger, archive=archive, rulebook=rulebook, progress=progress)
    manners = limits(config.settings.manners, job.card(), version())
    settings = crawl_settings(manners, order.marketplace, replay=order.replay is not None, rules=job.rules(manners))
    if order.join and order.max_listings is not None:
        raise UsageError("several processes do not stop together after a number of listings", remedy="Leave --max-listings out")
    rows = job.first_rows()
    opened = job.open()
    run, seal, resumed = opened.run, opened.seal, opened.resumed
    try:
        job.fill(run, rows, seal.mended)
        kit = job.kit(opened, manners)
        process = AsyncCrawlerProcess(settings)
        crawler = process.create_crawler(PageSpider if order.replay is not None or order.urls else MarketSpider)
        process.crawl(crawler, kit=kit)
        _calm_collector()
        process.start()
        spider = crawler.spider
        if not isinstance(spider, PatrolSpider):
            raise StoreError("the crawl did not start", where=order.name, remedy="See the lines above")
        if spider.fault is not None:
            raise spider.fault
        if order.snapshots and not spider.interrupted:
            with _interruptible():
                job.snapshots(kit, resumed=resumed)
    finally:
        head = seal.close()
    state = job.close(run, head, spider)
    return job.summary(run, state, time.monotonic() - started, resumed, tuple(kit.high))


def _calm_collector() -> None:
    """What start-up made (rulebook, libraries) stays to the end, so the collector need not walk it again and again."""
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Signals end the work here, for Scrapy's handlers only know how to stop a reactor; the same order goes on with it later."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _apart(work: Coroutine[Any, Any, T]) -> T:
    """Runs something before Scrapy's own loop exists, and leaves nothing behind."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One order with the stores it works on."""

    order: Order
    config: Config
    ledger: Ledger
    archive: Archive
    rulebook: Rulebook
    progress: Progress | None

    def card(self) -> Card | None:
        if self.order.replay is not None:
            return None
        if self.order.marketplace is None:
            raise UsageError("a crawl needs a marketplace with a source card", remedy="Name one, or give --card FILE")
        return self.order.marketplace.require_valid_card(datetime.now(UTC).date())

    def rules(self, manners: Limits) -> list[str]:
        """The resolver rules of the browser, where one is needed."""
        marketplace = self.order.marketplace
        if self.order.replay is not None or marketplace is None or marketplace.reach != "browser":
            return []
        return _apart(pins((*marketplace.hosts, *marketplace.image_hosts), loopback=manners.loopback))

    def first_rows(self) -> list[QueuedRequest]:
        """What the crawl begins with; UsageError where that is nothing."""
        order, replay = self.order, self.order.replay
        if replay is not None:
            wanted = [replay.find(url) for url in order.urls] if order.urls else list(replay.pages)
            return [row(saved.url, LISTING, saved=saved.key) for saved in wanted if saved is not None]
        rows = page_rows(order.urls) if order.urls else self._searches()
        if not rows:
            raise UsageError(
                "nothing to ask: no seeds, and no search address with queries",
                where=f"config/marketplaces/{order.name}.yml",
                remedy="Fill in `search:`, or give --query",
            )
        return rows

    def _searches(self) -> list[QueuedRequest]:
        if self.order.marketplace is None:
            return []
        search = self.order.marketplace.search
        if self.order.queries is not None:
            return search_rows(search, self.order.queries)
        drawn = self.rulebook.queries(search.queries.lexicons, search.queries.languages)
        return search_rows(search, [*search.queries.extra, *drawn][: search.queries.most])

    def open(self) -> Opened:
        """The run that this order works on, with its chain: see `opening`."""
        return Opening(
            ledger=self.ledger,
            archive=self.archive,
            marketplace=self.order.name,
            card=card_id(self.order.marketplace),
            how=How.REPLAY if self.order.replay is not None else How.CRAWL,
            rulebook=self.rulebook.hash,
            parameters=self.order.parameters(),
            join=self.order.join,
        ).open()

    def fill(self, run: Run, rows: Sequence[QueuedRequest], mended: Sequence[str]) -> None:
        """Archives the rulebook and queues the first requests; after a crash the queue takes none of them twice."""
        ledger, replay = self.ledger, self.order.replay
        ledger.writer.run(lambda conn: ledger.listings.rulebook(conn, self.rulebook.hash, self.rulebook.canonical()))
        by_site: dict[str, list[QueuedRequest]] = {}
        for found in rows:
            by_site.setdefault(site_of(found.url), []).append(found)
        for site, part in by_site.items():
            ledger.queue.push(run.queue, site, part)
        faults = [Fault(step="evidence", message=text) for text in mended]
        if replay is not None:
            faults += replay.faults
            absent = [url for url in self.order.urls if replay.find(url) is None]
            faults += [Fault(step="replay", message="this address is not among what was saved", url=url) for url in absent]
        for fault in faults:
            ledger.runs.fault(None, run.id, fault)

    def kit(self, opened: Opened, manners: Limits) -> Kit:
        marketplace, run = self.order.marketplace, opened.run
        return Kit(
            ledger=self.ledger,
            archive=self.archive,
            seal=opened.seal,
            run=run,
            owner=opened.owner,
            rulebook=self.rulebook,
            base_context=base_context(self.config, self.order.themes),
            marketplace=marketplace,
            marketplaces=tuple(self.config.marketplaces.values()),
            limits=manners,
            traffic=Traffic(self.ledger.queue, manners, opened.owner),
            replay=self.order.replay,
            max_listings=self.order.max_listings,
            kept=self.ledger.runs.row(run.id).counts.get(Outcome.LISTING, 0),
            pages=marketplace.search.pages if marketplace is not None else PAGES,
            progress=self.progress,
        )

    def snapshots(self, kit: Kit, *, resumed: bool) -> None:
        """Screenshot and PDF of what scored high; what goes wrong is a fault of the run."""
        kit.traffic.stopping = lambda: False
        studio = Studio(
            ledger=self.ledger,
            archive=self.archive,
            seal=kit.seal,
            run=kit.run,
            marketplace=kit.marketplace,
            limits=kit.limits,
            traffic=kit.traffic,
        )
        for fault in take_snapshots(studio, kit.high, resumed=resumed):
            self.ledger.runs.fault(None, kit.run.id, fault)

    def close(self, run: Run, head: str, spider: PatrolSpider) -> State:
        """Ends the run in the ledger: finished, or stopped by a signal, and then the same order goes on with it."""
        over = spider.enough or not self.ledger.queue.unfinished(run.queue)
        state: State = "finished" if over and not spider.interrupted else "stopped"
        if self.order.replay is not None:
            counts = self.ledger.runs.row(run.id).counts
            answered = sum(n for outcome, n in counts.items() if outcome not in UNANSWERED)
            more = answered - counts.get(Outcome.REPLAYED, 0)
            self.ledger.writer.run(lambda conn: self.ledger.runs.count(conn, run.id, Outcome.REPLAYED, more))
        ends = state == "finished" or run.joins is not None  # nobody goes on with a helper's own run
        self.ledger.runs.finish(run.id, state=state, evidence_head=head if ends else None)
        return state

    def summary(self, run: Run, state: State, seconds: float, resumed: bool, high: tuple[str, ...]) -> Summary:
        faults = self.ledger.runs.faults(run.id, limit=MOST_FAULTS)
        row = self.ledger.runs.row(run.id)
        return Summary(
            run=run.id,
            marketplace=self.order.name,
            state=state,
            outcomes=row.counts,
            faults=tuple(Fault(step=fault.step, message=fault.message, url=fault.url) for fault in reversed(faults)),
            met=row.faults,
            seconds=seconds,
            resumed=resumed,
            high=high,
            joins=row.run.joins,
        )
