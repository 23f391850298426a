"""A ledger on a server, as the commands meet it: one that is away is told in a line, its password never shows."""

import databases
import pytest
import yaml
from sqlalchemy import make_url

HUSH = "hush-hush-2026"
PAGE = """<html><head><title>Schist head</title><script type="application/ld+json">
{"@context": "https://schema.org", "@type": "Product", "name": "Schist head of a bodhisattva", "sku": "1",
 "offers": {"@type": "Offer", "price": "120.00", "priceCurrency": "EUR"}}
</script></head><body><h1>Schist head of a bodhisattva</h1></body></html>"""


def at(unit, address):
    settings = unit.config("patrol.yml")
    settings.write_text(yaml.safe_dump({"stores": {"ledger": address}}), encoding="utf-8")


def silent(done):
    assert HUSH not in done.out + done.err
    return done


@pytest.mark.parametrize(
    "words",
    [("crawl", "practice-bazaar"), ("serve", "--port", "0"), ("search", "schist"), ("index", "status")],
    ids=lambda words: words[0],
)
def test_a_ledger_that_cannot_be_reached_is_told_in_one_line(unit, words):
    at(unit, "postgresql+psycopg://patrol@127.0.0.1:1/patrol")
    told = silent(unit.run(*words, PATROL_LEDGER_PASSWORD=HUSH).clear(1))
    assert told.err.count("\n") == 1, told.err
    assert "the database does not answer" in told.err
    assert "127.0.0.1:1" in told.err
    assert "PATROL_LEDGER_PASSWORD or ~/.pgpass" in told.err


@pytest.mark.parametrize("json", [(), ("--json",)])
def test_doctor_names_it_and_goes_on(unit, json):
    at(unit, f"postgresql+psycopg://patrol:{HUSH}@127.0.0.1:1/patrol")
    told = silent(unit.run("doctor", *json).clear(1))
    assert "the database does not answer" in told.out
    assert "stores.ledger" in told.out
    assert "cards" in told.out


def test_a_password_among_the_options_is_refused_without_showing_it(unit):
    at(unit, f"postgresql+psycopg://patrol@127.0.0.1/patrol?password={HUSH}")
    told = silent(unit.run("index", "status").clear(1))
    assert "PATROL_LEDGER_PASSWORD" in told.err


@pytest.mark.postgres
def test_a_home_whose_ledger_is_on_a_server(unit):
    """The password comes from the environment; without it, or with a wrong one, a server that asks for it says so."""
    with databases.postgres(empty=True) as address:
        role = f"patrol_{make_url(address).database[-12:]}"
        databases.ask(f"CREATE ROLE {role} LOGIN PASSWORD '{HUSH}'")
        databases.ask(f"ALTER DATABASE {make_url(address).database} OWNER TO {role}")
        try:
            mine = make_url(address)
            at(unit, f"{mine.drivername}://{role}@{mine.host}:{mine.port}/{mine.database}")
            found = unit.run("doctor", PATROL_LEDGER_PASSWORD=HUSH)
            assert "0 listings" in silent(found).out
            assert silent(unit.run("index", "status", PATROL_LEDGER_PASSWORD=HUSH)).code == 0
            saved = unit.root / "saved.html"
            saved.write_text(PAGE, encoding="utf-8")
            silent(unit.run("add", saved, "--url", "https://shop.example/item/1", PATROL_LEDGER_PASSWORD=HUSH).clear(0))
            silent(unit.run("evidence", "verify", "data/evidence", PATROL_LEDGER_PASSWORD=HUSH).clear(0))
        finally:
            databases.ask(f"DROP DATABASE IF EXISTS {make_url(address).database} WITH (FORCE)")
            databases.ask(f"DROP ROLE {role}")
