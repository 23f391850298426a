"""Ledger writes/s while it grows, on SQLite and (where PATROL_TEST_POSTGRES names one) PostgreSQL; crawls with several workers.

A write is one whole item as the steps hand it in: version, sighting, assessment, seller, cluster, address, outbox row. Half of
them are new listings, half are seen again. PATROL_BENCH_MILLION=1 lets the ledger grow to a million listings (an hour or so).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from sqlalchemy import create_engine, make_url

from patrol.config import init
from patrol.ledger import Ledger
from patrol.market.addresses import home_files
from patrol.records import How, Item, Listing, Money, PriceKind, Seller
from tests.bench.goods import ROOT, serving

SIZES = (10_000, 1_000_000)
WINDOW = 2_000  # writes that are measured at each size
FLAT = 0.7  # of the rate at the first size that the last one must keep
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def run() -> list[dict[str, Any]]:
    sizes = SIZES if os.environ.get("PATROL_BENCH_MILLION") else SIZES[:1]
    rows: list[dict[str, Any]] = []
    for kind in kinds():
        with database(kind) as url:
            rows += growing(kind, url, sizes)
        rows += [crawling(kind, workers, 0.0) for workers in (1, 2)]
        rows.append(crawling(kind, 4, 0.2))
    return rows


def kinds() -> list[str]:
    return ["sqlite", *(["postgres"] if os.environ.get("PATROL_TEST_POSTGRES") else [])]


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The address of an empty database that is gone with the block."""
    if kind == "sqlite":
        with TemporaryDirectory(prefix="patrol-bench-") as folder:
            yield f"sqlite:///{folder}/ledger.sqlite"
        return
    server = make_url(os.environ["PATROL_TEST_POSTGRES"]).set(drivername="postgresql+psycopg")
    name = f"patrol_bench_{os.getpid()}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as conn:
            conn.exec_driver_sql(f"CREATE DATABASE {name}")
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as conn:
            conn.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        engine.dispose()


def growing(kind: str, url: str, sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    """Writes/s at each size; `flat` compares the last with the first."""
    rows: list[dict[str, Any]] = []
    with Ledger(url, secret=b"bench") as ledger:
        run_id = ledger.runs.start(marketplace="bench", card="bench", how=How.CRAWL, pid=1, host="bench").id
        held = 0
        for size in sizes:
            keep(ledger, run_id, range(held, size - WINDOW // 2))
            fresh = range(size - WINDOW // 2, size)
            known = range(0, size - WINDOW // 2, (size - WINDOW // 2) // len(fresh))[: len(fresh)]
            started = time.perf_counter()
            keep(ledger, run_id, [number for pair in zip(fresh, known, strict=True) for number in pair])
            per_s = WINDOW / (time.perf_counter() - started)
            held = size
            rows.append({"what": f"ledger writes/s at {size:,} listings, {kind}", "per_s": round(per_s)})
    if len(rows) > 1:
        ratio = rows[-1]["per_s"] / rows[0]["per_s"]
        rows[-1] |= {"flat": round(ratio, 2), "aim": FLAT, "aim_met": ratio >= FLAT}
    return rows


def keep(ledger: Ledger, run_id: str, numbers: Any) -> None:
    """Writes as the steps do: handed over without waiting, at most some hundreds on their way."""
    waiting: list[Any] = []
    for number in numbers:
        item = made(run_id, number, datetime.now(UTC))
        waiting.append(
            ledger.writer.submit(
                lambda conn, item=item: ledger.listings.keep(conn, item, rulebook_hash="", now=datetime.now(UTC), children=())
            )
        )
        if len(waiting) >= 500:
            for future in waiting:
                future.result()
            waiting.clear()
    for future in waiting:
        future.result()


def made(run_id: str, number: int, at: datetime) -> Item:
    listing = Listing(
        marketplace="bench",
        listing_id=str(number),
        url=f"https://bench.example/item/{number}",
        title=f"Schist head of a bodhisattva no. {number}",
        description=f"Grey schist, Gandhara, about {number % 40 + 10} cm high. From an old collection, sold as found. " * 5,
        price=Money(amount=Decimal(number % 900 + 20), currency="EUR", kind=PriceKind.ASKING, raw=None),
        seller=Seller(name=f"seller {number % 5000}", id=str(number % 5000)),
        captured_at=at + timedelta(microseconds=number % 1000),
    )
    return Item(listing=listing, id_space="bench.example", how=How.CRAWL, run_id=run_id, card="bench", fields={})


def crawling(kind: str, workers: int, delay: float) -> dict[str, Any]:
    """Requests/s of a shared crawl of the practice bazaar; with a delay, beside what that allows.

    The processes' start and end are in it.
    """
    copies = 1 if delay else 3
    with serving(pad=20_000, copies=copies, pictures=False) as ports, TemporaryDirectory(prefix="patrol-bench-") as folder:
        home = init(Path(folder) / "home")
        for name, text in home_files(ports).items():
            card = yaml.safe_load(text)
            card["card"]["manners"] = {"delay": delay, "concurrency": 8}
            (home.config / "marketplaces" / name).write_text(yaml.safe_dump(card, sort_keys=False), encoding="utf-8")
        with database(kind) as url:
            settings = home.config / "patrol.yml"
            text = settings.read_text(encoding="utf-8").replace("ledger: null", f"ledger: {url}", 1)
            settings.write_text(text, encoding="utf-8")
            command = [sys.executable, "-m", "patrol.cli", "crawl", "practice-bazaar", "--join", "--home", str(home.root)]
            blind = {
                **os.environ,
                "PATH": folder,
                "PLAYWRIGHT_BROWSERS_PATH": folder,
            }  # no browser: snapshots are another measure
            blind.pop("PATROL_CHROMIUM", None)
            begun = [
                subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=blind)
                for _ in range(workers)
            ]
            summaries = [json.loads(process.communicate()[0].strip().splitlines()[-1]) for process in begun]
    asked = sum(sum(summary["outcomes"].values()) for summary in summaries)
    seconds = max(summary["seconds"] for summary in summaries)
    row = {
        "what": f"shared crawl, {workers} workers, delay {delay:g} s, {kind}",
        "requests": asked,
        "per_s": round(asked / seconds, 1),
        "shares": [sum(summary["outcomes"].values()) for summary in summaries],
    }
    if not delay:
        return row
    allowed = 1 / delay
    return row | {"allowed_per_s": allowed, "aim": 0.7 * allowed, "aim_met": asked / seconds >= 0.7 * allowed}
