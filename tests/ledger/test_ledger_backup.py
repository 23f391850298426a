"""What the README says about backups is done here word for word, while the ledger is written to."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import databases
import postmaster
import pytest
from crawl_world import SECRET, Crawl
from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError

from patrol.ledger import Ledger
from patrol.ledger.chain import broken_links
from patrol.ledger.tables import versions


def told(root: Path, program: str) -> list[str]:
    """The words of the README's line that begins with `program`."""
    lines = (root / "README.md").read_text(encoding="utf-8").splitlines()
    [line] = [line for line in lines if line.startswith(program)]
    return shlex.split(line, comments=True)


def holds(url: str, count: int) -> None:
    with Ledger(url, secret=SECRET, create=False) as ledger:
        assert ledger.listings.count() == count
        with ledger.engine.connect() as conn:
            assert broken_links(conn) == []
        with pytest.raises(DatabaseError, match="append-only"), ledger.engine.begin() as conn:
            conn.execute(versions.delete())


def test_a_sqlite_ledger_is_copied_while_it_is_written(root: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    crawl = Crawl(f"sqlite:///{tmp_path / 'data' / 'ledger.sqlite'}")
    for number in range(20):
        crawl.add(str(number))
    [_, *words] = told(root, 'python3 -c "import sqlite3')
    subprocess.run([sys.executable, *words], cwd=tmp_path, check=True)
    crawl.add("later")
    crawl.close()
    holds(f"sqlite:///{tmp_path / 'ledger-backup.sqlite'}", 20)


@pytest.mark.postgres
def test_a_postgres_ledger_is_dumped_and_restored(root: Path, tmp_path: Path) -> None:
    programs = postmaster.binaries()
    if programs is None or not (programs / "pg_dump").exists():
        pytest.skip("needs pg_dump and pg_restore")
    with databases.postgres() as ours, databases.postgres(empty=True) as fresh:
        crawl = Crawl(ours)
        for number in range(20):
            crawl.add(str(number))
        for program, url in (("pg_dump", ours), ("pg_restore", fresh)):
            plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
            words = [word.replace("host=db.unit.example user=patrol dbname=patrol", plain) for word in told(root, program)]
            subprocess.run([str(programs / words[0]), *words[1:]], cwd=tmp_path, check=True)
        crawl.close()
        holds(fresh, 20)
