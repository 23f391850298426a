"""`patrol evidence verify` holds what is sealed against the ledger: a chain that was cut at its end does not pass."""

import json
import shutil
import sqlite3

import processes
import pytest

PRODUCT = {"@context": "https://schema.org", "@type": "Product", "description": "Grey schist, 30 cm, sold as found."}
OFFER = {"@type": "Offer", "price": "120.00", "priceCurrency": "EUR"}
PAGE = "<html><head><script type='application/ld+json'>{product}</script></head><body><h1>{name}</h1></body></html>"


@pytest.fixture
def sealed(unit):
    """A home with two bringings in one run, and the run's folder."""
    files = []
    for name in ("Schist head", "Stucco head"):
        file = unit.root.parent / f"{name[:6]}.html"
        file.write_text(PAGE.format(name=name, product=json.dumps(PRODUCT | {"name": name, "offers": OFFER})))
        file.with_name(file.name + ".url").write_text(f"https://shop.example/item/{name[:6]}")
        files.append(file)
    unit.run("add", *files).clear(0)
    (folder,) = (unit.root / "data" / "evidence" / "runs").iterdir()
    unit.run("evidence", "verify", "data/evidence").clear(0)
    return unit, folder


def cut_last(folder):
    """Takes the last record away and its line with it: what is left is a whole, well-formed, shorter chain."""
    chain = folder / "chain.jsonl"
    *kept, last = chain.read_bytes().splitlines(keepends=True)
    entry = json.loads(last)
    file = folder / entry["file"]
    body = file.read_bytes()
    assert entry["end"] == len(body)
    if entry["offset"]:
        file.write_bytes(body[: entry["offset"]])
    else:
        file.unlink()
    chain.write_bytes(b"".join(kept))


def chain_verdicts(done):
    return [row for row in done.rows if row["what"] == "chain"]


def test_a_chain_cut_at_its_end_is_found_where_the_ledger_is(sealed):
    unit, folder = sealed
    cut_last(folder)
    told = chain_verdicts(unit.run("evidence", "verify", "data/evidence", "--json").clear(1))
    assert [(row["state"], "the head that the ledger keeps" in row["detail"]) for row in told] == [("changed", True)]
    alone = unit.run("evidence", "verify", folder, "--json").clear(1)
    assert [row["state"] for row in chain_verdicts(alone)] == ["changed"]


def test_a_copy_elsewhere_is_held_against_the_home_that_is_named(sealed, tmp_path):
    unit, folder = sealed
    cut_last(folder)
    copy = tmp_path / "elsewhere" / "bundle"
    shutil.copytree(folder, copy)
    outside = {"cwd": tmp_path, "env": processes.environment(tmp_path)}
    unaware = processes.quick("evidence", "verify", copy, **outside).clear(0)
    assert "no ledger is at hand" in unaware.err
    processes.quick("evidence", "verify", copy, "--home", unit.root, **outside).clear(1)
    processes.quick("evidence", "verify", copy, "--home", tmp_path / "none", **outside).clear(2)
    unit.run("evidence", "verify", copy).clear(1)


def test_a_run_whose_whole_folder_is_gone_is_missing(sealed):
    unit, folder = sealed
    shutil.rmtree(folder)
    (unit.root / "data" / "evidence" / "pictures").mkdir(exist_ok=True)
    told = chain_verdicts(unit.run("evidence", "verify", "data/evidence", "--json").clear(1))
    assert [(row["state"], folder.name in row["file"]) for row in told] == [("missing", True)]


def test_a_run_that_never_ended_must_hold_the_last_record_that_the_ledger_knows(sealed):
    unit, folder = sealed
    raw = sqlite3.connect(unit.root / "data" / "ledger.sqlite")
    raw.execute("DROP TRIGGER ledger_chain_no_delete")
    raw.execute("DELETE FROM ledger_chain")  # as after a crash: captures, and no closing head
    raw.commit()
    raw.close()
    unit.run("evidence", "verify", "data/evidence").clear(0)
    cut_last(folder)
    told = unit.run("evidence", "verify", "data/evidence").clear(1)
    assert "lacks the last record that the ledger knows" in told.out


def test_a_link_of_the_ledgers_own_chain_that_was_altered_is_told(sealed):
    unit, folder = sealed
    cut_last(folder)
    head = json.loads((folder / "chain.jsonl").read_bytes().splitlines()[-1])["chain"]
    raw = sqlite3.connect(unit.root / "data" / "ledger.sqlite")
    raw.execute("DROP TRIGGER ledger_chain_no_update")
    raw.execute("UPDATE ledger_chain SET head = ?", (head,))
    raw.commit()
    raw.close()
    told = unit.run("evidence", "verify", "data/evidence").clear(1)
    assert "ledger  chain: link 1 does not follow" in told.out
