"""What the steps are handed: the stores, the rulebook, and a way to fetch a picture. Made once per crawl or by-hand batch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from patrol.config import Config
from patrol.config.settings import DefaultManners
from patrol.evidence import Archive
from patrol.ledger import Ledger
from patrol.records import Capture, Context, Item
from patrol.scoring import Rulebook


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedPicture:
    """A picture as it came: unchanged bytes, the media type that was said, and its sealed record."""

    body: bytes
    media_type: str | None
    capture: Capture | None


PictureFetcher = Callable[[str, Item], Awaitable[FetchedPicture]]  # raises ReachError


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """`base` is the context that holds for every listing of this run: rates, themes."""

    ledger: Ledger
    archive: Archive
    rulebook: Rulebook
    limits: DefaultManners
    base: Context
    fetch_picture: PictureFetcher | None = None

    def base_for(self, item: Item) -> Context:
        """The run's context as of the moment when the listing was captured, by which warning lists expire."""
        return replace(self.base, as_of=self.base.as_of or item.listing.captured_at)


def base_context(config: Config, themes: tuple[str, ...] = ()) -> Context:
    """What holds for every listing of a run: reference rates with their date, and a patrol week's themes."""
    return Context(rates=config.rates.eur, rates_date=config.rates.date.isoformat(), themes=themes)


Step = Callable[[Item, Tools], Awaitable[Item]]
