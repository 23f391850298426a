"""Scrapy's settings for one crawl.

The names in capitals are what holds for every crawl (and what `scrapy` itself finds by scrapy.cfg); `crawl_settings` adds
what follows from the limits and the marketplace. `settings.run` starts a crawl with them.
"""

from __future__ import annotations

import os
from typing import Any

from scrapy.settings import Settings

from patrol.config.marketplace import Marketplace
from patrol.fetch.browser import flags, require_chromium
from patrol.fetch.limits import Limits

BOT_NAME = "patrol"
SPIDER_MODULES = ["patrol.spiders"]
SCHEDULER = "patrol.fetch.scheduler.LedgerScheduler"
TWISTED_DNS_RESOLVER = "patrol.fetch.resolver.PublicResolver"
ITEM_PIPELINES = {"patrol.pipelines.scrapy_bridge.ScrapyPipeline": 500}
LOG_FORMATTER = "patrol.fetch.logs.QuietFormatter"

# Nothing of Scrapy's own is taken over unseen: what a crawl passes through stands here, outermost first.
DOWNLOADER_MIDDLEWARES_BASE: dict[str, int] = {}
DOWNLOADER_MIDDLEWARES = {
    "patrol.fetch.manners.MannersMiddleware": 100,
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": 590,
    "patrol.fetch.redirects.HopMiddleware": 600,
    "patrol.fetch.retries.RetryMiddleware": 650,
    "patrol.fetch.capture.CaptureMiddleware": 990,
    "patrol.fetch.manners.LeaveMiddleware": 995,
}
REPLAY_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": 590,
    "patrol.fetch.capture.CaptureMiddleware": 990,
    "patrol.fetch.replaying.ReplayMiddleware": 995,
}
SPIDER_MIDDLEWARES_BASE: dict[str, int] = {}
EXTENSIONS_BASE: dict[str, int] = {}
DOWNLOAD_HANDLERS_BASE = {
    "http": "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler",
    "https": "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler",
}

COOKIES_ENABLED = False
HTTPCACHE_ENABLED = False
HTTPPROXY_ENABLED = False
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
AUTOTHROTTLE_ENABLED = False
STATS_DUMP = False
WARN_ON_GENERATOR_RETURN_VALUE = False  # it reads the source of every callback again for every answer
LOG_LEVEL = "ERROR"
LOG_VERSIONS: list[str] = []
DOWNLOAD_VERIFY_CERTIFICATES = True
DOWNLOAD_FAIL_ON_DATALOSS = False  # a cut body is sealed as far as it came, then asked for again
DOWNLOAD_DELAY_JITTER = 0
REDIRECT_MAX_TIMES = 8
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 60_000_000  # bytes of pages that wait for their commit
CONCURRENT_ITEMS = 1  # of one answer, which gives one listing at most; Scrapy starts so many tasks for every answer
DEFAULT_REQUEST_HEADERS = {"Accept": "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8"}

TABS = 4  # pages of the browser at most: each is a core's work
AHEAD = 2  # requests that wait for their turn, for each that may run


def crawl_settings(limits: Limits, marketplace: Marketplace | None, *, replay: bool, rules: list[str]) -> Settings:
    """The settings of one crawl; `rules` are the resolver rules of its browser (`browser.pins`).

    ReachError where the marketplace needs a browser and there is none.
    """
    settings = Settings()
    settings.setmodule("patrol.settings")
    concurrency = min(limits.concurrency, TABS) if _browser(marketplace) else limits.concurrency
    values: dict[str, Any] = {
        "PATROL_LOOPBACK": limits.loopback,
        "USER_AGENT": limits.user_agent,
        "CONCURRENT_REQUESTS": concurrency * AHEAD,
        "CONCURRENT_REQUESTS_PER_DOMAIN": concurrency,
        "DOWNLOAD_DELAY": 0,  # `traffic` lets each request go at its moment; one that waited here would go into a pause
        "DOWNLOAD_TIMEOUT": limits.timeout,
        "DOWNLOAD_MAXSIZE": limits.page_bytes,
        "DOWNLOAD_WARNSIZE": 0,
    }
    if replay:
        # no handler at all: nothing can open a socket, whatever else goes wrong
        values |= {"DOWNLOADER_MIDDLEWARES": REPLAY_MIDDLEWARES, "DOWNLOAD_HANDLERS_BASE": {}}
    elif _browser(marketplace):
        values |= _playwright(rules)
    settings.setdict(values, priority="cmdline")
    return settings


def _browser(marketplace: Marketplace | None) -> bool:
    return marketplace is not None and marketplace.reach == "browser"


def _playwright(rules: list[str]) -> dict[str, Any]:
    root = os.geteuid() == 0
    handler = "patrol.fetch.handler.PooledHandler"
    return {
        "DOWNLOAD_HANDLERS_BASE": {"http": handler, "https": handler},
        "PLAYWRIGHT_BROWSER_TYPE": "chromium",
        "PLAYWRIGHT_LAUNCH_OPTIONS": {
            "executable_path": str(require_chromium()),
            "headless": True,
            "chromium_sandbox": not root,
            "args": flags(rules, pictures=False, root=root),
        },
    }
