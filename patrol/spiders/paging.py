"""When a search has been followed far enough: the limit of pages, a page shown before, or pages with nothing new.

Sites without an end (a last page that repeats, filler behind the last hit) are left by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

STALE = 2  # pages in a row of which every listing is known in this run already


@dataclass(slots=True)
class Chain:
    """One search's pages so far. Kept in memory: a crawl that is killed looks at one page more, not at fewer."""

    pages: set[str] = field(default_factory=set)  # results_digest of each page
    listings: set[str] = field(default_factory=set)  # fingerprints of this search's cards
    stale: int = 0


@dataclass(slots=True)
class Paging:
    """Knows every card of the run; asked once per results page."""

    most: int
    known: set[str] = field(default_factory=set)
    chains: dict[str, Chain] = field(default_factory=dict)

    def goes_on(self, name: str, page: int, digest: str, cards: Sequence[str]) -> bool:
        """Whether the next page of the search `name` is wanted after page number `page` (from 1) with these cards."""
        chain = self.chains.setdefault(name, Chain())
        repeated = digest in chain.pages or not set(cards) - chain.listings
        chain.stale = 0 if set(cards) - self.known else chain.stale + 1
        chain.pages.add(digest)
        chain.listings.update(cards)
        self.known.update(cards)
        return bool(cards) and not repeated and chain.stale < STALE and page < self.most
