"""Saved pages through the same spiders: no socket, each page once, what is left out is named, added again it is known."""

import gzip
import io
import json
import shutil
import subprocess
from pathlib import Path

import processes
import pytest
from PIL import Image
from sqlalchemy import text
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

SAVED = Path(__file__).resolve().parents[3] / "shared" / "pages"
GUARD = """\
import socket

def refuse(self, address, *rest):
    if self.family in (socket.AF_INET, socket.AF_INET6):
        raise AssertionError(f"SOCKET OPENED to {address}")
    return original(self, address, *rest)

def ask(*words, **more):
    raise AssertionError(f"SOCKET OPENED to ask for the address of {words}")

original = socket.socket.connect
socket.socket.connect = refuse
socket.socket.connect_ex = refuse
socket.getaddrinfo = ask
socket.gethostbyname = ask
"""


@pytest.fixture
def unit(unit, tmp_path):
    """A unit whose commands fail at the first connection."""
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD)
    unit.env |= {"PYTHONPATH": f"{tmp_path / 'guard'}:{unit.env['PYTHONPATH']}"}
    return unit


def offline(unit, *words):
    """A command that could not reach anything if it tried."""
    told = processes.ended(unit.start(*words))
    assert "SOCKET OPENED" not in told.err + told.out, told.err
    return told


def page(number, title, image=None, description="From an old collection."):
    product = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": title,
        "sku": str(number),
        "description": description,
        "image": [image] if image else [],
        "offers": {"@type": "Offer", "price": "400.00", "priceCurrency": "USD", "availability": "https://schema.org/InStock"},
    }
    return f'<html><script type="application/ld+json">{json.dumps(product)}</script><body><h1>{title}</h1></body></html>'


def picture(colour):
    out = io.BytesIO()
    Image.new("RGB", (80, 60), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def folder(tmp_path):
    """Saved pages of every kind, with addresses from every place."""
    root = tmp_path / "saved"
    root.mkdir()
    base = "https://www.shop.example/item"
    (root / "a.html").write_text(page(451239001, "Gandharan schist head", "https://www.shop.example/a.png"))
    (root / "a.html.url").write_text(f"{base}/451239001\n")
    (root / "a.png").write_bytes(picture("grey"))
    (root / "a.png.url").write_text("https://www.shop.example/a.png")
    (root / "b.html.gz").write_bytes(gzip.compress(page(451239002, "Khmer sandstone lintel").encode()))
    canonical = f'<link rel="canonical" href="{base}/451239003">'
    (root / "c.html").write_text(page(451239003, "Desk lamp").replace("<body>", canonical + "<body>"))
    (root / "nowhere.html").write_text(page(451239004, "Of no address"))
    (root / "cut.html.gz").write_bytes(gzip.compress(b"x" * 5000)[:20])
    (root / "cut.html.gz.url").write_text(f"{base}/451239005")
    (root / "notes.md").write_text("not a page")
    (root / "map.json").write_text(json.dumps({"b.html.gz": {"url": f"{base}/451239002", "price": ["1"]}}))
    return root


def ids(unit):
    ledger = unit.ledger()
    try:
        keys = list(ledger.listings.current_keys())
        return sorted(stored.listing.listing_id for stored in ledger.listings.current_many(keys).values())
    finally:
        ledger.close()


def test_a_folder_of_saved_pages(unit, folder):
    told = offline(unit, "crawl", "--replay", folder, "--urls", folder / "map.json").clear(1)
    assert ids(unit) == ["451239001", "451239002", "451239003"]
    assert told.last["outcomes"]["listing"] == told.last["outcomes"]["replayed"] == 3
    assert "nowhere.html: no address" in told.err
    assert "cut.html.gz" in told.err
    assert "notes.md" not in told.err
    ledger = unit.ledger()
    with ledger.engine.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM pictures")).scalar() == 1
    ledger.close()
    again = offline(unit, "crawl", "--replay", folder, "--urls", folder / "map.json")
    assert again.last["listings_held"] == 3
    one = offline(unit, "crawl", "--replay", folder, "--url", "https://www.shop.example/item/451239003").clear(0)
    assert one.last["outcomes"] == {"listing": 1, "replayed": 1}
    none = offline(unit, "crawl", "--replay", folder, "--url", "https://www.shop.example/item/999").clear(0)
    assert "not among what was saved (https://www.shop.example/item/999)" in none.err
    added = offline(unit, "add", folder / "c.html").clear(0)
    assert "seen before: yes" in added.out
    assert "by url" in added.out
    assert unit.broken() == []
    assert "no folder and no file" in offline(unit, "crawl", "--replay", folder / "none").clear(2).err
    (folder / "torn.json").write_text("{")
    assert (
        "torn.json cannot be read as JSON"
        in offline(unit, "crawl", "--replay", folder, "--urls", folder / "torn.json").clear(2).err
    )


def test_a_warc_of_others_and_one_that_is_torn(unit, tmp_path):
    path = tmp_path / "site.warc.gz"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for number in range(3):
            url = f"https://www.shop.example/item/45123910{number}"
            body = page(f"45123910{number}", f"Gandharan head no. {number}").encode()
            headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
            writer.write_record(writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=headers))
    told = offline(unit, "crawl", "--replay", path).clear(0)
    assert told.last["outcomes"] == {"listing": 3, "replayed": 3}
    torn = tmp_path / "torn.warc.gz"
    torn.write_bytes(path.read_bytes()[:-60])
    told = offline(unit, "crawl", "--replay", torn).clear(0)
    assert told.last["outcomes"] == {"listing": 2, "replayed": 2}
    assert "torn.warc.gz: record" in told.err
    assert "breaks off" in told.err
    assert ids(unit) == ["451239100", "451239101", "451239102"]
    rubbish = tmp_path / "rubbish.warc"
    rubbish.write_bytes(b"\x00" * 3000)
    told = offline(unit, "crawl", "--replay", rubbish)
    assert told.code in (1, 2)
    assert "rubbish.warc" in told.err
    assert "Traceback" not in told.err


