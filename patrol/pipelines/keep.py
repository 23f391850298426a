"""Keep: commits the listing with its version, sighting, assessment and request in one transaction of the ledger.

The last step. It returns when the commit has happened, so a request is never done before its listing is safe.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from patrol.ledger import Kept
from patrol.pipelines.tools import Tools
from patrol.records import Item


async def keep(item: Item, tools: Tools) -> Item:
    """The item with the ledger's key; raises what the commit raised."""
    now = datetime.now(UTC)

    def work(conn: Connection) -> Kept:
        return tools.ledger.listings.keep(conn, item, rulebook_hash=tools.rulebook.hash, now=now)

    kept = await asyncio.wrap_future(tools.ledger.writer.submit(work))
    return replace(item, listing_key=kept.key)
