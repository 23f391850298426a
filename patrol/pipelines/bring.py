"""What an officer brings by hand: a saved page, a screenshot, pictures, pasted text or a bare address.

The command line and the desk hand it files with how they were obtained; it seals them, makes a listing of them like any
other, answers "seen before?" first, and walks the listing through the same STEPS as a crawl.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from patrol.config.marketplace import Marketplace, marketplace_for, registrable_domain
from patrol.errors import PatrolError, ReadError, UsageError
from patrol.evidence import RunSeal
from patrol.extract import read
from patrol.extract.merge import PAST, is_over
from patrol.extract.saved import address, moment_of, unpacked
from patrol.extract.urls import canonical_url
from patrol.ledger import Seen
from patrol.pipelines import run_steps
from patrol.pipelines.images import measure
from patrol.pipelines.tools import Tools
from patrol.records import Capture, Extraction, FieldSource, How, Image, Item, Listing, Origin, Outcome, Picture, Status

HAND = "by-hand"  # the card of what nobody crawled


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtFile:
    name: str
    body: bytes

    @property
    def sort(self) -> str:
        """page, picture or text, by what the bytes begin with and what the name ends with."""
        stem = self.name.lower().removesuffix(".gz")
        if (
            self.body[:4] in (b"\x89PNG", b"RIFF", b"GIF8")
            or self.body[:3] == b"\xff\xd8\xff"
            or stem.endswith((".webp", ".avif", ".bmp", ".tif", ".tiff"))
        ):
            return "picture"
        return "text" if stem.endswith((".txt", ".md")) else "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bringing:
    """One thing brought: its files, its address where known, and how it was obtained."""

    files: tuple[BroughtFile, ...]
    url: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """The answer: what was known before, what came of it, and the kept item (None where nothing was kept)."""

    name: str
    outcome: Outcome
    seen: tuple[Seen, ...]
    item: Item | None
    warnings: tuple[str, ...]


def split(files: Sequence[BroughtFile], *, url: str | None, note: str | None) -> tuple[Bringing, ...]:
    """Each saved page is a listing; pictures and texts join the only page, or make one listing together."""
    pages = [file for file in files if file.sort == "page"]
    others = tuple(file for file in files if file.sort != "page")
    if len(pages) <= 1:
        return (Bringing(files=(*pages, *others), url=url, note=note),)
    if others or url:
        raise UsageError(
            "several saved pages came with an address, pictures or texts, and nobody can tell which belongs to which",
            remedy="Add one page at a time with what belongs to it",
        )
    return tuple(Bringing(files=(page,), note=note) for page in pages)


class _Reading:
    """One bringing on its way to an Item."""

    def __init__(self, bringing: Bringing, marketplaces: Mapping[str, Marketplace], now: datetime) -> None:
        self.bringing = bringing
        self.now = now
        self.page = next((file for file in bringing.files if file.sort == "page"), None)
        self.digest = hashlib.sha256(b"".join(file.body for file in bringing.files)).hexdigest()
        body, told, saved, torn = self._unpacked()
        self.url = bringing.url or told or f"urn:sha256:{self.digest}"
        self.marketplace = marketplace_for(self.url, marketplaces)
        if torn is not None:
            self.extraction = Extraction(outcome=Outcome.FAILED, reason=str(torn))
        elif self.page:
            self.extraction = read(body, self.url, marketplace=self.marketplace, captured_at=saved)
        else:
            self.extraction = Extraction(outcome=Outcome.LISTING)

    def _unpacked(self) -> tuple[bytes, str | None, datetime | None, ReadError | None]:
        """The page's own bytes, where it says it stood and when it was saved, if it says so: "today" on it is that day and not
        this one. A file that cannot be opened is sealed and told, not raised."""
        if self.page is None:
            return b"", None, None, None
        file = self.page.body, self.page.name
        try:
            return unpacked(*file), address(*file), moment_of(*file), None
        except ReadError as error:
            return b"", None, None, error

    @property
    def name(self) -> str:
        return self.page.name if self.page else (self.bringing.files[0].name if self.bringing.files else self.url)

    def listing(self, pictures: Sequence[Picture]) -> tuple[Listing, dict[str, FieldSource]]:
        """The page's listing, or one made of the pasted text: its first line is the title."""
        found = self.extraction.listing
        fields = dict(self.extraction.fields)
        text = "\n\n".join(file.body.decode("utf-8", "replace").strip() for file in self.bringing.files if file.sort == "text")
        if found is None:
            host = self.url.partition("://")[2].partition("/")[0]
            site = self.marketplace.name if self.marketplace else (registrable_domain(host) if host else HAND)
            title, _, rest = text.partition("\n")
            found = Listing(
                marketplace=site, listing_id=None, url=self.url, title=title[:1000] or None, description=rest.strip() or None
            )
            fields |= {
                name: FieldSource(origin=Origin.HAND, raw=value[:200])
                for name, value in (("title", title), ("description", rest))
                if value
            }
        elif text:
            found = replace(found, description="\n\n".join(part for part in (found.description, text) if part))
            fields["description"] = FieldSource(origin=Origin.HAND, raw=text[:200])
        own = tuple(Image(url=None, sha256=picture.sha256) for picture in pictures)
        if is_over(found.status, found.ends_at, self.now):
            found = replace(found, status=Status.ENDED)
            fields["status"] = FieldSource(origin=Origin.DERIVED, raw=PAST)
        return replace(found, images=own + found.images, captured_at=self.now), fields

    def space(self) -> str:
        if self.marketplace:
            return self.marketplace.space
        host = self.url.partition("://")[2].partition("/")[0].partition(":")[0]
        return registrable_domain(host) if host else HAND


