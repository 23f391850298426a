"""The index of what was saved: which file answers which address, and what is named and left out."""

import gzip
import io
import json
import os
from datetime import UTC, datetime

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from patrol.errors import UsageError
from patrol.evidence import Archive
from patrol.fetch.replay import ReplayIndex

PAGE = b'<html><head><link rel="canonical" href="https://shop.example/item/1"></head><h1>One</h1></html>'
TIME = datetime(2021, 5, 4, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "own.html.gz").write_bytes(gzip.compress(PAGE))
    (tmp_path / "side.html").write_bytes(PAGE)
    (tmp_path / "side.html.url").write_text("https://shop.example/item/2\n")
    (tmp_path / "mapped.json").write_text('{"a": 1}')
    (tmp_path / "nameless.htm").write_text("<h1>no address</h1>")
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "a.jpg.url").write_text("https://img.example/a.jpg?w=1")
    (tmp_path / "README.md").write_text("about")
    (tmp_path / "broken.html.gz").write_bytes(b"\x1f\x8b\x08broken")
    (tmp_path / "map.json").write_text(
        json.dumps({"mapped.json": {"url": "https://api.example/x?b=2&a=1"}, "side.html": "https://no"})
    )
    os.utime(tmp_path / "side.html", (TIME.timestamp(), TIME.timestamp()))
    return tmp_path


def test_addresses_come_from_sidecar_then_map_then_page(folder):
    index = ReplayIndex(folder, folder / "map.json")
    found = {saved.key: saved.url for saved in index.pages}
    assert found == {
        "deep/own.html.gz": "https://shop.example/item/1",
        "side.html": "https://shop.example/item/2",
        "mapped.json": "https://api.example/x?b=2&a=1",
    }
    named = [fault.message.partition(":")[0] for fault in index.faults]
    assert sorted(named) == ["broken.html.gz", "nameless.htm"]
    assert index.pages[0].key == "side.html"  # the oldest first
    assert index.pages[0].time == TIME


def test_answers_are_found_by_address_whatever_its_tracking(folder):
    index = ReplayIndex(folder, folder / "map.json")
    assert index.load(index.find("http://shop.example/item/1?utm_source=x#top")).body == PAGE
    assert index.load(index.find("https://api.example/x?a=1&b=2")).headers == (("Content-Type", "application/json"),)
    assert index.find("https://img.example/a.jpg?w=1").picture
    assert index.find("https://shop.example/item/3") is None


def test_a_bad_source_or_map_is_a_usage_error(folder):
    with pytest.raises(UsageError):
        ReplayIndex(folder / "absent")
    with pytest.raises(UsageError):
        ReplayIndex(folder, folder / "README.md")


def test_foreign_warcs_answer_with_their_headers_and_without_chunks(tmp_path):
    path = tmp_path / "theirs.warc.gz"
    body = gzip.compress(PAGE)
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        head = [("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]
        http = StatusAndHeaders("200 OK", head, protocol="HTTP/1.1")
        fields = {"WARC-Date": "2021-05-04T00:00:00Z"}
        for url in ("https://shop.example/item/1", "https://shop.example/robots.txt"):
            size = len(chunked)
            record = writer.create_warc_record(
                url,
                "response",
                payload=io.BytesIO(chunked),
                length=size,
                http_headers=http,
                warc_headers_dict=dict(fields),
            )
            writer.write_record(record)
        old = "https://shop.example/old"
        moved = StatusAndHeaders("302 Found", [("Location", "/x"), ("Content-Type", "text/html")], protocol="HTTP/1.1")
        writer.write_record(writer.create_warc_record(old, "response", payload=io.BytesIO(b""), http_headers=moved))
    index = ReplayIndex(path)
    (saved,) = index.pages
    answer = index.load(saved)
    assert (saved.url, saved.time, saved.record) == ("https://shop.example/item/1", TIME, None)
    assert answer.body == body
    assert ("Content-Encoding", "gzip") in answer.headers
    assert not any(name == "Transfer-Encoding" for name, _ in answer.headers)


def test_our_own_evidence_gives_the_rendered_page_and_not_its_parts(tmp_path):
    seal = Archive(tmp_path).open_run("r", "c")

    def put(url, kind, body, **more):
        return seal.seal(url=url, kind=kind, body=body, status=200, content_type="text/html", time=TIME, **more)

    main = put("https://shop.example/item/1", "response", b"<div id=root>", response_headers=[("Content-Type", "text/html")])
    put(
        "https://shop.example/api/1",
        "response",
        b"{}",
        refers_to=main.id,
        response_headers=[("Content-Type", "application/json")],
    )
    rendered = put("https://shop.example/item/1", "conversion", PAGE, refers_to=main.id)
    put("https://shop.example/item/1", "resource", b"png", refers_to=main.id)
    seal.close()
    index = ReplayIndex(tmp_path)
    (saved,) = index.pages
    assert saved.record == rendered.id
    assert index.load(saved).body == PAGE
