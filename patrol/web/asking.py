"""“Seen before?”: what an officer knows of a thing (address, item id, seller, pictures, a saved page) against all that is held.

The seen-before page, the add-by-hand page and the API ask here; nothing is kept by asking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from patrol.config.marketplace import marketplace_for
from patrol.errors import ReadError
from patrol.extract import read
from patrol.extract.saved import address, unpacked
from patrol.extract.urls import canonical_url
from patrol.ledger import Seen
from patrol.pipelines.bring import BroughtFile
from patrol.pipelines.images import measure
from patrol.records import Listing
from patrol.web.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the thing; empty strings stand for nothing."""

    url: str = ""
    listing_id: str = ""
    seller: str = ""
    files: Sequence[BroughtFile] = ()

    @property
    def anything(self) -> bool:
        return bool(self.url or self.listing_id or self.seller or self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Listings that match, strongest first, and what could not be read of the question."""

    seen: tuple[Seen, ...]
    warnings: tuple[str, ...]


def seen_before(desk: Desk, known: Known) -> Answer:
    """The answer; a file that cannot be read is a warning, not an end."""
    warnings: list[str] = []
    hashes: list[tuple[str, str | None]] = []
    listing: Listing | None = None
    url = known.url.strip()
    for file in known.files:
        try:
            if file.sort == "picture":
                picture = measure(file.body, desk.config.settings.manners.picture_pixels, url=None)
                hashes.append((picture.sha256, picture.phash))
            elif file.sort == "page" and listing is None:
                listing = _read(desk, file, url)
        except ReadError as error:
            warnings.append(f"{file.name}: {error.what}")
    url = url or (listing.url if listing else "")
    seller = known.seller.strip() or ((listing.seller.id or listing.seller.name or "") if listing and listing.seller else "")
    marketplace = marketplace_for(url, desk.config.marketplaces) if url else None
    found = desk.ledger.listings.seen_before(
        url=url or None,
        canonical=canonical_url(url) if url else None,
        id_space=marketplace.space if marketplace else None,
        listing_id=known.listing_id.strip() or (listing.listing_id if listing else None),
        seller=seller or None,
        sha256=[sha256 for sha256, _ in hashes],
        phash=[phash for _, phash in hashes if phash],
    )
    return Answer(seen=tuple(found), warnings=tuple(warnings))


def _read(desk: Desk, file: BroughtFile, url: str) -> Listing | None:
    where = url or address(file.body, file.name)
    if not where:
        return None
    return read(unpacked(file.body, file.name), where, marketplace=marketplace_for(where, desk.config.marketplaces)).listing
