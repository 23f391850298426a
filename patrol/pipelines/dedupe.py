"""Dedupe: which listing is this, and has the same object been offered before under another id or on another site?

Runs after `images`, so that a shared picture counts; what it finds goes into the context that `score` uses and into
the cluster that `keep` joins.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from patrol.ledger.likeness import SAME
from patrol.pipelines.tools import Tools
from patrol.records import Item


async def dedupe(item: Item, tools: Tools) -> Item:
    """The item with its ledger key (None for a new listing), its nearest earlier offer, and the context of both."""
    return await asyncio.to_thread(_look_up, item, tools)


def _look_up(item: Item, tools: Tools) -> Item:
    around = tools.ledger.listings.surroundings(item)
    base = tools.base_for(item)
    context = replace(around.context, rates=base.rates, rates_date=base.rates_date, themes=base.themes, as_of=base.as_of)
    known = replace(item, listing_key=around.key, context=context)
    if not around.twins or around.twins[0][1] < SAME:
        return known
    twin, score, method = around.twins[0]
    return replace(known, same_as=twin, same_by=method, same_score=score)
