"""The steps over real stores: a ledger in a file, an evidence folder, a compiled rulebook, pictures fetched over HTTP."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from PIL import Image as Pillow
from spider_world import Site
from sqlalchemy import select
from web_home import make_home

from patrol.config import Config, Home, load
from patrol.errors import ReachError
from patrol.evidence import Archive
from patrol.ledger import Ledger
from patrol.ledger.engine import reading
from patrol.ledger.tables import listings, outbox, sightings, versions
from patrol.pipelines import FetchedPicture, Tools, run_steps
from patrol.pipelines.bring import Bringing, Brought, BroughtFile, split
from patrol.pipelines.hand import Hand
from patrol.pipelines.tools import base_context
from patrol.records import How, Image, Item, Listing, Money, PriceKind, Seller
from patrol.scoring import Rulebook, compile_rulebook

SECRET = b"a secret of the tests"
MONDAY = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
SPACE = "bazaar.example"


@cache
def unit() -> tuple[Config, Rulebook, bytes]:
    """A unit's config and rulebook, and an empty ledger's bytes, made once."""
    with TemporaryDirectory() as folder:
        home = Home(make_home(Path(folder)))
        config = load(home)
        Ledger(f"sqlite:///{folder}/ledger.db", secret=SECRET).close()
        return config, compile_rulebook(config), (Path(folder) / "ledger.db").read_bytes()


def money(amount: str, kind: PriceKind = PriceKind.ASKING) -> Money:
    return Money(amount=Decimal(amount), currency="EUR", kind=kind, raw=f"EUR {amount}")


def drawing(seed: int, size: tuple[int, int] = (240, 180)) -> Pillow.Image:
    """A picture of its own for each seed, the same in every size."""
    dice = random.Random(seed)
    patches = Pillow.frombytes("RGB", (6, 5), dice.randbytes(6 * 5 * 3))
    return patches.resize(size, Pillow.Resampling.BICUBIC)


def encoded(picture: Pillow.Image, form: str = "JPEG", **options: Any) -> bytes:
    out = BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


class Steps:
    """`item` makes what a spider would hand in, `walk` sends it through STEPS, `bring` is an officer's hand."""

    def __init__(self, folder: Path) -> None:
        self.config, self.rulebook, empty = unit()
        (folder / "ledger.db").write_bytes(empty)
        self.ledger = Ledger(f"sqlite:///{folder / 'ledger.db'}", secret=SECRET)
        self.archive = Archive(folder / "evidence")
        self.ledger.writer.run(lambda conn: self.ledger.listings.rulebook(conn, self.rulebook.hash, self.rulebook.canonical()))
        self.run = self.ledger.runs.start(
            marketplace="bazaar", card="card", how=How.CRAWL, pid=1, host="here", rulebook=self.rulebook.hash, parameters={}
        )
        self.fetched: list[str] = []
        self.tools = Tools(
            ledger=self.ledger,
            archive=self.archive,
            rulebook=self.rulebook,
            limits=self.config.settings.manners.model_copy(update={"picture_bytes": 300_000, "picture_pixels": 4_000_000}),
            base=base_context(self.config),
            fetch_picture=self._fetch,
        )

    def close(self) -> None:
        self.ledger.close()

    async def _fetch(self, url: str, _item: Item) -> FetchedPicture:
        self.fetched.append(url)
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            try:
                answer = await client.get(url)
            except httpx.HTTPError as error:
                raise ReachError(f"{type(error).__name__}: {error}", where=url) from error
        if answer.status_code != 200:
            raise ReachError(f"the picture's server answered {answer.status_code}", where=url)
        return FetchedPicture(body=answer.content, media_type=answer.headers.get("content-type"), capture=None)

    # -- a crawl's way in ---------------------------------------------------------------------------------------------

    def item(self, page_id: str | None = "1", *, at: datetime = MONDAY, space: str = SPACE, **fields: Any) -> Item:
        more = {name: fields.pop(name) for name in ("request_id", "pictures", "capture", "how") if name in fields}
        listing = Listing(
            marketplace="bazaar",
            listing_id=page_id,
            url=f"https://{space}/item/{page_id}",
            title="Gandharan schist head of a bodhisattva",
            description="From an old collection.",
            price=money("480.00"),
            seller=Seller(name="Kabir's Attic", id="kabir"),
            captured_at=at,
        )
        plain = Item(listing=replace(listing, **fields), id_space=space, how=How.CRAWL, run_id=self.run.id, card="card")
        return replace(plain, **more)

    def walk(self, item: Item) -> Item:
        return asyncio.run(run_steps(item, self.tools))

    def add(self, page_id: str | None = "1", **fields: Any) -> Item:
        return self.walk(self.item(page_id, **fields))

    # -- an officer's way in ------------------------------------------------------------------------------------------

    def bring(self, *files: tuple[str, bytes], url: str | None = None, note: str | None = "found on patrol") -> list[Brought]:
        bringings: Sequence[Bringing] = split([BroughtFile(name=name, body=body) for name, body in files], url=url, note=note)
        hand = Hand(self.ledger, self.archive, self.rulebook, self.config, pid=1, host="here")
        return asyncio.run(hand.bring_all(bringings))

    # -- what came of it ----------------------------------------------------------------------------------------------

    def stored(self, item: Item) -> Any:
        assert item.listing_key is not None
        found = self.ledger.listings.current(item.listing_key, with_seller=True)
        assert found is not None
        return found

    def cluster(self, item: Item) -> str:
        with reading(self.ledger.engine) as conn:
            return str(conn.execute(select(listings.c.cluster_id).where(listings.c.key == item.listing_key)).scalar_one())

    def count(self, table: Any, **where: Any) -> int:
        with reading(self.ledger.engine) as conn:
            return len(conn.execute(select(table).filter_by(**where)).all())

    def versions(self, item: Item) -> int:
        return self.count(versions, listing_key=item.listing_key)

    def sightings(self, item: Item) -> int:
        return self.count(sightings, listing_key=item.listing_key)

    def waiting(self, item: Item) -> int:
        return self.count(outbox, listing_key=item.listing_key)

    def faults(self, run_id: str | None = None) -> list[str]:
        return [fault.message for fault in self.ledger.runs.faults(run_id or self.run.id)]


def shown(*urls: str) -> tuple[Image, ...]:
    return tuple(Image(url=url) for url in urls)


def served(site: Site, **bodies: bytes) -> list[str]:
    """Puts pictures on the site; gives their addresses."""
    for name, body in bodies.items():
        site.pages[f"/{name}"] = (200, {"Content-Type": "image/jpeg"}, body)
    return [f"{site.url}/{name}" for name in bodies]
