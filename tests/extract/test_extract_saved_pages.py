"""Runs over the real saved pages where their folder lies beside the checkout: no page crashes, prices of shops are
  right.

The pages belong to their sites and are no part of the project; without them these tests are skipped.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from patrol.config.marketplace import Marketplace
from patrol.extract import page_url, read
from patrol.records import Extraction, Outcome

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT.parent / "shared" / "pages"
pytestmark = pytest.mark.skipif(not PAGES.is_dir(), reason="no folder ../shared/pages beside the checkout")

By = Callable[[str], Marketplace]


def pages() -> list[Path]:
    return [file for file in sorted(PAGES.glob("*/*")) if file.name != "SOURCES.txt"]


def truth() -> dict[str, dict[str, Any]]:
    content: dict[str, dict[str, Any]] = json.loads((PAGES / "ground-truth.json").read_text("utf-8"))
    return content


def body(file: Path) -> bytes:
    raw = file.read_bytes()
    return gzip.decompress(raw) if file.suffix == ".gz" else raw


def marketplaces(by_name: By) -> list[Marketplace]:
    names = [file.stem for file in sorted((ROOT / "config" / "marketplaces").glob("*.yml"))]
    return [by_name(name) for name in names]


@pytest.fixture(scope="module")
def everything(marketplace: By) -> dict[str, Extraction]:
    """Every saved page read as an officer would: with the adapter of its host, where there is one."""
    sources, known = marketplaces(marketplace), truth()
    found = {}
    for file in pages():
        name = f"{file.parent.name}/{file.name}"
        raw = body(file)
        url = known.get(name, {}).get("url") or page_url(raw) or f"https://{file.parent.name.replace('_', '.')}.example/"
        source = next((one for one in sources if one.serves(urlsplit(url).hostname or "")), None)
        found[name] = read(raw, url, marketplace=source)
    return found


def test_every_page_is_answered(everything: dict[str, Extraction]) -> None:
    assert len(everything) == len(pages()) > 100
    for name, extraction in everything.items():
        assert extraction.reason, name
        if extraction.outcome is Outcome.LISTING:
            assert extraction.listing is not None, name
            assert extraction.listing.title, name
            assert set(extraction.fields) >= {"title"}, name


def test_items_are_listings_and_searches_results(everything: dict[str, Extraction]) -> None:
    wrong = []
    for name, extraction in everything.items():
        kind = name.rpartition("/")[2]
        if kind.startswith("item_") and extraction.outcome is not Outcome.LISTING:
            wrong.append((name, extraction.outcome))
        if kind.startswith("search_") and extraction.outcome is not Outcome.RESULTS:
            wrong.append((name, extraction.outcome))
        if kind.startswith("cassette_") and extraction.outcome is not Outcome.UNKNOWN:
            wrong.append((name, extraction.outcome))
    assert wrong == []


def _right(extraction: Extraction, prices: list[str]) -> bool:
    assert extraction.listing is not None
    assert extraction.listing.price is not None
    amount = extraction.listing.price.amount
    for text in prices:
        try:
            known = Decimal(text.strip().replace(",", "."))
        except InvalidOperation:
            continue
        if amount == known or (text.count(".") == 1 and len(text.rpartition(".")[2]) == 3 and amount == known * 1000):
            return True
    return False


def test_prices_of_shops_against_the_ground_truth(everything: dict[str, Extraction]) -> None:
    """At least nine of ten are found, and of the found at least 97 of a hundred are right."""
    asked = {name: row["price"] for name, row in truth().items() if row.get("price")}
    found = {name: one for name in asked if (one := everything[name]).listing is not None and one.listing.price is not None}
    right = [name for name in found if _right(found[name], asked[name])]
    wrong = sorted(set(found) - set(right))
    assert len(found) >= 0.9 * len(asked), sorted(set(asked) - set(found))
    assert len(right) >= 0.97 * len(found), wrong


def test_no_price_is_invented_where_the_page_has_none(everything: dict[str, Extraction]) -> None:
    without = [name for name, row in truth().items() if not row.get("price")]
    assert [name for name in without if (listing := everything[name].listing) is not None and listing.price is not None] == []
