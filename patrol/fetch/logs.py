"""What a crawl says on the log: faults that nobody records elsewhere. What the ledger keeps is not said twice."""

from __future__ import annotations

from typing import Any

from scrapy.logformatter import LogFormatter, LogFormatterResult


class QuietFormatter(LogFormatter):
    """Leaves out crawled pages and dropped items: outcomes and faults of both stand in the ledger."""

    def crawled(self, *_: Any, **__: Any) -> LogFormatterResult | None:  # type: ignore[override]  # any arguments will do
        return None

    def dropped(self, *_: Any, **__: Any) -> LogFormatterResult | None:  # type: ignore[override]  # any arguments will do
        return None

    def scraped(self, *_: Any, **__: Any) -> LogFormatterResult | None:  # type: ignore[override]  # any arguments will do
        return None
