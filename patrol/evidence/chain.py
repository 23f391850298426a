"""The chain of one run as a file: a first line that names the run, then one line for each sealed record, in order.

`seal` appends to it, `verifier` walks it. Each line carries the value of the line before, so that a line that is
removed, changed or moved shows; where the last lines are cut off, the head kept in the ledger shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from patrol.errors import EvidenceError
from patrol.evidence.record import link, sha256

NAME = "chain.jsonl"
ABOUT = "payload bytes as transferred; header fields as the HTTP client hands them over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line: where a record lies (file below the run's folder, bytes) and how it hangs in the chain."""

    n: int
    id: str
    kind: str
    url: str
    time: str
    status: int | None
    type: str | None
    digest: str
    headers_digest: str
    card: str
    previous: str
    chain: str
    file: str
    offset: int
    length: int  # of the record's own gzip member
    end: int  # offset after the request's member
    stored: str  # SHA-256 of the file's bytes from offset to end

    def line(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    def links_to(self, previous: str) -> bool:
        """Whether this line follows the value before it and its own value is right."""
        return self.previous == previous and self.chain == link(self.digest, self.headers_digest, self.time, self.card, previous)


def opening(run_id: str, card: str) -> bytes:
    """The first line; its hash is the chain's value before the first record."""
    text = json.dumps({"patrol": "evidence chain", "version": 1, "run": run_id, "card": card, "about": ABOUT})
    return text.encode() + b"\n"


def genesis(first_line: bytes) -> str:
    return sha256(first_line.rstrip(b"\n"))


def run_of(first_line: bytes) -> str | None:
    """The run's id as the first line names it, None where it cannot be read."""
    row = _parse(first_line)
    return str(row["run"]) if row is not None and "run" in row else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """Where a chain stands: the value to go on from, the next number, and the length of its whole lines in bytes."""

    head: str
    next: int
    size: int


def _parse(line: bytes) -> Mapping[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _entry(line: bytes) -> Entry | None:
    row = _parse(line)
    try:
        return Entry(**row) if row is not None else None
    except TypeError:
        return None


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """(line number from 1, line) of the chain file."""
    with path.open("rb") as file:
        yield from enumerate(file, 1)


def entries(path: Path) -> Iterator[tuple[int, Entry | None]]:
    """(line number, entry) for every line after the first; None where a line cannot be read as an entry."""
    for number, line in lines(path):
        if number > 1:
            yield number, _entry(line)


def first_line(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.readline()


def tail(path: Path) -> tuple[Tail, dict[str, int]]:
    """Where to go on after a stop, and for each file the end of its last linked record; a torn last line is left out.

    EvidenceError where a line before the last is broken: then somebody or something changed the chain.
    """
    size, head, count, pending = 0, "", 0, 0
    ends: dict[str, int] = {}
    for number, line in lines(path):
        if pending:
            raise EvidenceError(
                "a line of the chain cannot be read", where=f"{path}:{pending}", remedy="Run `patrol evidence verify` on it"
            )
        if number == 1:
            if not line.endswith(b"\n") or _parse(line) is None:
                pending = number
                continue
            head = genesis(line)
        else:
            entry = _entry(line) if line.endswith(b"\n") else None
            if entry is None:
                pending = number
                continue
            if entry.n != count or not entry.links_to(head):
                raise EvidenceError("the chain is broken", where=f"{path}:{number}", remedy="Run `patrol evidence verify` on it")
            head, count = entry.chain, count + 1
            ends[entry.file] = max(ends.get(entry.file, 0), entry.end)
        size += len(line)
    return Tail(head=head, next=count, size=size), ends
