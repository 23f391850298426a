"""The goods of one site in the ways that a site offers them: by id, page by page, by category, seller, and by words.

Each site holds one Shelf. Search finds goods whose title, description, category or attributes hold words that begin like
the asked ones, in any case, with or without accents, and for other scripts in their Latin spelling too.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from patrol.market.goods import Good
from patrol.text import tokenise, transliterate


def slug(text: str) -> str:
    """Lower-case Latin words joined by hyphens, for addresses; never empty."""
    return re.sub(r"[^a-z0-9]+", "-", transliterate(text)).strip("-")[:60].strip("-") or "item"


@dataclass(frozen=True, slots=True)
class Batch:
    """One page of results: its goods, the number of all goods found, and which page of how many it is."""

    goods: tuple[Good, ...]
    total: int
    page: int
    pages: int


class Shelf:
    """The goods of one site, newest first."""

    def __init__(self, goods: Sequence[Good]) -> None:
        self.goods = tuple(goods)
        self.by_number = {good.number: good for good in goods}
        self._place = {good.number: place for place, good in enumerate(goods)}
        self.by_category: dict[str, list[Good]] = defaultdict(list)
        self.category_names: dict[str, str] = {}
        self.by_seller: dict[str, list[Good]] = defaultdict(list)
        for good in goods:
            self.by_seller[good.seller.id].append(good)
            for name in dict.fromkeys(good.category):
                self.category_names.setdefault(slug(name), name)
                self.by_category[slug(name)].append(good)
        self._words, self._holders = _index(self.goods)
        self.found = lru_cache(maxsize=512)(self._found)

    def _found(self, query: str) -> tuple[Good, ...]:
        """Goods that hold every word of the query; none for a query without words."""
        words = [token.text for token in tokenise(query)]
        if not words:
            return ()
        common = set.intersection(*(self._holding(word) for word in words))
        return tuple(self.goods[place] for place in sorted(common))

    def _holding(self, prefix: str) -> set[int]:
        places: set[int] = set()
        at = bisect_left(self._words, prefix)
        while at < len(self._words) and self._words[at].startswith(prefix):
            places |= self._holders[self._words[at]]
            at += 1
        return places

    def neighbours(self, good: Good, count: int) -> tuple[Good, ...]:
        """Other goods that the site would show beside this one: the next ones on the shelf that are on offer."""
        at, total = self._place[good.number], len(self.goods)
        others = (self.goods[(at + step) % total] for step in range(1, total))
        return tuple(islice((other for other in others if other.status == "live"), count))


def _index(goods: Sequence[Good]) -> tuple[list[str], dict[str, set[int]]]:
    holders: dict[str, set[int]] = defaultdict(set)
    for place, good in enumerate(goods):
        text = "\n".join((good.title, good.description, *good.category, *good.attributes.values()))
        words = {token.text for token in tokenise(text)} | {token.text for token in tokenise(transliterate(text))}
        for word in words:
            holders[word].add(place)
    return sorted(holders), dict(holders)


def batch(goods: Sequence[Good], page: int, size: int) -> Batch:
    """The goods of one page; a page behind the last one is empty."""
    pages = max(1, -(-len(goods) // size))
    return Batch(goods=tuple(goods[(page - 1) * size : page * size]), total=len(goods), page=page, pages=pages)