def test_ones_own_evidence_is_read_again_and_not_sealed_again(unit, folder):
    offline(unit, "crawl", "--replay", folder, "--urls", folder / "map.json").clear(1)
    sealed = sorted((unit.root / "data" / "evidence" / "runs").glob("*"))
    told = offline(unit, "crawl", "--replay", unit.root / "data" / "evidence").clear(0)
    assert told.last["outcomes"]["listing"] == 3
    assert told.last["listings_held"] == 3
    (fresh,) = set((unit.root / "data" / "evidence" / "runs").glob("*")) - set(sealed)
    assert list(fresh.rglob("*.warc.gz")) == []
    assert unit.broken() == []


@pytest.mark.skipif(not (SAVED / "ground-truth.json").is_file(), reason="the real saved pages are not beside this checkout")
def test_real_saved_pages(unit, tmp_path):
    """Every saved page that has an address goes through, and a page of them added again is known."""
    told = offline(unit, "crawl", "--replay", SAVED, "--urls", SAVED / "ground-truth.json").clear(0)
    outcomes = told.last["outcomes"]
    assert told.last["state"] == "finished"
    assert outcomes["replayed"] == sum(outcomes.values()) - outcomes["replayed"]
    assert outcomes["listing"] >= 90
    assert outcomes["results"] >= 2
    assert told.last["listings_held"] >= 90
    known = json.loads((SAVED / "ground-truth.json").read_text())
    name, row = next((name, row) for name, row in known.items() if name.startswith("craigslist/"))
    again = tmp_path / Path(name).name
    shutil.copy(SAVED / name, again)
    added = offline(unit, "add", again, "--url", row["url"]).clear(0)
    assert "seen before: yes" in added.out
    assert unit.broken() == []


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs util-linux' unshare for a network with nothing in it")
def test_without_any_network(unit, folder):
    empty = [shutil.which("unshare"), "--map-root-user", "--net"]
    if subprocess.run([*empty, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("a network of one's own is not allowed here")
    command = [*empty, *processes.command("crawl", "--replay", folder, "--urls", folder / "map.json")]
    done = subprocess.run(
        command, cwd=unit.root, env=unit.env | {"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )
    assert json.loads(done.stdout)["outcomes"]["listing"] == 3, done.stderr
