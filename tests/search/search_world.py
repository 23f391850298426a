"""Listings and clusters of every kind, and a plain and slow reading of what a query means, to hold the engines against."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from patrol.records import Authenticity, Band, PriceKind, ProvenanceGrade, Status
from patrol.search.documents import Amount, ClusterDocument, ClusterView, Desk, DeskStatus, ListingDocument
from patrol.search.index import Everyone, Order
from patrol.search.syntax import All, AnyOf, Node, Not, Present, Range, Term, Words
from patrol.text import tokenise

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
NL, DE = Everyone("agency-nl"), Everyone("agency-de")
ANYONE = Everyone()
VOCABULARY = (
    "schist",
    "head",
    "Buddha",
    "Gandhāra",
    "grey",
    "Kopf",
    "tête",
    "佛像",
    "玉佛",
    "หัวพระ",
    "Будда",
    "رأس",
    "bronze",
    "coin",
    "3rd",
    "stone",
)
CULTURES = ("gandhara", "khmer", "bactria", "roman")


def key(number: int) -> str:
    return f"0192f000-{number // 7:04x}-7000-8000-{(number * 7919) % 65536:012x}"


def listing(number: int = 1, revision: int = 1, **given: Any) -> ListingDocument:
    return ListingDocument(
        **{"key": key(number), "revision": revision, "marketplace": "bazaar", "url": f"https://shop.test/{number}"} | given
    )


def cluster(number: int = 1, revision: int = 1, agencies: dict[str, ClusterView] | None = None, **given: Any) -> ClusterDocument:
    view = ClusterView(**{"band": Band.HIGH, "sum": 70, "members": (key(number),)} | given)
    return ClusterDocument(key=f"c-{key(number)}", revision=revision, everyone=view, agencies=agencies or {})


def some_listings(count: int, seed: int = 1) -> list[ListingDocument]:
    """Random, but the same for a seed: with nulls, equal values, restricted ones and such as agencies see differently."""
    rnd = random.Random(seed)
    return [_random_listing(number, rnd) for number in range(count)]


def _random_listing(number: int, rnd: random.Random) -> ListingDocument:
    def words(most: int) -> str | None:
        return " ".join(rnd.choices(VOCABULARY, k=rnd.randint(1, most))) if rnd.random() < 0.9 else None

    def when(spread: int) -> datetime | None:
        return NOW + timedelta(hours=rnd.randint(-spread, spread)) if rnd.random() < 0.7 else None

    total = rnd.choice([-10, 0, 0, 25, 40, 40, 75, 130])
    own = {}
    if rnd.random() < 0.2:
        own = {
            rnd.choice(["agency-nl", "agency-de"]): Desk(
                status=rnd.choice(list(DeskStatus)), leads=("L-2026-0007",), changed=rnd.random() < 0.5
            )
        }
    return listing(
        number,
        marketplace=rnd.choice(["bazaar", "Hammer", "souk"]),
        listing_id=f"A{number}",
        title=words(5),
        description=words(12),
        provenance=words(4),
        attributes={"Material": rnd.choice(VOCABULARY)} if rnd.random() < 0.4 else {},
        category=("Antiquities", "Asia") if rnd.random() < 0.3 else (),
        location=rnd.choice([None, "Peshawar", "Köln"]),
        language=rnd.choice([None, "en", "de"]),
        seller_key=rnd.choice([None, "ab12", "cd34"]),
        status=rnd.choice([None, *Status]),
        price=Amount(minor=rnd.randint(1, 10**6), currency=rnd.choice(["JPY", "EUR", None]), kind=PriceKind.ASKING),
        price_eur=rnd.choice([None, 0, 4999, 5000, 9_999_999]),
        first_seen=when(2000),
        last_seen=when(100),
        ends_at=when(48),
        score=min(100, max(0, total)),
        sum=total,
        band=rnd.choice(list(Band)),
        rules=tuple(rnd.sample(["r-one", "r-two", "r-three"], rnd.randint(0, 3))),
        cultures=tuple(rnd.sample(CULTURES, rnd.randint(0, 2))),
        authenticity=rnd.choice(list(Authenticity)),
        provenance_grade=rnd.choice(list(ProvenanceGrade)),
        pictures=rnd.randint(0, 3),
        picture_match=rnd.random() < 0.1,
        visible_to=("agency-nl",) if rnd.random() < 0.15 else (),
        desk=Desk(status=rnd.choice([DeskStatus.OPEN, DeskStatus.CLEARED]), changed=rnd.random() < 0.1),
        desk_for=own,
    )


# ---------------------------------------------------------------------------------------------------------------------
# what a query means, read plainly


def seen(documents: list[ListingDocument], agency: str | None) -> list[tuple[ListingDocument, Desk]]:
    return [(one, desk) for one in documents if (desk := one.seen_by(agency)) is not None]


def holds(tree: Node, one: ListingDocument, desk: Desk) -> bool:
    if isinstance(tree, All):
        return all(holds(part, one, desk) for part in tree.parts)
    if isinstance(tree, AnyOf):
        return any(holds(part, one, desk) for part in tree.parts)
    if isinstance(tree, Not):
        return not holds(tree.part, one, desk)
    if isinstance(tree, Words):
        return any(_stands(tree, text) for name, text in _texts(one).items() if tree.field in (None, name))
    values = _values(one, desk)[tree.field] if tree.field not in _texts(one) else tuple(filter(None, [_texts(one)[tree.field]]))
    if isinstance(tree, Present):
        return bool(values) if tree.field not in ("changed", "picture_match") else values == ("yes",)
    if isinstance(tree, Range):
        return any((tree.low is None or value >= tree.low) and (tree.high is None or value < tree.high) for value in values)
    assert isinstance(tree, Term)
    return any(str(v).lower().startswith(tree.value) if tree.prefix else str(v).lower() == tree.value.lower() for v in values)


def _texts(one: ListingDocument) -> dict[str, str]:
    return {
        "title": one.title or "",
        "description": one.description or "",
        "provenance": one.provenance or "",
        "attributes": "\n".join(f"{name}: {value}" for name, value in one.attributes.items()),
        "category": "\n".join(one.category),
        "location": one.location or "",
        "ids": f"{one.listing_id or ''} {one.lot_number or ''}",
    }


@cache
def _tokens(text: str) -> list[str]:
    return [token.text for token in tokenise(text)]


def _stands(words: Words, text: str) -> bool:
    tokens = _tokens(text)
    if words.tokens[0] > "\u0e00" and len(words.tokens) == 1 and len(words.tokens[0]) == 1:
        return any(words.tokens[0] in token for token in tokens)
    size = len(words.tokens)
    for at in range(len(tokens) - size + 1):
        part = tokens[at : at + size]
        if part[:-1] == list(words.tokens[:-1]) and (
            part[-1] == words.tokens[-1] or (words.prefix and part[-1].startswith(words.tokens[-1]))
        ):
            return True
    return False


def _values(one: ListingDocument, desk: Desk) -> dict[str, tuple[Any, ...]]:
    def of(value: object) -> tuple[Any, ...]:
        return () if value is None else (value,)

    return {
        "marketplace": of(one.marketplace),
        "culture": one.cultures,
        "type": one.object_types,
        "material": one.materials,
        "band": of(one.band),
        "status": of(one.status),
        "desk": of(desk.status),
        "lead": desk.leads,
        "lang": of(one.language),
        "grade": of(one.provenance_grade),
        "support": of(one.provenance_support),
        "authenticity": of(one.authenticity),
        "rule": one.rules,
        "currency": of(one.price and one.price.currency),
        "seller": of(one.seller_key),
        "id": of(one.listing_id),
        "url": of(one.url),
        "score": of(one.score),
        "sum": of(one.sum),
        "pictures": of(one.pictures),
        "price_eur": of(one.price_eur),
        "first_seen": of(ms(one.first_seen)),
        "last_seen": of(ms(one.last_seen)),
        "ends_at": of(ms(one.ends_at)),
        "changed": ("yes",) if desk.changed else (),
        "picture_match": ("yes",) if one.picture_match else (),
        "key": of(one.key),
        "cluster": of(one.cluster),
        "lot": of(one.lot_number),
        "rulebook": of(one.rulebook),
    }


def ms(moment: datetime | None) -> int | None:
    return None if moment is None else int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))


def counted(rows: list[tuple[ListingDocument, Desk]], fields: tuple[str, ...]) -> dict[str, dict[str, int]]:
    values = [_values(one, desk) for one, desk in rows]
    return {field: dict(Counter(str(value) for row in values for value in set(row[field]))) for field in fields}


def urgent(one: ListingDocument, desk: Desk) -> bool:
    soon = one.ends_at is not None and NOW <= one.ends_at <= NOW + timedelta(hours=24) and one.status in (None, Status.LIVE)
    return soon or one.picture_match or desk.changed


def in_order(rows: list[tuple[ListingDocument, Desk]], order: Order) -> Iterator[str]:
    """The keys as the order's description in index.py has them."""
    far = float("inf")

    def rank(row: tuple[ListingDocument, Desk]) -> tuple[float, ...]:
        one, desk = row
        first, end = ms(one.first_seen), ms(one.ends_at)
        now = ms(NOW) or 0
        return {
            Order.VALUE: (-one.sum,),
            Order.URGENCY: (not urgent(one, desk), -one.sum),
            Order.NEWEST: (far if first is None else -first,),
            Order.ENDS: (1, 0) if end is None else (0, end) if end >= now else (2, -end),
            Order.PRICE_UP: (far if one.price_eur is None else one.price_eur,),
            Order.PRICE_DOWN: (far if one.price_eur is None else -one.price_eur,),
        }[order]

    return (one.key for one, _ in sorted(rows, key=lambda row: (*rank(row), row[0].key)))
