"""Pictures of every sort: what can be opened is kept once under its hash, what cannot is a fault and costs nothing else."""

from __future__ import annotations

import struct
import time
import zlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import EpsImagePlugin, features
from PIL import Image as Pillow
from pipelines_world import Steps, drawing, encoded, served, shown
from spider_world import Site

from patrol.errors import ReadError
from patrol.ledger.tables import pictures
from patrol.pipelines.images import MOST, measure

CALM = {"title": "Oak garden chair", "description": "Four legs, one back."}


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bomb(width: int, height: int) -> bytes:
    """A few hundred kilobytes at most that promise a picture of this size."""
    rows = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + chunk(b"IDAT", rows)


def messages(kept: object) -> list[str]:
    return [fault.message for fault in kept.faults if fault.step == "images"]  # type: ignore[attr-defined]


SOUND = {
    "jpeg": lambda: encoded(drawing(1)),
    "grey jpeg": lambda: encoded(drawing(1).convert("L")),
    "cmyk jpeg": lambda: encoded(drawing(1).convert("CMYK")),
    "turned jpeg": lambda: encoded(drawing(1).transpose(Pillow.Transpose.ROTATE_90), exif=_turned()),
    "png": lambda: encoded(drawing(1), "PNG"),
    "png with holes": lambda: encoded(drawing(1).convert("RGBA"), "PNG"),
    "16 bit png": lambda: encoded(drawing(1).convert("L").convert("I;16"), "PNG"),
    "palette gif": lambda: encoded(drawing(1).convert("P"), "GIF"),
    "moving gif": lambda: encoded(drawing(1), "GIF", save_all=True, append_images=[drawing(2), drawing(3)], duration=50),
    "moving webp": lambda: encoded(drawing(1), "WEBP", save_all=True, append_images=[drawing(2)]),
    "webp": lambda: encoded(drawing(1), "WEBP"),
    "avif": lambda: encoded(drawing(1), "AVIF"),
    "tiff": lambda: encoded(drawing(1), "TIFF"),
    "bmp": lambda: encoded(drawing(1), "BMP"),
}


def _turned() -> bytes:
    exif = Pillow.Exif()
    exif[0x0112] = 6  # shown a quarter turn to the right
    return exif.tobytes()


@pytest.mark.parametrize("sort", SOUND)
def test_every_sort_of_picture_looks_alike_whatever_its_coding(steps: Steps, site: Site, sort: str) -> None:
    if sort == "avif" and not features.check("avif"):
        pytest.skip("this Pillow reads no AVIF")
    body = SOUND[sort]()
    kept = steps.add("1", images=shown(*served(site, a=body)))
    assert messages(kept) == []
    [picture] = steps.stored(kept).pictures
    assert steps.archive.picture(picture.sha256) == body
    assert picture.size == len(body)
    plain = measure(encoded(drawing(1), "PNG"), 10**8, url=None)
    assert picture.phash is not None
    assert (int(picture.phash, 16) ^ int(plain.phash or "0", 16)).bit_count() <= 6


BROKEN = {
    "nothing": b"",
    "a page": b"<!doctype html><html><body>Please sign in</body></html>",
    "words": b"not found",
    "half a jpeg": encoded(drawing(1))[:900],
    "a jpeg's head": encoded(drawing(1))[:20],
    "a png cut in its data": encoded(drawing(1), "PNG")[:200],
    "a png with a wrong checksum": encoded(drawing(1), "PNG").replace(b"IDAT", b"IDAX", 1),
    "a bomb": bomb(50_000, 50_000),
    "a flat bomb": bomb(2_000_000_000, 1),
    "no size at all": bomb(0, 0),
    "too many bytes": encoded(drawing(1, (1_200, 1_200)), "BMP"),
    "drawn in words": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>',
    "a program of PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\nshowpage\n",
}