def _seal(reading: _Reading, seal: RunSeal) -> list[tuple[BroughtFile, Capture]]:
    folder = f"hand-{reading.digest[:16]}"
    files = reading.bringing.files or (BroughtFile(name="address.txt", body=reading.url.encode()),)
    return [
        (
            file,
            seal.seal(
                url=reading.url,
                kind="resource",
                body=file.body,
                status=None,
                content_type=None,
                request_headers=[],
                response_headers=[("X-Patrol-File", file.name.encode("ascii", "replace").decode())],
                time=reading.now,
                folder=folder,
            ),
        )
        for file in files
    ]


def _pictures(sealed: Sequence[tuple[BroughtFile, Capture]], tools: Tools) -> tuple[list[Picture], list[str]]:
    pictures, warnings = [], []
    for file, capture in sealed:
        if file.sort != "picture":
            continue
        try:
            picture = measure(file.body, tools.limits.picture_pixels, url=None, capture=capture.id)
        except ReadError as error:
            warnings.append(f"{file.name}: {error.what}")
            continue
        tools.archive.store_picture(file.body)
        pictures.append(picture)
    return pictures, warnings


def _seen(item: Item, tools: Tools) -> tuple[Seen, ...]:
    listing = item.listing
    seller = listing.seller
    return tuple(
        tools.ledger.listings.seen_before(
            url=None if listing.url.startswith("urn:") else listing.url,
            canonical=canonical_url(listing.url),
            id_space=item.id_space,
            listing_id=listing.listing_id,
            seller=(seller.id or seller.name) if seller else None,
            sha256=[picture.sha256 for picture in item.pictures],
            phash=[picture.phash for picture in item.pictures if picture.phash],
        )
    )


async def bring(
    bringing: Bringing, *, marketplaces: Mapping[str, Marketplace], tools: Tools, seal: RunSeal, run_id: str
) -> Brought:
    """Seals, reads, answers "seen before?" and keeps one bringing; what could not be kept is said in the answer, not raised."""
    reading = _Reading(bringing, marketplaces, datetime.now(UTC))
    sealed = _seal(reading, seal)
    seal.flush()
    outcome = reading.extraction.outcome
    with_words = any(file.sort != "page" for file in bringing.files)

    def record(conn: Connection) -> None:
        for _, capture in sealed:
            tools.ledger.runs.record(conn, capture)

    tools.ledger.writer.run(record)
    if outcome is not Outcome.LISTING and not with_words:
        reason = reading.extraction.reason or "no listing was read from it"
        return Brought(
            name=reading.name,
            outcome=outcome,
            seen=(),
            item=None,
            warnings=(*reading.extraction.warnings, f"{outcome}: {reason}"),
        )
    pictures, warnings = _pictures(sealed, tools)
    listing, fields = reading.listing(pictures)
    item = Item(
        listing=listing,
        id_space=reading.space(),
        how=How.HAND,
        run_id=run_id,
        card=HAND,
        fields=fields,
        capture=sealed[0][1].id,
        note=bringing.note,
        pictures=tuple(pictures),
    )
    seen = _seen(item, tools)
    try:
        kept = await run_steps(item, tools)
    except PatrolError as error:
        return Brought(name=reading.name, outcome=Outcome.FAILED, seen=seen, item=None, warnings=(*warnings, str(error)))
    return Brought(
        name=reading.name, outcome=Outcome.LISTING, seen=seen, item=kept, warnings=(*reading.extraction.warnings, *warnings)
    )
