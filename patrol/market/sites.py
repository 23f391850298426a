"""What the three practice sites have in common: addresses, kept pages, pictures, robots.txt and pages that are not there.

A site is made from its goods and the address at which it will listen; the server hands it what was asked and sends what it
answers. A page is filled once and kept. The three sites themselves are in `bazaar`, `hammer` and `souk`.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from patrol.market import pictures
from patrol.market.answers import Answer, Asked, redirect
from patrol.market.goods import Good
from patrol.market.interstitials import login_wall
from patrol.market.shelf import Batch, Shelf, batch, slug
from patrol.market.stencil import redressed, render
from patrol.market.wording import iso

PLAIN = "text/plain; charset=utf-8"
_KEPT = 8192  # pages held filled
Handler = Callable[..., Answer]
ENDLESS_PAGES = 10**6


class Site:
    """The base of the three; a subclass names itself, its title, and its routes."""

    name: ClassVar[str]
    title: ClassVar[str]
    per_page: ClassVar[int] = 20

    def __init__(self, goods: Sequence[Good], *, origin: str, now: datetime, traps: Sequence[Good] = ()) -> None:
        self.shelf = Shelf([good for good in goods if good.site == self.name])
        self.origin = origin  # http://127.0.0.1:8401
        self.now = now
        self.traps = tuple(traps)  # cards among the results whose pages are trouble
        self._kept: OrderedDict[Asked | tuple[object, ...], Answer] = OrderedDict()
        self._routes: tuple[tuple[re.Pattern[str], Handler], ...] = tuple(
            (re.compile(pattern), handler) for pattern, handler in (*self.routes(), *self._shared_routes())
        )

    def routes(self) -> Sequence[tuple[str, Handler]]:
        """Address pattern and handler; the pattern's groups become the handler's arguments."""
        raise NotImplementedError

    def _shared_routes(self) -> Sequence[tuple[str, Handler]]:
        return (
            (r"/robots\.txt", self._robots),
            (r"/img/(?P<number>\d+)-(?P<view>\d+)(?P<large>-large)?\.jpg", self._picture),
            (r"/login", lambda asked: Answer(body=login_wall(self.name, asked.query.get("next", "/")), padded=True)),
            (r"/account/.*", lambda asked: redirect(f"/login?next={asked.path}")),
            (r"/promo/.*", lambda _asked: self.page("promo.html")),
            (r"/favicon\.ico", lambda _asked: Answer(status=204, padded=True)),
        )

    def answer(self, asked: Asked) -> Answer:
        """What the untroubled site answers; the same object for the same question, headers apart."""
        key = (asked.path, *sorted(asked.query.items()), asked.layout, asked.endless, asked.decoys)
        kept = self._kept.get(key)
        if kept is None:
            kept = self._made(asked)
            self._kept[key] = kept
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return kept

    def _made(self, asked: Asked) -> Answer:
        for pattern, handler in self._routes:
            if match := pattern.fullmatch(asked.path):
                answer = handler(asked, **match.groupdict())
                return replace(answer, body=redressed(answer.body)) if _redesigned(asked, answer) else answer
        return self.missing()

    def page(self, template: str, *, status: int = 200, **values: Any) -> Answer:
        """A filled template, with what every page of a site shows."""
        body = render(template, site=self, origin=self.origin, now=self.now, **values)
        return Answer(status=status, body=body)

    def missing(self) -> Answer:
        return self.page("missing.html", status=404)

    def shown(self, asked: Asked, goods: Sequence[Good]) -> Batch:
        """The page of these goods that was asked for; with the traps among everything; going round where it never ends."""
        if not asked.endless:
            return batch(goods, asked.page, self.per_page)
        within = (asked.page - 1) % max(1, -(-len(goods) // self.per_page)) + 1
        return replace(batch(goods, within, self.per_page), page=asked.page, pages=ENDLESS_PAGES)

    def with_traps(self) -> tuple[Good, ...]:
        """Everything on the shelf, the traps among the first."""
        return (*self.shelf.goods[:6], *self.traps, *self.shelf.goods[6:])

    def item_path(self, good: Good) -> str:
        raise NotImplementedError

    def results(self, asked: Asked) -> Answer:
        """Everything on the shelf as a results page at whatever address was asked."""
        raise NotImplementedError

    def picture_path(self, good: Good, view: int, *, large: bool = False) -> str:
        return f"/img/{good.number}-{view}{'-large' if large else ''}.jpg"

    def iso(self, moment: datetime) -> str:
        return iso(moment)

    def slug(self, text: str) -> str:
        return slug(text)

    def _robots(self, _asked: Asked) -> Answer:
        text = "User-agent: *\nDisallow: /account/\nDisallow: /promo/\n"
        return Answer(body=text.encode(), content_type=PLAIN, padded=True)

    def _picture(self, _asked: Asked, number: str, view: str, large: str | None) -> Answer:
        good = self.shelf.by_number.get(number) or next((trap for trap in self.traps if trap.number == number), None)
        if good is None or not 1 <= int(view) <= good.pictures:
            return self.missing()
        width = pictures.LARGE if large else pictures.SMALL
        body = pictures.jpeg(good.object, int(view), good.number, width)
        return Answer(body=body, content_type="image/jpeg", headers={"cache-control": "max-age=86400"}, padded=True)


def _redesigned(asked: Asked, answer: Answer) -> bool:
    return asked.layout == 2 and answer.content_type.startswith(("text/html", "text/javascript"))
