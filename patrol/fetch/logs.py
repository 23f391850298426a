"""What a crawl says on the log: faults that nobody records elsewhere. What the ledger keeps is not said twice."""

from __future__ import annotations

import logging
from typing import Any

from scrapy.logformatter import LogFormatter, LogFormatterResult

from patrol.errors import PatrolError


class QuietFormatter(LogFormatter):
    """Leaves out crawled pages and dropped items, whose outcomes stand in the ledger; a failed item is named by its page."""

    def crawled(self, *_: Any, **__: Any) -> LogFormatterResult | None:  # type: ignore[override]  # any arguments will do
        return None

    def dropped(self, *_: Any, **__: Any) -> LogFormatterResult | None:  # type: ignore[override]  # any arguments will do
        return None

    def scraped(self, *_: Any, **__: Any) -> LogFormatterResult | None:  # type: ignore[override]  # any arguments will do
        return None

    def item_error(self, item: Any, exception: BaseException, *_: Any, **__: Any) -> LogFormatterResult:
        """A fault of ours is told by whoever ends the crawl for it; anything else is a bug and comes with its traceback."""
        url = getattr(getattr(item, "listing", None), "url", "?")
        level = logging.DEBUG if isinstance(exception, PatrolError) else logging.ERROR
        return {"level": level, "msg": "A step failed on %(url)s", "args": {"url": url}}
