"""What a crawl says on the log: faults that nobody records elsewhere. What the ledger keeps is not said twice."""

from __future__ import annotations

import logging
from typing import Any

from scrapy.logformatter import LogFormatter, LogFormatterResult


class QuietFormatter(LogFormatter):
    """Leaves out crawled pages and dropped items, whose outcomes stand in the ledger; a failed item is named by its page."""

    def crawled(self, *_: Any, **__: Any) -> LogFormatterResult | None:  # type: ignore[override]  # any arguments will do
        return None

    def dropped(self, *_: Any, **__: Any) -> LogFormatterResult | None:  # type: ignore[override]  # any arguments will do
        return None

    def scraped(self, *_: Any, **__: Any) -> LogFormatterResult | None:  # type: ignore[override]  # any arguments will do
        return None

    def item_error(self, item: Any, *_: Any, **__: Any) -> LogFormatterResult:
        url = getattr(getattr(item, "listing", None), "url", "?")
        return {"level": logging.ERROR, "msg": "A step failed on %(url)s", "args": {"url": url}}
