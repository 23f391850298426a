"""Checks sealed evidence without any other part of Patrol: a run's folder, a bundle of files, or one WARC file.

`patrol evidence verify` and the dossier hand it a path (and how far the ledger knows each run's chain to reach); it answers
with one Verdict for each record and each chain: ok, changed, missing, erased on a day under a retention
class, or kept elsewhere, by the machine that sealed it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from patrol.errors import EvidenceError, PatrolError
from patrol.evidence import chain, warcs
from patrol.evidence.archive import Erasure, erasures
from patrol.evidence.members import Member, members, parse, unpack
from patrol.evidence.record import SEAL_FIELD, sha256
from patrol.evidence.seal import SUFFIX

OK, CHANGED, MISSING, ERASED, ELSEWHERE = "ok", "changed", "missing", "erased", "elsewhere"
HASH_NAME = re.compile(r"[0-9a-f]{64}")
WARC_NAMES = ("*.warc", "*.warc.gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one record, picture or chain is found to be; `detail` says why, in words."""

    state: str
    file: str
    what: str  # the record's id, `picture`, or `chain`
    url: str | None = None
    detail: str = ""

    @property
    def fault(self) -> bool:
        """True where something that was sealed is not what it was."""
        return self.state in (CHANGED, MISSING)

    def __str__(self) -> str:
        state = self.detail if self.state == ERASED else self.state
        about = f": {self.detail}" if self.detail and self.state != ERASED else ""
        return "  ".join(part for part in (state, self.file, self.what, self.url) if part) + about


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What somebody else keeps of each run's chain, by the run's id; `whole` where the path should hold all of these runs."""

    heads: Mapping[str, str] = field(default_factory=dict)  # the value in which the chain ends
    reached: Mapping[str, str] = field(default_factory=dict)  # a value that is in the chain, which may go on
    whole: bool = False
    elsewhere: Mapping[str, str] = field(default_factory=dict)  # runs that another machine's store keeps -> its host


NOTHING_KNOWN = Known()


def verify(path: Path, known: Known = NOTHING_KNOWN) -> Iterator[Verdict]:
    """Verdicts over everything sealed below `path`, each run's chain held against what is `known` of it."""
    if path.is_dir():
        yield from _folder(path, known)
    elif not path.is_file():
        raise EvidenceError("there is nothing to verify", where=str(path), remedy="Name a run's folder, a bundle or a WARC file")
    elif path.name == chain.NAME:
        yield from _run(path.parent, known)
    else:
        yield from _file(path)


def _folder(path: Path, known: Known) -> Iterator[Verdict]:
    runs = sorted(found.parent for found in path.rglob(chain.NAME))
    empty = not runs
    for run in runs:
        yield from _run(run, known)
    if known.whole:
        for lost in sorted({*known.heads, *known.reached} - {run.name for run in runs}):
            empty = False
            if lost in known.elsewhere:
                yield Verdict(
                    state=ELSEWHERE, file=lost, what="chain", detail=f"sealed on {known.elsewhere[lost]}; verify it there"
                )
                continue
            yield Verdict(state=MISSING, file=str(path / "runs" / lost), what="chain", detail="the ledger knows this run")
    for name in WARC_NAMES:
        for file in sorted(path.rglob(name)):
            if not any(file.is_relative_to(run) for run in runs):
                empty = False
                yield from _file(file)
    for file in sorted(path.rglob("*")):
        if HASH_NAME.fullmatch(file.name) and file.parent.name == file.name[:2]:
            empty = False
            yield _picture(file)
    if empty:
        raise EvidenceError(
            "no sealed evidence lies here", where=str(path), remedy="Name a run's folder, a bundle or a WARC file"
        )


def _picture(file: Path) -> Verdict:
    same = hashlib.sha256(file.read_bytes()).hexdigest() == file.name
    return Verdict(
        state=OK if same else CHANGED, file=str(file), what="picture", detail="" if same else "its bytes differ from its name"
    )


def _run(folder: Path, known: Known) -> Iterator[Verdict]:
    """Each record of the chain, then what lies there without a place in it, then the chain itself."""
    walk = _Walk(folder, known)
    yield from walk.entries()
    yield from walk.surplus()
    yield walk.whole()


