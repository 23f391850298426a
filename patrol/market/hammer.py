"""The practice auction house: a page state that is JavaScript, not JSON, with the lot among its neighbours of the sale.

The JSON-LD names the starting price, the state the leading bid, the estimate and the closing time; the provenance stands in
a section of the page only. The bid history shows masked bidders. Sales have catalogues; lots can be searched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any, ClassVar
from urllib.parse import urlencode

from patrol.market.answers import Answer, Asked
from patrol.market.goods import Good
from patrol.market.shelf import Shelf, slug
from patrol.market.sites import Handler, Site
from patrol.market.stencil import UNDEFINED
from patrol.market.wording import before, millis

SALES = tuple(range(301, 307))
STATUS = {"live": "open", "ended": "closed", "sold": "sold", "removed": "withdrawn"}


class Hammer(Site):
    """`/lot/<id>/<slug>`, `/sale/<n>`, `/find?keyword=`, `/sales`, `/house/<id>`."""

    name: ClassVar[str] = "hammer"
    title: ClassVar[str] = "Practice Hammer"
    per_page: ClassVar[int] = 24

    def __init__(self, goods: Sequence[Good], *, origin: str, now: datetime, traps: Sequence[Good] = ()) -> None:
        super().__init__(goods, origin=origin, now=now, traps=traps)
        by_sale: dict[int, list[Good]] = defaultdict(list)
        for good in self.shelf.goods:
            by_sale[_sale(good)].append(good)
        self.catalogues = {sale: Shelf(by_sale[sale]) for sale in SALES}

    def routes(self) -> Sequence[tuple[str, Handler]]:
        return (
            (r"/", lambda _asked: self.page("hammer_sales.html", sales=self.catalogues)),
            (r"/sales", lambda _asked: self.page("hammer_sales.html", sales=self.catalogues)),
            (r"/lot/(?P<number>\d{9})(?:/.*)?", self._lot),
            (r"/sale/(?P<sale>\d+)", self._catalogue),
            (r"/find", self._find),
            (r"/house/(?P<seller>.+)", self._house),
        )

    def item_path(self, good: Good) -> str:
        return f"/lot/{good.number}/{slug(good.title)}"

    def results(self, asked: Asked) -> Answer:
        return self._results(asked, self.shelf.goods, heading="All lots", query={})

    def _lot(self, _asked: Asked, number: str) -> Answer:
        good = self.shelf.by_number.get(number)
        if good is None:
            return self.missing()
        if not good.open:
            return self.page("hammer_withdrawn.html", sale=_sale(good))
        others = self.catalogues[_sale(good)].neighbours(good, 12)
        return self.page(
            "hammer_lot.html",
            good=good,
            sale=_sale(good),
            others=others,
            state=self._state(good, others),
            bids=_history(good),
            closes=self.closes(good),
            hammer_price=_hammer_price(good),
            linked_data=self._linked_data(good),
        )

    def opens(self, good: Good) -> datetime:
        return before(self.now, days=good.listed_days_ago + 1)

    def closes(self, good: Good) -> datetime:
        if good.ends_in_hours is not None:
            return self.now + timedelta(hours=good.ends_in_hours)
        return before(self.now, hours=7 + good.listed_days_ago)

    def _linked_data(self, good: Good) -> dict[str, Any]:
        return {
            "@context": "https://schema.org",
            "@type": "Product",
            "name": good.title,
            "description": good.description,
            "productID": good.number,
            "image": self.origin + self.picture_path(good, 1) if good.pictures else [],
            "offers": {
                "@type": "Offer",
                "price": f"{good.price:.2f}",
                "priceCurrency": good.currency,
                "availability": "https://schema.org/InStock",
                "offeredBy": {"@type": "Organization", "name": self.title},
            },
        }

    def _state(self, good: Good, others: Sequence[Good]) -> dict[str, Any]:
        """The page's state: this lot and its neighbours side by side, told apart by id alone; neighbours come first."""
        lots = (*others, good)
        return {
            "page": {"kind": "lot", "id": int(good.number), "viewer": UNDEFINED, "flags": ["timed", "v4/checkout"]},
            "lots": {"byId": {lot.number: self._lot_state(lot) for lot in lots}},
            "details": {"byId": {good.number: _details(good)}},
            "bidding": {"byId": {lot.number: self._bidding(lot) for lot in lots}},
            "houses": {"byId": {lot.seller.id: _house_state(lot) for lot in lots}},
            "sale": {"id": _sale(good), "title": f"Timed sale {_sale(good)}", "location": UNDEFINED},
        }

    def _lot_state(self, good: Good) -> dict[str, Any]:
        return {
            "id": int(good.number),
            "lotNumber": good.lot_number or UNDEFINED,
            "saleId": _sale(good),
            "title": good.title,
            "currency": good.currency,
            "estimate": {"low": _figure(good.estimate[0]), "high": _figure(good.estimate[1])} if good.estimate else UNDEFINED,
            "startPrice": _figure(good.price),
            "reducedFrom": _figure(good.reduced_from),
            "photos": [
                {
                    "thumb": self.origin + self.picture_path(good, view + 1),
                    "full": self.origin + self.picture_path(good, view + 1, large=True),
                }
                for view in range(good.pictures)
            ],
            "houseId": good.seller.id,
            "place": good.location,
            "categories": list(good.category),
            "specifics": [{"name": name, "value": value} for name, value in good.attributes.items()],
        }

    def _bidding(self, good: Good) -> dict[str, Any]:
        return {
            "status": STATUS[good.status],
            "leadingBid": _figure(good.current),
            "bidCount": UNDEFINED if good.bids is None else good.bids,
            "hammerPrice": _figure(_hammer_price(good)),
            "opensAt": millis(self.opens(good)),
            "closesAt": millis(self.closes(good)),
            "history": _history(good),
        }

    def _catalogue(self, asked: Asked, sale: str) -> Answer:
        if int(sale) not in self.catalogues:
            return self.missing()
        goods = self.catalogues[int(sale)].goods
        if int(sale) == SALES[0]:
            goods = (*goods[:6], *self.traps, *goods[6:])
        return self._results(asked, goods, heading=f"Timed sale {sale}", query={})

    def _find(self, asked: Asked) -> Answer:
        keyword = asked.query.get("keyword", "")
        return self._results(asked, self.shelf.found(keyword), heading=f"Lots for “{keyword}”", query={"keyword": keyword})

    def _house(self, asked: Asked, seller: str) -> Answer:
        goods = self.shelf.by_seller.get(seller)
        return self._results(asked, goods, heading=goods[0].seller.name, query={}) if goods else self.missing()

    def _results(self, asked: Asked, goods: Sequence[Good], *, heading: str, query: dict[str, str]) -> Answer:
        found = self.shown(asked, goods)
        if not goods:
            return self.page("hammer_nothing.html", heading=heading)
        following = f"{asked.path}?{urlencode(query | {'page': str(found.page + 1)})}" if found.page < found.pages else None
        return self.page("hammer_results.html", found=found, heading=heading, following=following, decoys=asked.decoys)