@pytest.mark.parametrize("sort", BROKEN)
def test_what_is_no_picture_is_a_fault_and_the_listing_goes_on(steps: Steps, site: Site, sort: str) -> None:
    urls = served(site, bad=BROKEN[sort], good=encoded(drawing(4)))
    began = time.monotonic()
    kept = steps.add("1", images=shown(*urls))
    assert time.monotonic() - began < 5
    assert len(messages(kept)) == 1
    assert [fault.url for fault in kept.faults] == [urls[0]]
    assert [picture.url for picture in steps.stored(kept).pictures] == [urls[1]]
    assert [image.sha256 is None for image in steps.stored(kept).listing.images] == [True, False]
    assert kept.assessment is not None
    assert steps.faults() == messages(kept)


def test_no_other_program_is_run_on_a_strangers_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = tmp_path / "ran"
    (tmp_path / "gs").write_text(f"#!/bin/sh\ntouch {trace}\n")
    (tmp_path / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None)
    with pytest.raises(ReadError, match="not a picture"):
        measure(BROKEN["a program of PostScript"], 10**8, url=None)
    assert not trace.exists()


def test_a_server_that_fails_or_keeps_silent_costs_its_picture_alone(steps: Steps, site: Site) -> None:
    site.pages["/slow"] = lambda _handler: time.sleep(0.5) or (200, {}, encoded(drawing(1)))  # type: ignore[func-returns-value]
    site.pages["/error"] = (500, {}, "no")
    site.pages["/cut"] = (200, {"Content-Length": "100000"}, encoded(drawing(1))[:500])
    urls = [f"{site.url}/{name}" for name in ("gone", "error", "slow")] + ["http://127.0.0.1:1/nobody", "no address at all"]
    kept = steps.add("1", images=shown(*urls))
    assert [picture.url for picture in steps.stored(kept).pictures] == [f"{site.url}/slow"]
    assert len(messages(kept)) == 4
    assert "answered 404" in messages(kept)[0]


def test_the_same_bytes_under_two_addresses_are_kept_once(steps: Steps, site: Site) -> None:
    body = encoded(drawing(1))
    kept = steps.add("1", images=shown(*served(site, a=body, b=body, c=encoded(drawing(2)))))
    assert kept.listing.images[0].sha256 == kept.listing.images[1].sha256
    assert steps.count(pictures) == 2
    assert len(list((steps.archive.root / "pictures").rglob("*/*"))) == 2
    assert len(steps.stored(kept).pictures) == 2


def test_a_known_address_is_not_fetched_again_unless_its_bytes_are_lost(steps: Steps, site: Site) -> None:
    [url] = served(site, a=encoded(drawing(1)))
    first = steps.add("1", images=shown(url))
    again = steps.add("2", title="Another thing", images=shown(url))
    assert steps.fetched == [url]
    assert again.listing.images[0].sha256 == first.listing.images[0].sha256
    [file] = (path for path in (steps.archive.root / "pictures").rglob("*") if path.is_file())
    file.unlink()
    steps.add("3", images=shown(url))
    assert steps.fetched == [url, url]
    assert steps.archive.picture(first.listing.images[0].sha256 or "") is not None


def test_words_that_are_worth_nothing_get_one_picture_and_no_listing_gets_hundreds(steps: Steps, site: Site) -> None:
    urls = served(site, **{f"p{number}": encoded(drawing(number)) for number in range(MOST + 3)})
    steps.add("1", images=shown(*urls), **CALM)
    assert steps.fetched == urls[:1]
    flagged = steps.add("2", images=shown(*urls))
    assert len(steps.fetched) == MOST
    assert len(steps.stored(flagged).pictures) == MOST
    assert len(steps.stored(flagged).listing.images) == len(urls)


def test_without_a_way_to_fetch_a_picture_it_is_missing_and_said(steps: Steps) -> None:
    steps.tools = replace(steps.tools, fetch_picture=None)
    kept = steps.add("1", images=shown("https://img.example/a.jpg"))
    assert messages(kept) == ["the picture is not among what was brought"]
    assert steps.stored(kept).pictures == ()


def test_a_picture_is_measured_as_it_is_shown() -> None:
    picture = measure(SOUND["turned jpeg"](), 10**8, url="u")
    with Pillow.open(BytesIO(SOUND["turned jpeg"]())) as opened:
        assert (picture.media_type, picture.width, picture.height) == ("image/jpeg", *opened.size)
