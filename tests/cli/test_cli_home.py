"""A unit's own folder: made whole or not at all, brought up to date without touching what was edited; and the doctor."""

import hashlib
import json
import os
import subprocess

import processes
import pytest


@pytest.fixture
def patrol(tmp_path):
    """Runs a command in an empty folder."""

    def call(*words, **env):
        return processes.quick(*words, cwd=tmp_path, env=processes.environment(tmp_path, **env))

    return call


@pytest.fixture
def unwritable(tmp_path):
    """A folder that even root may not write to."""
    folder = tmp_path / "unwritable"
    folder.mkdir()
    if os.geteuid() != 0:
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)
        return
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=64k", "tmpfs", folder], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"root may write everywhere, and nothing can be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_home_is_a_copy_of_what_is_shipped(patrol, tmp_path, root):
    told = patrol("init", "unit").clear(0)
    assert "patrol doctor" in told.out
    made = files(tmp_path / "unit" / "config")
    made.pop(".shipped.json")
    assert made == files(root / "config")
    assert [path.name for path in (tmp_path / "unit").iterdir()] == ["config"]
    assert "--update" in patrol("init", "unit").clear(2).err


def test_a_home_may_be_made_in_a_folder_that_holds_other_things(patrol, tmp_path):
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "notes.txt").write_text("mine")
    patrol("init", "case").clear(0)
    assert (tmp_path / "case" / "notes.txt").read_text() == "mine"
    (tmp_path / "other" / "config").mkdir(parents=True)
    (tmp_path / "other" / "config" / "theirs.ini").write_text("x")
    assert "config folder already" in patrol("init", "other").clear(2).err
    assert [path.name for path in (tmp_path / "other" / "config").iterdir()] == ["theirs.ini"]


def test_where_nothing_can_be_written_it_is_said(patrol, tmp_path, unwritable):
    (tmp_path / "file").write_text("x")
    for place in (unwritable, unwritable / "deeper" / "unit", tmp_path / "file", tmp_path / "file" / "unit", "/proc/unit"):
        told = patrol("init", place).clear(2)
        assert "a home cannot be written there" in told.err
        assert told.err.count("\n") == 1


def test_an_update_leaves_alone_what_was_edited(patrol, tmp_path):
    patrol("init", "unit").clear(0)
    config = tmp_path / "unit" / "config"
    record = json.loads((config / ".shipped.json").read_text())
    # the release before this one: other bytes in two files, one file less; one of the two was edited since
    for name in ("rates.yml", "laws.yml"):
        (config / name).write_text(f"# older {name}\n")
        record[name] = hashlib.sha256((config / name).read_bytes()).hexdigest()
    (config / "laws.yml").write_text("# edited by the unit\n")
    del record["patrol.yml"]
    (config / "patrol.yml").unlink()
    (config / ".shipped.json").write_text(json.dumps(record))
    (config / "marketplaces" / "ours.yml").write_text("title: Ours\nhosts: [a.example]\n")
    told = patrol("init", "unit", "--update").clear(0)
    assert told.out.splitlines() == [
        "replaced: config/rates.yml",
        "added: config/patrol.yml",
        "kept yours, the shipped one changed too: config/laws.yml",
        "1 replaced, 1 added, 1 to compare by hand",
    ]
    assert (config / "laws.yml").read_text() == "# edited by the unit\n"
    assert (config / "rates.yml").read_bytes() == (processes.ROOT / "config" / "rates.yml").read_bytes()
    assert (config / "marketplaces" / "ours.yml").exists()
    assert "0 replaced, 0 added" in patrol("init", "unit", "--update").clear(0).out


def test_an_update_of_what_is_no_home_is_refused(patrol, tmp_path):
    (tmp_path / "plain").mkdir()
    assert "was not made by `patrol init`" in patrol("init", "plain", "--update").clear(2).err
    patrol("init", "unit").clear(0)
    (tmp_path / "unit" / "config" / ".shipped.json").write_text("{torn")
    assert ".shipped.json" in patrol("init", "unit", "--update").clear(2).err


def test_the_nearest_home_above_is_found(patrol, tmp_path, made):
    unit = processes.Unit(tmp_path / "home", made)
    (unit.root / "a" / "b").mkdir(parents=True)
    deep = processes.quick("index", "status", cwd=unit.root / "a" / "b", env=unit.env).clear(0)
    assert "0 listings" in deep.out
    assert (unit.root / "data" / "ledger.sqlite").exists()
    assert (unit.root / "data" / "secret.key").stat().st_mode & 0o777 == 0o600
    patrol("index", "status", PATROL_HOME=str(unit.root)).clear(0)


def test_a_users_own_folder_may_be_missing(unit):
    for home in ("/nonexistent", "/dev/null"):
        assert unit.run("index", "status", HOME=home).clear(0).err == ""
        assert unit.run("assess", stdin=b'{"title": "Khmer head"}\n', HOME=home).clear(0).err == ""
        assert unit.run("search", "head", HOME=home).clear(0).err == "0 found, 0 shown\n"


def test_a_home_that_cannot_be_written_is_said_in_one_line(made, tmp_path, unwritable):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config").symlink_to(made / "config")
    (tmp_path / "home" / "data").symlink_to(unwritable)
    env = processes.environment(tmp_path)
    for words in (["index", "status"], ["add", "--url", "https://www.example.org/item/1"], ["crawl", "practice-bazaar"]):
        told = processes.quick(*words, "--home", tmp_path / "home", cwd=tmp_path, env=env).clear(1)
        assert told.err.count("\n") == 1
        assert "data" in told.err
    told = processes.quick("doctor", "--home", tmp_path / "home", cwd=tmp_path, env=env).clear(1)
    assert "cannot be written" in told.out


def test_the_doctor_names_each_thing_with_its_remedy(unit):
    rows = unit.run("doctor", "--json", PATROL_CHROMIUM="/no/such/chromium").clear(1).last
    found = {row["what"]: row for row in rows}
    assert {"python", "browser", "data", "config", "evidence", "ledger", "people", "index", "cards"} == found.keys()
    assert not found["browser"]["ok"]
    assert "/no/such/chromium" in found["browser"]["detail"]
    assert not found["people"]["ok"]
    assert "patrol user add" in found["people"]["remedy"]
    assert all(row["remedy"] for row in rows if not row["ok"])
    unit.config("rates.yml").write_text("date: [\n")
    told = unit.run("doctor").clear(1)
    assert "config/rates.yml:2" in told.out


def test_people_are_added_with_a_password_that_nobody_sees(unit):
    told = unit.run("user", "add", "anna", "--role", "analyst", "--password-stdin", stdin=b"correct horse battery\n").clear(0)
    assert told.out == "anna (analyst, unit) can sign in\n"
    assert unit.run("user", "add", "anna", "--password-stdin", stdin=b"correct horse battery\n").clear(1).err.count("\n") == 1
    assert "at least" in unit.run("user", "add", "ben", "--password-stdin", stdin=b"short\n").clear(2).err
    assert "--password-stdin" in unit.run("user", "add", "ben", stdin=b"").clear(2).err
    assert b"correct horse" not in (unit.root / "data" / "ledger.sqlite").read_bytes()
