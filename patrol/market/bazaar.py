"""The practice classifieds site: private sellers, prices written their own way, removed items that answer 200.

Item pages carry JSON-LD for the item alone; seller, place and age stand in the markup only, beside a row of similar offers
with prices of their own. Results come twenty a page, with paid cards among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from patrol.market.answers import Answer, Asked
from patrol.market.goods import Good
from patrol.market.shelf import slug
from patrol.market.sites import Handler, Site
from patrol.market.wording import before, iso

AVAILABILITY = {"live": "InStock", "sold": "SoldOut", "ended": "Discontinued"}
SCHEMA = "https://schema.org/"


class Bazaar(Site):
    """`/item/<slug>-<id>.html`, `/search?q=`, `/c/<category>`, `/c/all`, `/user/<id>`."""

    name: ClassVar[str] = "bazaar"
    title: ClassVar[str] = "Practice Bazaar"

    def routes(self) -> Sequence[tuple[str, Handler]]:
        return (
            (r"/", self._front),
            (r"/item/(?:.*-)?(?P<number>\d{9})\.html", self._item),
            (r"/search", self._search),
            (r"/c/(?P<category>[a-z0-9-]+)", self._category),
            (r"/user/(?P<seller>.+)", self._user),
        )

    def item_path(self, good: Good) -> str:
        return f"/item/{slug(good.title)}-{good.number}.html"

    def results(self, asked: Asked) -> Answer:
        return self._results(asked, self.with_traps(), heading="All ads", query={})

    def _front(self, _asked: Asked) -> Answer:
        return self.page("bazaar_front.html", categories=sorted(self.shelf.category_names.items()))

    def _item(self, _asked: Asked, number: str) -> Answer:
        good = self.shelf.by_number.get(number)
        if good is None:
            return self.missing()
        similar = self.shelf.neighbours(good, 8)
        if not good.open:
            return self.page("bazaar_removed.html", similar=similar)
        listed = before(self.now, days=good.listed_days_ago)
        return self.page("bazaar_item.html", good=good, similar=similar, listed=listed, linked_data=self._linked_data(good))

    def _linked_data(self, good: Good) -> dict[str, Any]:
        """The item as schema.org has it: in a graph, its type last, its texts with entities, its pictures small."""
        url = self.origin + self.item_path(good)
        steps = [
            {"position": place, "name": name, "item": f"{self.origin}/c/{slug(name)}", "@type": "ListItem"}
            for place, name in enumerate(good.category, 1)
        ]
        product = {
            "name": _entities(good.title),
            "description": _entities(good.description),
            "productID": good.number,
            "image": [self.origin + self.picture_path(good, view + 1) for view in range(good.pictures)],
            "url": url,
            "offers": {
                "price": f"{good.price:.2f}",
                "priceCurrency": good.currency,
                "availability": SCHEMA + AVAILABILITY[good.status],
                "url": url,
                "@type": "Offer",
            },
            "@type": "Product",
        }
        return {"@context": SCHEMA, "@graph": [{"itemListElement": steps, "@type": "BreadcrumbList"}, product]}

    def _search(self, asked: Asked) -> Answer:
        query = asked.query.get("q", "")
        return self._results(asked, self.shelf.found(query), heading=f"“{query}”", query={"q": query})

    def _category(self, asked: Asked, category: str) -> Answer:
        if category == "all":
            return self.results(asked)
        if category not in self.shelf.by_category:
            return self.missing()
        return self._results(asked, self.shelf.by_category[category], heading=self.shelf.category_names[category], query={})

    def _user(self, asked: Asked, seller: str) -> Answer:
        if seller not in self.shelf.by_seller:
            return self.missing()
        goods = self.shelf.by_seller[seller]
        return self._results(asked, goods, heading=f"Ads by {goods[0].seller.name}", query={})

    def _results(self, asked: Asked, goods: Sequence[Good], *, heading: str, query: dict[str, str]) -> Answer:
        found = self.shown(asked, goods)
        if not goods:
            return self.page("bazaar_nothing.html", heading=heading)
        following = f"{asked.path}?{urlencode(query | {'page': str(found.page + 1)})}" if found.page < found.pages else None
        listed = {good.number: iso(before(self.now, days=good.listed_days_ago)) for good in found.goods}
        promos = range(len(found.goods)) if asked.decoys else (3, 11)
        return self.page("bazaar_results.html", found=found, heading=heading, following=following, listed=listed, promos=promos)


def _entities(text: str) -> str:
    """Characters as entities inside the JSON, as many sites write them."""
    return text.replace("&", "&amp;").replace('"', "&quot;")
