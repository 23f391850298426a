"""The steps that a listing goes through, in order, wherever it came from: a crawl, a replay, or an officer's hand.

`STEPS` is the whole pipeline; `run_steps` walks one item through it; `scrapy_bridge` lets Scrapy's items walk the same way.
"""

from __future__ import annotations

from patrol.pipelines.check import check
from patrol.pipelines.dedupe import dedupe
from patrol.pipelines.images import images
from patrol.pipelines.keep import keep
from patrol.pipelines.score import score_context, score_text
from patrol.pipelines.tools import FetchedPicture, PictureFetcher, Step, Tools
from patrol.records import Item

__all__ = ["STEPS", "FetchedPicture", "PictureFetcher", "Step", "Tools", "run_steps"]

STEPS: tuple[Step, ...] = (check, score_text, images, dedupe, score_context, keep)


async def run_steps(item: Item, tools: Tools) -> Item:
    """One item through all steps; raises what a step raises, with nothing of the item kept."""
    for step in STEPS:
        item = await step(item, tools)
    return item
