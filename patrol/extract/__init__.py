"""Reading: an answer's bytes become an Extraction, its outcome first, then a Listing or the cards of a results page.

Spiders, replays, the desk and `patrol extract` hand bodies in here; pipelines and the ledger take what comes out.
"""

from patrol.extract.follow import follow_ups, frame_text
from patrol.extract.read import classify, read
from patrol.extract.urls import canonical_url, page_url

__all__ = ["canonical_url", "classify", "follow_ups", "frame_text", "page_url", "read"]
