"""What the index cannot take, as `patrol index status` tells it: which listing, why, and another try when that is asked."""

from __future__ import annotations

import processes
from sqlalchemy import select, update

from patrol.ledger import tables

PAGE = """<html><head><title>Schist head</title><script type="application/ld+json">
{"@context": "https://schema.org", "@type": "Product", "name": "Schist head of a bodhisattva", "sku": "1",
 "offers": {"@type": "Offer", "price": "120.00", "priceCurrency": "EUR"}}
</script></head><body><h1>Schist head of a bodhisattva</h1></body></html>"""


def test_a_refused_listing_is_told_with_its_reason_and_tried_again(unit: processes.Unit) -> None:
    (unit.root / "head.html").write_text(PAGE, encoding="utf-8")
    unit.run("add", "head.html", "--url", "https://shop.example/item/1").clear(0)
    version = tables.payloads.c.kind == "version"
    with unit.ledger() as ledger:
        [key] = ledger.listings.current_keys()
        body = ledger.writer.run(lambda conn: conn.execute(select(tables.payloads.c.body).where(version)).scalar_one())
        ledger.writer.run(lambda conn: conn.execute(update(tables.payloads).where(version).values(body={"title": 17})))
        ledger.writer.run(lambda conn: ledger.outbox.changed(conn, [key]))
    told = unit.run("index", "status", "--retry").clear(0)
    assert "given up: 0" in told.out
    assert key in told.out
    assert "tried again" in told.out
    assert "--retry" in told.out
    with unit.ledger() as ledger:
        ledger.writer.run(lambda conn: conn.execute(update(tables.outbox).values(attempts=10, dead=True)))
    row = unit.run("index", "status", "--json").clear(0).last
    assert (row["dead"], row["backlog"], row["ledger"]) == (1, 0, 1)
    [refused] = row["refused"]
    assert (refused["key"], refused["attempts"], refused["dead"]) == (key, 10, True)
    assert refused["reason"]
    with unit.ledger() as ledger:
        ledger.writer.run(lambda conn: conn.execute(update(tables.payloads).where(version).values(body=body)))
    row = unit.run("index", "status", "--retry", "--json").clear(0).last
    assert (row["retried"], row["dead"], row["refused"], row["listings"]) == (1, 0, [], 1)
