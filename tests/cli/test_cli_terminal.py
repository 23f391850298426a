"""What a marketplace writes cannot drive the terminal of whoever looks at it."""

import json
import re

import pytest

NASTY = "\x1b[2J\x1b[31m Gandharan \x9b1A schist\r head\x07 \u202eevil\u2066 \x00of\x08 a\x7f Buddha"
ARMED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
URL = "https://www.shop.example/item/451239876"


def page(title):
    product = {"@type": "Product", "@context": "https://schema.org", "name": title, "sku": "451239876", "description": title}
    offer = {"offers": {"@type": "Offer", "price": "400", "priceCurrency": "USD"}}
    return f'<script type="application/ld+json">{json.dumps(product | offer)}</script><h1>{title}</h1>'.encode()


@pytest.fixture
def seeded(unit, tmp_path):
    """A unit that holds one hostile listing."""
    (tmp_path / "nasty\x1b[31m.html").write_bytes(page(NASTY))
    told = unit.run("add", tmp_path / "nasty\x1b[31m.html", "--url", URL, "--note", NASTY)
    return unit, told


def test_no_control_character_of_a_title_is_printed(seeded, tmp_path):
    unit, added = seeded
    again = tmp_path / "again.html"
    again.write_bytes(page(NASTY + " again"))
    unit.run("user", "add", "anna", "--password-stdin", stdin=b"correct horse battery\n").clear(0)
    said = [
        added.clear(0),
        unit.run("add", again, "--url", URL),
        unit.run("search", "gandharan", "--json"),
        unit.run("search", "gandharan"),
        unit.run("rules", "explain", URL),
        unit.run("extract", again, "--url", URL),
        unit.run("assess", stdin=json.dumps({"title": NASTY}, ensure_ascii=False).encode().replace(b"\x00", b"") + b"\n"),
        unit.run("evidence", "verify", unit.root / "data" / "evidence"),
        unit.run("lead", "list", "--login", "anna"),
        unit.run("search", "\x1b[31mnothing"),
        unit.run("crawl", "\x1b[31mnowhere"),
        unit.run("extract", tmp_path / "none\x1b[31m.html", "--url", URL),
    ]
    for told in said:
        assert not ARMED.search(told.out), told.out
        assert not ARMED.search(told.err), told.err
        assert told.out + told.err
    assert "seen before: yes" in said[1].out
    found = unit.run("search", "gandharan", "--json").last
    assert found["title"].startswith("Gandharan") or "Gandharan" in found["title"]


def test_json_means_what_it_meant(unit, tmp_path):
    """Control characters that JSON leaves bare are escaped, not lost."""
    title = "Khmer\x9b31m head\x7f"
    told = unit.run("assess", stdin=json.dumps({"title": title}, ensure_ascii=False).encode() + b"\n").clear(0)
    assert not ARMED.search(told.out)
    assert told.last["title"] == title
