"""The practice site that exists only after JavaScript ran: an empty shell, one script, and JSON that the script asks for.

Lists load twelve at a time while one scrolls; items, shops, categories and search are drawn from `/api`. The shell is the
same for every address, also for an item that is gone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from patrol.market.answers import Answer, Asked
from patrol.market.goods import Good
from patrol.market.shelf import slug
from patrol.market.sites import Handler, Site
from patrol.market.stencil import source
from patrol.market.wording import before, comma_price, iso

STATE = {"live": "available", "ended": "closed", "sold": "sold"}
JSON = "application/json"
KEPT = {"cache-control": "max-age=3600"}


class Souk(Site):
    """`/`, `/search?q=`, `/shop/<id>`, `/c/<category>` scroll; `/listing/<id>`; `/api/listings?cursor=`, `/api/listing/<id>`."""

    name: ClassVar[str] = "souk"
    title: ClassVar[str] = "Practice Souk"
    per_page: ClassVar[int] = 12

    def routes(self) -> Sequence[tuple[str, Handler]]:
        return (
            (r"/(?:search|shop/.+|c/[a-z0-9-]+|listing/\d{9})?", lambda _asked: self.page("souk_shell.html")),
            (r"/static/souk\.js", self._script),
            (r"/api/listings", self._listings),
            (r"/api/listing/(?P<number>\d{9})", self._listing),
        )

    def item_path(self, good: Good) -> str:
        return f"/listing/{good.number}"

    def results(self, asked: Asked) -> Answer:
        return self._listings(asked)

    def _script(self, _asked: Asked) -> Answer:
        return Answer(body=source("souk.js"), content_type="text/javascript; charset=utf-8", headers=KEPT, padded=True)

    def _listings(self, asked: Asked) -> Answer:
        """One helping of cards: `{"items": […], "total": n, "cursor": "2" or null}`; the cursor is opaque to the script."""
        goods, heading = self._wanted(asked)
        cursor = asked.query.get("cursor", "1")
        found = self.shown(Asked(site=self.name, path="", query={"page": cursor}, endless=asked.endless), goods)
        following = str(found.page + 1) if found.page < found.pages else None
        cards = [self._card(good) for good in found.goods]
        return _json({"heading": heading, "total": found.total, "items": cards, "cursor": following})

    def _wanted(self, asked: Asked) -> tuple[Sequence[Good], str]:
        query = asked.query
        if "q" in query:
            return self.shelf.found(query["q"]), f"Results for {query['q']}"
        if "shop" in query:
            goods = self.shelf.by_seller.get(query["shop"], [])
            return goods, goods[0].seller.name if goods else "Unknown shop"
        if "category" in query:
            return self.shelf.by_category.get(query["category"], ()), self.shelf.category_names.get(query["category"], "")
        return self.with_traps(), "Just in"

    def _card(self, good: Good) -> dict[str, Any]:
        return {
            "id": good.number,
            "url": self.item_path(good),
            "title": good.title,
            "price": comma_price(good.price, good.currency),
            "image": self.picture_path(good, 1),
            "shop": good.seller.name,
        }

    def _listing(self, _asked: Asked, number: str) -> Answer:
        good = self.shelf.by_number.get(number)
        if good is None or not good.open:
            return _json({"error": "not_found", "message": "This listing is no longer available"}, status=404)
        return _json(
            {
                "id": good.number,
                "title": good.title,
                "body": good.description,
                "price": {"minor": int(good.price * 100), "code": good.currency, "text": comma_price(good.price, good.currency)},
                "was": comma_price(good.reduced_from, good.currency) if good.reduced_from else None,
                "state": STATE[good.status],
                "condition": good.condition,
                "path": [{"slug": slug(name), "name": name} for name in good.category],
                "facts": [{"name": name, "value": value} for name, value in good.attributes.items()],
                "pictures": [
                    {"small": self.picture_path(good, view + 1), "large": self.picture_path(good, view + 1, large=True)}
                    for view in range(good.pictures)
                ],
                "shop": {"handle": good.seller.id, "name": good.seller.name, "place": good.seller.location},
                "ships_from": good.location,
                "listed": iso(before(self.now, days=good.listed_days_ago)),
                "more": [self._card(other) for other in self.shelf.neighbours(good, 6)],
            }
        )


def _json(value: Any, status: int = 200) -> Answer:
    return Answer(status=status, body=json.dumps(value, ensure_ascii=False).encode(), content_type=JSON, padded=True)
