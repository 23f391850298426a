"""Sellers, apart from everything else: listings hold a keyed hash, the names stand in one table that can be erased.

`keeping` hands in the seller of each page and gets the key; the desk reads a name back only when it asks for it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, case, select

from patrol.ledger import bulk
from patrol.ledger.engine import Insert, insert_for
from patrol.ledger.tables import sellers
from patrol.records import Seller
from patrol.text import fold

FACTS = ("id_hash", "name_hash", "name", "seller_id", "url", "location")  # what an erasure empties


class SellerKeys:
    """Makes the keyed hashes; `secret` belongs to the unit, so that nobody else can guess names back from the keys."""

    def __init__(self, secret: bytes) -> None:
        if not secret:
            raise ValueError("an empty secret would let anyone guess sellers back from their keys")
        self._secret = secret

    def _hash(self, *parts: str) -> str:
        return hmac.new(self._secret, "\n".join(parts).encode(), hashlib.sha256).hexdigest()

    def key(self, id_space: str, seller: Seller | None) -> str | None:
        """The seller's key within an id space: by the site's id, else by name, else by address; None where all are unknown."""
        if seller is None:
            return None
        for sort, value in (("id", seller.id), ("name", seller.name and _plain(seller.name)), ("url", seller.url)):
            if value:
                return self._hash("seller", id_space, sort, value)
        return None

    def id_hash(self, seller_id: str) -> str:
        """The same on every site: finds a site's id again elsewhere."""
        return self._hash("id", seller_id)

    def name_hash(self, name: str) -> str:
        """The same on every site, and for every spelling that folds alike."""
        return self._hash("name", _plain(name))


def _plain(name: str) -> str:
    return " ".join(fold(name).split())


@cache
def _keep(dialect: str) -> Insert:
    row = insert_for(dialect, sellers)
    fresh = {
        name: case(
            (sellers.c.erased_at.is_not(None), None),
            (row.excluded[name].is_(None), sellers.c[name]),
            else_=row.excluded[name],
        )
        for name in FACTS
    }
    seen = {"last_seen": case((row.excluded.last_seen > sellers.c.last_seen, row.excluded.last_seen), else_=sellers.c.last_seen)}
    return row.on_conflict_do_update(index_elements=["key"], set_=fresh | seen)


def keep_seller(conn: Connection, keys: SellerKeys, id_space: str, seller: Seller | None, at: datetime) -> str | None:
    """Enters or refreshes a seller and gives the key; what was erased stays empty, whoever meets the seller again."""
    key = keys.key(id_space, seller)
    if key is None or seller is None:
        return None
    facts = {
        "id_hash": keys.id_hash(seller.id) if seller.id else None,
        "name_hash": keys.name_hash(seller.name) if seller.name else None,
        "name": seller.name,
        "seller_id": seller.id,
        "url": seller.url,
        "location": seller.location,
    }
    row = facts | {"key": key, "id_space": id_space, "first_seen": at, "last_seen": at}
    bulk.add(conn, sellers, _keep(conn.dialect.name), row)
    return key


def read_sellers(conn: Connection, keys: Collection[str]) -> dict[str, Seller]:
    """The names behind the keys, where they are not erased."""
    wanted = select(sellers).where(sellers.c.key.in_(keys), sellers.c.erased_at.is_(None))
    return {row.key: Seller(name=row.name, id=row.seller_id, url=row.url, location=row.location) for row in conn.execute(wanted)}
