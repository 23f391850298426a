"""Score: the text first, where that decides how many pictures are fetched, then with all that is known.

Both steps call the one `assess`; the second is what the ledger keeps.
"""

from __future__ import annotations

from dataclasses import replace

from patrol.pipelines.tools import Tools
from patrol.records import Item
from patrol.scoring import assess

FIRST = 1  # pictures that every listing gets, whatever its words are worth


async def score_text(item: Item, tools: Tools) -> Item:
    """The item with an assessment of its words alone; as it was where nothing hangs on that yet."""
    if len(item.listing.images) <= FIRST:
        return item
    base = tools.base_for(item)
    return replace(item, context=base, assessment=assess(item.listing, tools.rulebook, base))


async def score_context(item: Item, tools: Tools) -> Item:
    """The item assessed with what dedupe and images found; unchanged where they found nothing."""
    if item.assessment is not None and item.context == tools.base_for(item):
        return item
    return replace(item, assessment=assess(item.listing, tools.rulebook, item.context))