def _sale(good: Good) -> int:
    return SALES[blake2b(good.object.encode(), digest_size=2).digest()[0] % len(SALES)]


def _figure(amount: Decimal | None) -> int | float | str:
    """A JavaScript number; undefined where there is none."""
    if amount is None:
        return UNDEFINED
    return float(amount) if amount % 1 else int(amount)


def _hammer_price(good: Good) -> Decimal | None:
    """What a closed lot fetched: the last bid, for a sold lot without one the starting price."""
    if good.status == "sold":
        return good.current or good.price
    return good.current if good.status == "ended" and good.bids else None


def _details(good: Good) -> dict[str, str]:
    paragraphs = "".join(f"<p>{_escaped(part)}</p>" for part in good.description.split("\n\n"))
    return {"description": paragraphs, "condition": good.condition or UNDEFINED}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")


def _house_state(good: Good) -> dict[str, str]:
    return {"id": good.seller.id, "name": good.seller.name, "city": good.seller.location}


def _history(good: Good) -> list[dict[str, Any]]:
    """Masked bidders and their bids up to the leading one, latest first: on the page, and nobody's to keep."""
    if good.current is None or not good.bids:
        return []
    count = min(good.bids, 8)
    step = (good.current - good.price) / max(1, count - 1)
    masks = blake2b(good.number.encode(), digest_size=16).hexdigest()
    return [
        {
            "bidder": f"{masks[2 * place]}***{masks[2 * place + 1]}",
            "amount": _figure((good.current - step * place).quantize(Decimal(1))),
        }
        for place in range(count)
    ]
