"""All sources of one listing laid over each other: the better one wins, disagreements about money become warnings.

`read` hands in the Finds in order of precedence; back come the Listing, its fields' sources and the warnings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from patrol.extract.finds import Find, Finds
from patrol.extract.language import language_of
from patrol.extract.opengraph import reduced_from
from patrol.extract.page import Page
from patrol.extract.schema import trimmed_path
from patrol.extract.texts import is_boilerplate
from patrol.extract.urls import likely_id
from patrol.records import FieldSource, Listing, Money, Origin, PriceKind, Seller, Status

_FIELDS = tuple(
    re.findall(
        r"\S+",
        "title description price estimate seller location images category condition lot_number provenance attributes listed_at "
        "starts_at ends_at bid_count status",
    )
)
# Ways to reach a person are no attributes of an object.
_PERSONAL = re.compile(
    r"^(?:phone|telephone|mobile|whatsapp|e-?mail|telefon|handy|téléphone|courriel|teléfono|correo|telefono|cellulare|telefoon|телефон)\b",
    re.IGNORECASE,
)
# Attributes that name an object's maker and numbers, and tell nothing else of it.
_NAMING = frozenset(("Brand", "Manufacturer", "Model", "SKU", "MPN", "GTIN", "ISBN", "Author", "Creator"))
PAST = "the end has passed"  # what a status that was found so stands on
_CUT = ("…", "...", "[...]", "(...)")


def merged(page: Page, sources: Sequence[Finds], own_id: str | None) -> tuple[Listing, dict[str, FieldSource], list[str]]:
    """The listing, where each of its fields was read, and what gave pause."""
    warnings = [warning for source in sources for warning in source.warnings]
    chosen: dict[str, Find] = {}
    for name in _FIELDS:
        found = next((source.fields[name] for source in sources if name in source.fields), None)
        if found is not None:
            chosen[name] = found
    _title(chosen, page)
    _description(chosen, sources, page)
    _seller(chosen, sources)
    _attributes(chosen, sources)
    listing_id = _identity(page, sources, own_id)
    if listing_id is not None:
        chosen["listing_id"] = listing_id
    _reduced(chosen, sources, page)
    prices = _prices(chosen, sources, warnings)
    _status(chosen, page)
    _hammer(chosen)
    values: dict[str, Any] = {name: one.value for name, one in chosen.items()}
    if "category" in values:
        linked = chosen["category"].origin in (Origin.CSS, Origin.JSONLD, Origin.MICRODATA)
        values["category"] = trimmed_path(values["category"], values.get("title"), linked=linked)
    attributes = {name: text for name, text in values.get("attributes", {}).items() if not _PERSONAL.match(name)}
    values["attributes"] = MappingProxyType(attributes)
    listing = Listing(
        marketplace=page.setting.marketplace,
        url=page.url,
        prices=prices,
        captured_at=page.captured_at,
        language=language_of(values.get("title"), values.get("description"), page=page.lang, site=page.setting.language),
        **{"listing_id": None, **values},
    )
    sources_of = {name: one.source for name, one in chosen.items()}
    if prices:
        sources_of["prices"] = FieldSource(origin=chosen["price"].origin, raw="; ".join(one.raw for one in prices)[:200])
    if listing.language:
        sources_of["language"] = FieldSource(origin=Origin.DERIVED, raw=(page.lang or "")[:20])
    return listing, sources_of, warnings


def _title(chosen: dict[str, Find], page: Page) -> None:
    """A marked-up title that goes on where the heading ends (` - Buy … on Example`) is cut there."""
    found, heading = chosen.get("title"), "" if page.is_json else page.heading
    if found is None or len(heading) < 10 or found.origin not in (Origin.JSONLD, Origin.MICRODATA, Origin.OPENGRAPH):
        return
    rest = found.value[len(heading) :] if found.value.casefold().startswith(heading.casefold()) else ""
    if re.match(r"\s+[-–—|:·]\s", rest):
        chosen["title"] = replace(found, value=found.value[: len(heading)])


def _description(chosen: dict[str, Find], sources: Sequence[Finds], page: Page) -> None:
    """A shortened description gives way to the same one at full length; the site's own words are none."""
    told = [source.fields["description"] for source in sources if "description" in source.fields]
    title = chosen["title"].value if "title" in chosen else None
    reading = page.setting.reading
    told = [one for one in told if not (reading and _matches(reading.boilerplate, one.value))]
    told = [one for one in told if one.origin is not Origin.OPENGRAPH or not is_boilerplate(one.value, title, page.site_names)]
    if not told:
        chosen.pop("description", None)
        return
    best = told[0]
    start = best.value.rstrip("…. ")[:40].casefold()
    if best.value.endswith(_CUT):
        best = next((one for one in told if len(one.value) > len(best.value) and one.value.casefold().startswith(start)), best)
    if title and best.value.casefold() == title.casefold():
        chosen.pop("description", None)
        return
    chosen["description"] = best