class _Walk:
    """One pass over a run's chain: what it must find next, and how far each file is accounted for."""

    def __init__(self, folder: Path, known: Known) -> None:
        self.folder = folder
        self.path = folder / chain.NAME
        opening = chain.first_line(self.path)
        self.head = chain.genesis(opening)
        self.run_id = chain.run_of(opening)
        self.count = 0
        self.end = known.heads.get(self.run_id or "")
        self.awaited = known.reached.get(self.run_id or "")  # None as soon as it is met
        self.gone = erasures(folder)
        self.ends: dict[str, int] = {}
        self.broken: list[str] = []
        if self.run_id is None:
            self.broken.append("line 1 does not name a run")

    def entries(self) -> Iterator[Verdict]:
        for number, entry in chain.entries(self.path):
            if entry is None:
                self.broken.append(f"line {number} cannot be read")
                continue
            if entry.n != self.count or entry.previous != self.head:
                self.broken.append(f"before line {number} a line is missing, moved or changed")
            elif not entry.links_to(self.head):
                self.broken.append(f"line {number} is changed")
            self.head, self.count = entry.chain, entry.n + 1
            self.awaited = None if self.head == self.awaited else self.awaited
            self.ends[entry.file] = max(self.ends.get(entry.file, 0), entry.end)
            yield _entry(self.folder, entry, self.gone)

    def surplus(self) -> Iterator[Verdict]:
        for file in sorted(self.folder.rglob(f"*{SUFFIX}")):
            more = file.stat().st_size - self.ends.get(file.relative_to(self.folder).as_posix(), 0)
            if more > 0:
                yield Verdict(
                    state=CHANGED, file=str(file), what="file", detail=f"{more} bytes at its end have no line in the chain"
                )

    def whole(self) -> Verdict:
        if self.end is not None and self.end != self.head:
            self.broken.append("it does not end in the head that the ledger keeps")
        if self.awaited is not None:
            self.broken.append("it lacks the last record that the ledger knows")
        state = CHANGED if self.broken else OK
        return Verdict(state=state, file=str(self.path), what="chain", detail="; ".join(self.broken) or f"{self.count} records")


def _entry(folder: Path, entry: chain.Entry, gone: Mapping[str, Erasure]) -> Verdict:
    path = folder / entry.file
    state, detail = OK, ""
    if entry.file in gone and not path.exists():
        state, detail = ERASED, gone[entry.file].words
    elif not path.is_file():
        state, detail = MISSING, "its file is gone"
    else:
        detail = _compare(path, entry)
        state = CHANGED if detail else OK
    return Verdict(state=state, file=str(path), what=entry.id, url=entry.url, detail=detail)


def _compare(path: Path, entry: chain.Entry) -> str:
    """In words, how the stored bytes differ from the chain's line; empty where they do not."""
    with path.open("rb") as file:
        file.seek(entry.offset)
        packed = file.read(entry.end - entry.offset)
    where = str(path)
    try:
        record = parse(unpack(packed[: entry.length], where), where)
        request = unpack(packed[entry.length :], where) if len(packed) > entry.length else b""
    except EvidenceError as error:
        return error.what
    found = record.faults(request)
    if (record.id, record.fields.get("warc-payload-digest"), record.fields.get("patrol-chain")) != (
        entry.id,
        entry.digest,
        entry.chain,
    ):
        found.append("another record stands in its place")
    if not found and sha256(packed) != entry.stored:
        found.append("its stored bytes differ")
    return "; ".join(found)


def _file(path: Path) -> Iterator[Verdict]:
    """One WARC file: against the chain beside it where there is one, else by its records' own seals."""
    for folder in path.parents:
        if (folder / chain.NAME).is_file():
            name = path.relative_to(folder).as_posix()
            lines = [entry for _, entry in chain.entries(folder / chain.NAME) if entry is not None and entry.file == name]
            if lines:
                yield from (_entry(folder, entry, {}) for entry in lines)
                return
    packed = path.read_bytes()
    try:
        found = list(members(packed, str(path)))
    except EvidenceError as error:
        if packed[:2] == b"\x1f\x8b":
            yield Verdict(state=CHANGED, file=str(path), what="file", detail=error.what)
            return
        found = []
    if any(SEAL_FIELD in member.data for member in found):
        yield from _own(path, packed, found)
    else:
        yield from _foreign(path)


def _own(path: Path, packed: bytes, found: list[Member]) -> Iterator[Verdict]:
    """Records of ours outside their run: each by its own digests and link, together with its request."""
    where = str(path)
    try:
        parsed = [(member, parse(member.data, where)) for member in found]
    except EvidenceError as error:
        yield Verdict(state=CHANGED, file=where, what="file", detail=error.what)
        return
    requests = {
        record.fields.get("warc-concurrent-to", "").strip("<>"): member for member, record in parsed if record.type == "request"
    }
    for member, record in parsed:
        if record.type == "request":
            continue
        asked = requests.pop(record.id, None)
        faults = record.faults(asked.data if asked else b"")
        if not _canonical(packed, member) or (asked and not _canonical(packed, asked)):
            faults.append("its stored bytes differ")
        state = CHANGED if faults else OK
        yield Verdict(state=state, file=where, what=record.id, url=record.fields.get("warc-target-uri"), detail="; ".join(faults))
    for member in requests.values():
        yield Verdict(
            state=CHANGED,
            file=where,
            what="request",
            detail=f"the request at byte {member.offset} belongs to no answer in this file",
        )


def _canonical(packed: bytes, member: Member) -> bool:
    """Whether a member's gzip header is as we write it: no flags, no time."""
    return packed[member.offset : member.offset + 8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


def _foreign(path: Path) -> Iterator[Verdict]:
    """A WARC file of others, by the digests that it carries itself."""
    try:
        for record in warcs.records(path):
            state = CHANGED if record.intact is False else OK
            detail = {None: "carries no digest", False: "its digest does not fit its bytes"}.get(record.intact, "")
            yield Verdict(state=state, file=str(path), what=record.id, url=record.url, detail=detail)
    except PatrolError as error:
        yield Verdict(state=CHANGED, file=str(path), what="file", detail=error.what)
