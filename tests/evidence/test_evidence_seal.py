"""What is sealed can be read and verified again; a crash leaves nothing half done."""

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, date, datetime
from types import SimpleNamespace

import brotli
import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from patrol.errors import EvidenceError, StoreError
from patrol.evidence import Archive, Known, records, verify

NOW = datetime(2026, 11, 3, 10, 20, 30, 456789, tzinfo=UTC)
PAGE = b"<html><title>Schist head</title>" + b"x" * 5000


def sealed(seal, body=PAGE, url="https://shop.example/item/1?a=b", **more):
    settings = {
        "url": url,
        "kind": "response",
        "body": body,
        "status": 200,
        "content_type": "text/html",
        "request_headers": [("User-Agent", "Patrol/0 (+unit)"), ("Accept", "*/*")],
        "response_headers": [("Content-Type", "text/html"), ("X-Name", "Caf\xe9")],
        "time": NOW,
        "folder": "ab/abcdef",
    }
    return seal.seal(**(settings | more))


@pytest.fixture
def archive(tmp_path):
    return Archive(tmp_path / "evidence")


def states(path, **more):
    return [verdict.state for verdict in verify(path, **more)]


def test_payload_headers_and_request_come_back_exactly(archive, tmp_path):
    seal = archive.open_run("run-1", "shop@2026")
    capture = sealed(seal)
    seal.close()
    assert archive.read(capture) == PAGE
    page = archive.page(capture)
    assert page.headers == (("Content-Type", "text/html"), ("X-Name", "Caf\xe9"))
    response, request = records(archive.root / capture.file)
    assert (response.type, response.status, response.url) == ("response", 200, "https://shop.example/item/1?a=b")
    assert response.body == PAGE
    assert response.intact is True
    assert request.type == "request"
    assert dict(request.headers)["User-Agent"] == "Patrol/0 (+unit)"
    assert capture.time == NOW.replace(microsecond=456000)


def test_files_pass_warcios_own_checker_and_each_record_is_a_member(archive, capsys):
    seal = archive.open_run("run-1", "shop@2026")
    first = sealed(seal)
    second = sealed(seal, kind="conversion", status=None, refers_to=first.id, body=b"<p>rendered")
    seal.close()
    path = archive.root / first.file

    assert Checker(SimpleNamespace(inputs=[str(path)], verbose=False)).process_all() in (None, 0)
    assert capsys.readouterr().out == ""
    with path.open("rb") as file:
        file.seek(second.offset)
        record = next(iter(ArchiveIterator(io.BytesIO(file.read(second.length)))))
    assert record.rec_type == "conversion"
    assert record.rec_headers.get_header("WARC-Refers-To") == f"<{first.id}>"


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("br", brotli.compress)], ids=["gzip", "brotli"])
def test_encoded_payloads_stay_as_transferred_and_can_be_looked_at(archive, encoding, pack):
    seal = archive.open_run("run-1", "c")
    capture = sealed(seal, body=pack(PAGE), response_headers=[("Content-Encoding", encoding)])
    assert archive.read(capture) == pack(PAGE)
    assert archive.page(capture).body == PAGE


def test_a_header_value_cannot_forge_another_header(archive):
    seal = archive.open_run("run-1", "c")
    capture = sealed(seal, response_headers=[("X", "a\r\nSet-Cookie: b")])
    assert [name for name, _ in archive.page(capture).headers] == ["X"]


def test_verify_says_ok_for_what_is_whole(archive):
    seal = archive.open_run("run-1", "c")
    for place in range(5):
        sealed(seal, folder=None if place % 2 else f"l/{place}")
    archive.store_picture(b"a picture")
    head = seal.close()
    assert states(archive.root / "runs" / "run-1", known=Known(heads={"run-1": head})) == ["ok"] * 6
    assert states(archive.root) == ["ok"] * 7