def _matches(patterns: Sequence[str], text: str) -> bool:
    return any(re.search(pattern, text) for pattern in patterns)


def _seller(chosen: dict[str, Find], sources: Sequence[Finds]) -> None:
    """Parts that the better source leaves open are filled from another one that names the same seller."""
    found = chosen.get("seller")
    if found is None:
        return
    seller: Seller = found.value
    for source in sources:
        other = source.get("seller")
        if isinstance(other, Seller) and other is not seller and (not other.name or not seller.name or other.name == seller.name):
            missing = {part.name: getattr(other, part.name) for part in fields_of(Seller) if getattr(seller, part.name) is None}
            seller = replace(seller, **missing)
    chosen["seller"] = replace(found, value=seller)


def tells_thing(attributes: Mapping[str, str] | None) -> bool:
    """Whether attributes say more of an object than whose it is and under which numbers it is sold."""
    return any(name not in _NAMING for name in attributes or ())


def _attributes(chosen: dict[str, Find], sources: Sequence[Finds]) -> None:
    """Brand and numbers alone are filled up from what another source lists of the object."""
    found = chosen.get("attributes")
    if found is None or tells_thing(found.value):
        return
    listed = next((source.fields["attributes"] for source in sources if tells_thing(source.get("attributes"))), None)
    if listed is not None:
        known = {name.casefold() for name in found.value}
        more = {name: text for name, text in listed.value.items() if name.casefold() not in known}
        chosen["attributes"] = replace(listed, value={**found.value, **more})


def _identity(page: Page, sources: Sequence[Finds], own_id: str | None) -> Find | None:
    """The page's id: by the adapter, by the address, by the markup where the address holds it, and so on down."""
    if own_id is not None:
        return Find(own_id, page.url, Origin.DERIVED)
    told = [source.fields["listing_id"] for source in sources if "listing_id" in source.fields]
    if told and told[0].origin in (Origin.STATE, Origin.API, Origin.CSS):
        return told[0]
    inside = next((one for one in told if one.value in page.url or one.value in unquote(page.url)), None)
    if inside is not None:
        return inside
    number = None if page.is_json else likely_id(page.url)
    if number is not None:
        return Find(number, page.url, Origin.DERIVED)
    return told[0] if told else None


def _reduced(chosen: dict[str, Find], sources: Sequence[Finds], page: Page) -> None:
    """Markup that still names the price before a reduction gives way to the meta tags that mark both."""
    found = chosen.get("price")
    if found is None or page.is_json or found.origin not in (Origin.JSONLD, Origin.MICRODATA):
        return
    told = next((source.fields["price"] for source in sources if source.origin is Origin.OPENGRAPH and source.get("price")), None)
    if told is None or told.value.currency != found.value.currency or told.value.amount >= found.value.amount:
        return
    if reduced_from(page) == found.value.amount:
        chosen["price"] = told


def _prices(chosen: dict[str, Find], sources: Sequence[Finds], warnings: list[str]) -> tuple[Money, ...]:
    """The other prices of the page by kind; sources that name another amount of the same kind are reported."""
    found = chosen.get("price")
    if found is None:
        return ()
    own: Money = found.value
    others: list[Money] = [one for source in sources for one in source.get("prices") or ()]
    for source in sources:
        price = source.get("price")
        if not isinstance(price, Money) or price is own:
            continue
        if price.amount == own.amount and price.currency in (own.currency, None):
            continue
        if price.kind != own.kind:
            others.append(price)
        else:
            warnings.append(
                f"price: {found.origin.value} says {_said(own)}, {source.fields['price'].origin.value} says {_said(price)}"
            )
    distinct = {
        (one.kind, one.amount, one.currency): one for one in reversed(others) if (one.kind, one.amount) != (own.kind, own.amount)
    }
    kinds: dict[Any, Money] = {}
    for one in reversed(list(distinct.values())):
        kinds.setdefault(one.kind if one.kind != own.kind else (one.kind, one.amount), one)
    return tuple(kinds.values())


def _hammer(chosen: dict[str, Find]) -> None:
    """The last bid on what is sold is the price that it fetched."""
    price, status = chosen.get("price"), chosen.get("status")
    if price is not None and status is not None and status.value is Status.SOLD and price.value.kind is PriceKind.CURRENT:
        chosen["price"] = replace(price, value=replace(price.value, kind=PriceKind.HAMMER))


def _said(price: Money) -> str:
    return f"{price.amount} {price.currency or '?'}"


def _status(chosen: dict[str, Find], page: Page) -> None:
    """An offer whose end has passed when the page was captured is over, whatever its markup still says."""
    ends = chosen.get("ends_at")
    status = chosen.get("status")
    if is_over(status.value if status else None, ends.value if ends else None, page.captured_at):
        chosen["status"] = Find(Status.ENDED, PAST, Origin.DERIVED)


def is_over(status: Status | None, ends: datetime | None, at: datetime | None) -> bool:
    """Whether an offer that is not said to be over is so by its end."""
    return status in (None, Status.LIVE) and ends is not None and at is not None and ends < at
