"""Replay: answers requests from saved pages instead of the network; no socket is opened.

Saved are the files of a folder (HTML, JSON, pictures, each also gzipped) or the records of WARC files, our own or those
of others. A file's address comes from its sidecar `<file>.url`, else from a map, else from the page itself; a file
without one is named and left out. The index is made before the crawl; the middleware answers from it.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from patrol.errors import PatrolError, ReadError, UsageError
from patrol.evidence import WarcRecord, record_at, records
from patrol.extract.urls import canonical_url, page_url
from patrol.records import Fault

PAGES = {".html": "text/html", ".htm": "text/html", ".xhtml": "application/xhtml+xml", ".json": "application/json"}
PICTURES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".gif": "image/gif"}
WARCS = (".warc", ".warc.gz")
NOT_A_PAGE = {301, 302, 303, 307, 308, 429, 500, 502, 503, 504}  # what the crawl itself would not have read


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """One saved answer: where it lies, what it answers, and when it was taken."""

    key: str  # file name below the source, or the record's id: two pages of one address stay apart
    url: str
    path: Path
    media_type: str | None
    time: datetime
    offset: int | None = None  # of its WARC record; None for a file
    record: str | None = None  # id of a record with our own seal
    status: int = 200

    @property
    def picture(self) -> bool:
        return (self.media_type or "").startswith("image/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A saved answer as it is handed on: headers as saved, body with its content encodings in place."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    kind: str  # the kind of record it is sealed as: response where HTTP headers came with it, else resource


class ReplayIndex:
    """All that was saved, by address; `pages` in the order in which they were taken, `faults` what was left out."""

    def __init__(self, source: Path, urls: Path | None = None) -> None:
        self.source = source
        self.faults: list[Fault] = []
        self._map = _read_map(urls) if urls is not None else {}
        self._urls = urls.resolve() if urls is not None else None
        found = sorted(self._find(), key=lambda saved: (saved.time, saved.key))
        self._by_key = {saved.key: saved for saved in found}
        self._by_url = {canonical_url(saved.url): saved for saved in found}  # of one address, the latest
        self.pages = [saved for saved in found if not saved.picture]
        if not found:
            raise ReadError(
                f"nothing saved was found that could be read{'; ' + self.faults[0].message if self.faults else ''}",
                where=str(source),
                remedy="Name a folder of saved pages with their addresses (a file NAME.url, or --urls), or a WARC file",
            )

    def find(self, url: str, key: str | None = None) -> Saved | None:
        """What answers this address: the page with the key where one is given, else the latest."""
        return self._by_key.get(key) if key is not None else self._by_url.get(canonical_url(url))

    def load(self, saved: Saved) -> Answer:
        """The saved bytes; ReadError where they cannot be read any more."""
        if saved.offset is not None:
            return _from_record(record_at(saved.path, saved.offset), saved.status)
        headers = (("Content-Type", saved.media_type),) if saved.media_type else ()
        return Answer(status=saved.status, headers=headers, body=_body(saved.path), kind="resource")

    def _find(self) -> Iterator[Saved]:
        if self.source.is_file():
            yield from self._file(self.source, self.source.name)
        elif self.source.is_dir():
            for path in sorted(path for path in self.source.rglob("*") if path.is_file()):
                if path.resolve() != self._urls:
                    yield from self._file(path, path.relative_to(self.source).as_posix())
        else:
            raise UsageError(f"{self.source} is no folder and no file", remedy="Name a folder of saved pages or a WARC file")

    def _file(self, path: Path, name: str) -> Iterator[Saved]:
        try:
            if name.lower().endswith(WARCS):
                yield from self._warc(path, name)
            else:
                yield from self._page(path, name)
        except (PatrolError, OSError) as error:
            self.faults.append(Fault(step="replay", message=f"{name}: {error}"))

    def _page(self, path: Path, name: str) -> Iterator[Saved]:
        media_type = _media_type(name)
        if media_type is None:
            return
        url = self._address(path, name, media_type)
        if url is None:
            self.faults.append(
                Fault(step="replay", message=f"{name}: no address in a file {path.name}.url, in --urls or in the page; left out")
            )
            return
        time = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        yield Saved(key=name, url=url, path=path, media_type=media_type, time=time)

    def _address(self, path: Path, name: str, media_type: str) -> str | None:
        sidecar = path.with_name(path.name + ".url")
        if sidecar.is_file():
            return sidecar.read_text(encoding="utf-8").strip() or None
        known = self._map.get(name) or self._map.get(path.name)
        if known is not None or not media_type.endswith(("html", "xhtml+xml")):
            return known
        return page_url(_body(path))

    def _warc(self, path: Path, name: str) -> Iterator[Saved]:
        """Pages and pictures; where a browser rendered a page, its rendering stands for the page."""
        statuses: dict[str, int] = {}
        pages: dict[str, Saved] = {}
        for record in records(path):
            statuses[record.id] = record.status or 200
            if record.intact is False:
                found = "breaks off and is left out" if record.cut else "does not fit its own digest"
                self.faults.append(Fault(step="replay", message=f"{name}: record {record.id} {found}", url=record.url))
            if record.cut or not _stands_for_itself(record):
                continue
            if record.type == "conversion" and record.refers_to is not None:
                pages.pop(record.refers_to, None)
            pages[record.id] = Saved(
                key=f"{name}#{record.id}",
                url=record.url or "",
                path=path,
                media_type=(record.content_type or "").partition(";")[0].strip() or None,
                time=record.time or datetime.fromtimestamp(path.stat().st_mtime, UTC),
                offset=record.offset,
                record=record.id if record.ours else None,
                status=statuses.get(record.refers_to or "", record.status or 200),
            )
        yield from pages.values()


def _stands_for_itself(record: WarcRecord) -> bool:
    """Whether a record is a page or picture that a crawl asks for, and not part of another or of the conversation."""
    if record.url is None or record.type not in ("response", "resource", "conversion") or record.url.endswith("/robots.txt"):
        return False
    media_type = (record.content_type or "").lower()
    part_of_another = record.concurrent_to is not None and record.type != "conversion"
    readable = media_type.startswith(("text/", "image/", "application/json", "application/xhtml")) or "+json" in media_type
    return readable and not part_of_another and record.status not in NOT_A_PAGE


def _from_record(record: WarcRecord, status: int) -> Answer:
    headers = tuple(pair for pair in record.headers if pair[0].lower() != "transfer-encoding")
    if record.type != "response" and record.content_type:
        headers = (("Content-Type", record.content_type),)
    return Answer(status=status, headers=headers, body=record.body, kind="response" if record.type == "response" else "resource")


def _media_type(name: str) -> str | None:
    """By the name's ending, `.gz` aside; None for what is no page and no picture."""
    bare = Path(name.lower().removesuffix(".gz"))
    if name.lower().endswith(".gz") and not bare.suffix:
        return "text/html"
    return PAGES.get(bare.suffix) or PICTURES.get(bare.suffix)


def _body(path: Path) -> bytes:
    data = path.read_bytes()
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError) as error:
        raise ReadError(f"cannot be unpacked: {error}", where=str(path)) from error


def _read_map(path: Path) -> Mapping[str, str]:
    """File name to address, from `{"file": "url"}` or `{"file": {"url": "…", …}}`; UsageError where it is neither."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as JSON: {error}", remedy="Give a JSON object: file name to address") from error
    if not isinstance(rows, dict):
        raise UsageError(f"{path} is no JSON object", remedy="Give a JSON object: file name to address")
    found = {name: row.get("url") if isinstance(row, dict) else row for name, row in rows.items()}
    return {name: url for name, url in found.items() if isinstance(url, str) and url}