def test_every_single_changed_byte_of_a_record_is_found(archive):
    seal = archive.open_run("run-1", "c")
    capture = sealed(seal, body=b"<p>small")
    seal.close()
    path = archive.root / capture.file
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert "changed" in states(archive.root / "runs"), place
    path.write_bytes(whole)
    assert states(archive.root / "runs") == ["ok", "ok"]


def test_a_record_alone_is_checked_by_its_own_seal(archive, tmp_path):
    seal = archive.open_run("run-1", "c")
    capture = sealed(seal)
    alone = tmp_path / "bundle" / "one.warc.gz"
    alone.parent.mkdir()
    whole = (archive.root / capture.file).read_bytes()
    alone.write_bytes(whole)
    assert states(alone) == ["ok"]
    assert states(alone.parent) == ["ok"]
    bad = gzip.decompress(whole[: capture.length]).replace(b"Schist", b"Marble")
    alone.write_bytes(gzip.compress(bad, mtime=0) + whole[capture.length :])
    assert states(alone) == ["changed"]
    alone.write_bytes(whole[: capture.length])  # the request is gone
    assert states(alone) == ["changed"]


@pytest.mark.parametrize("harm", ["remove", "swap", "edit", "tail"])
def test_a_chain_line_removed_moved_or_changed_is_found(archive, harm):
    seal = archive.open_run("run-1", "c")
    for place in range(4):
        sealed(seal, body=b"%d" % place)
    head = seal.close()
    path = archive.root / "runs" / "run-1" / "chain.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    if harm == "remove":
        del lines[2]
    elif harm == "swap":
        lines[2], lines[3] = lines[3], lines[2]
    elif harm == "edit":
        lines[2] = lines[2].replace(b'"card":"c"', b'"card":"d"')
    else:
        del lines[-1]
    path.write_bytes(b"".join(lines))
    verdicts = list(verify(path.parent, Known(heads={"run-1": head})))
    assert [verdict.state for verdict in verdicts if verdict.what == "chain"] == ["changed"]


def test_a_file_taken_away_is_missing_and_an_erased_one_says_when_and_why(archive):
    seal = archive.open_run("run-1", "c")
    lost, dropped = sealed(seal, folder="lost"), sealed(seal, folder="dropped")
    seal.close()
    (archive.root / lost.file).unlink()
    archive.erase("run-1", dropped.file, date(2026, 12, 1), "C")
    found = {verdict.file.rsplit("/", 1)[1]: verdict for verdict in verify(archive.root / "runs" / "run-1")}
    assert found["lost.warc.gz"].state == "missing"
    assert found["lost.warc.gz"].fault
    assert found["dropped.warc.gz"].state == "erased"
    assert not found["dropped.warc.gz"].fault
    assert "erased on 2026-12-01 under class C" in str(found["dropped.warc.gz"])
    assert found["chain.jsonl"].state == "ok"
    with pytest.raises(EvidenceError, match="erased on 2026-12-01 under class C"):
        archive.read(dropped)
    with pytest.raises(EvidenceError, match="missing"):
        archive.read(lost)


def test_bytes_without_a_line_in_the_chain_are_found(archive):
    seal = archive.open_run("run-1", "c")
    capture = sealed(seal)
    seal.close()
    with (archive.root / capture.file).open("ab") as file:
        file.write(gzip.compress(b"more"))
    assert states(archive.root / "runs" / "run-1") == ["ok", "changed", "ok"]


def test_a_run_goes_on_after_a_torn_end_and_says_what_was_cut(archive):
    seal = archive.open_run("run-1", "c")
    first = sealed(seal)
    seal.close()
    folder = archive.root / "runs" / "run-1"
    with (folder / "chain.jsonl").open("ab") as file:
        file.write(b'{"n":1,"id":"urn:uu')
    with (archive.root / first.file).open("ab") as file:
        file.write(b"\x1f\x8b\x08torn")
    again = archive.open_run("run-1", "c", resume=first)
    assert len(again.mended) == 2
    second = sealed(again)
    assert second.sequence == 1
    assert second.previous == first.chain
    again.close()
    assert states(folder) == ["ok", "ok", "ok"]


def test_a_chain_shorter_than_the_ledger_knows_is_an_error(archive):
    seal = archive.open_run("run-1", "c")
    first, second = sealed(seal), sealed(seal)
    seal.close()
    path = archive.root / "runs" / "run-1" / "chain.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    assert archive.open_run("run-1", "c", resume=first).close()
    with pytest.raises(EvidenceError, match="the chain ends before"):
        archive.open_run("run-1", "c", resume=second)


def test_one_process_at_a_time_seals_a_run(archive):
    seal = archive.open_run("run-1", "c")
    with pytest.raises(StoreError, match="another process"):
        archive.open_run("run-1", "c")
    seal.close()
    archive.open_run("run-1", "c").close()


SEALING = """
    import sys
    from datetime import UTC, datetime
    from pathlib import Path
    from patrol.evidence import Archive
    seal = Archive(Path(sys.argv[1])).open_run("run-1", "c")
    print("start", flush=True)
    place = 0
    while True:
        c = seal.seal(url="http://a.example/", kind="response", body=b"x" * 20000 + b"%d" % place, status=200,
                      content_type="text/html", time=datetime.now(UTC), folder=f"{place % 3}")
        print(c.sequence, c.file, c.offset, c.length, c.digest, flush=True)
        place += 1
"""


@pytest.mark.parametrize("wanted", [1, 40, 170])
def test_a_killed_process_leaves_every_capture_that_it_handed_out_verifiable(archive, wanted):
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SEALING), str(archive.root)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "start\n"
        handed = [process.stdout.readline() for _ in range(wanted)]
        os.kill(process.pid, signal.SIGKILL)
        handed += process.stdout.readlines()
    seal = archive.open_run("run-1", "c")
    sealed(seal)
    seal.close()
    folder = archive.root / "runs" / "run-1"
    assert set(states(folder)) == {"ok"}
    lines = [json.loads(line) for line in (folder / "chain.jsonl").read_bytes().splitlines()[1:]]
    for line in handed:
        sequence, file, offset, length, digest = line.split()
        row = lines[int(sequence)]
        assert (f"runs/run-1/{row['file']}", row["offset"], row["length"], row["digest"]) == (
            file,
            int(offset),
            int(length),
            digest,
        )


def test_a_full_disk_is_one_clear_error_and_what_was_sealed_stays_whole(archive, monkeypatch):
    seal = archive.open_run("run-1", "c")
    sealed(seal)
    real = os.write

    def full(handle, data):
        if len(data) > 200 and data[:1] == b"{":
            real(handle, bytes(data[:50]))
            raise OSError(28, "No space left on device")
        return real(handle, data)

    monkeypatch.setattr("patrol.evidence.seal.os.write", full)
    with pytest.raises(StoreError, match="No space left on device"):
        sealed(seal)
    monkeypatch.undo()
    sealed(seal)
    seal.close()
    assert states(archive.root / "runs" / "run-1") == ["ok", "ok", "ok"]


def test_pictures_are_kept_once_under_their_hash(archive):
    digest = archive.store_picture(b"jpeg bytes")
    assert archive.store_picture(b"jpeg bytes") == digest
    assert archive.picture(digest) == b"jpeg bytes"
    assert archive.picture("0" * 64) is None
    assert len([path for path in (archive.root / "pictures").rglob("*") if path.is_file()]) == 1


def test_a_foreign_warc_is_checked_by_its_own_digests(tmp_path):
    from warcio.warcwriter import WARCWriter

    path = tmp_path / "theirs.warc.gz"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        writer.write_record(writer.create_warc_record("http://a.example/", "resource", payload=io.BytesIO(b"page"), length=4))
    assert states(path) == ["ok"]
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"page", b"pagf")))
    assert states(path) == ["changed"]
    with pytest.raises(EvidenceError, match="nothing to verify"):
        list(verify(tmp_path / "absent"))
