"""The second opinion at work: kept as one JSON file in the home, read again when it changes, refused where it fits no more.

`patrol rules train` hands an Opinion to `keep`; queue and desk hold a SecondOpinion and ask it about listings. It answers
with nothing, and says why, where none was learnt, where the file was changed by hand, or where the rules have changed since.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from patrol.errors import UsageError
from patrol.ledger import Ledger
from patrol.ledger.stored import StoredListing
from patrol.records import Context
from patrol.scoring import Rulebook, assess
from patrol.scoring.opinion import FEATURES, Opinion, Said

FORMAT = 1
LARGEST = 64_000_000  # bytes
REMEMBERED = 50_000  # probabilities
AGAIN = "Learn it again: `patrol rules train`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An opinion as it stands in its file, with the SHA-256 of what it says."""

    opinion: Opinion
    digest: str
    trained_at: str


def digest_of(opinion: Opinion) -> str:
    return "sha256:" + hashlib.sha256(orjson.dumps(opinion.to_json(), option=orjson.OPT_SORT_KEYS)).hexdigest()


def keep(path: Path, opinion: Opinion, *, now: datetime | None = None) -> Kept:
    """Writes the file whole or not at all, for its owner alone, and gives what was kept."""
    kept = Kept(opinion=opinion, digest=digest_of(opinion), trained_at=(now or datetime.now(UTC)).isoformat(timespec="seconds"))
    row = {"format": FORMAT, "digest": kept.digest, "trained_at": kept.trained_at, "opinion": opinion.to_json()}
    fresh = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(orjson.dumps(row))
    fresh.replace(path)
    return kept


def read(path: Path, rulebook: str) -> Kept:
    """The opinion of a file, if it fits the rulebook with that hash; UsageError says what is wrong. Data only, never code."""
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path.name} is larger than any opinion", where=str(path), remedy=AGAIN)
        row = orjson.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise UsageError("no second opinion has been learnt yet", remedy="`patrol rules train`, from 50 decisions on") from error
    except (OSError, orjson.JSONDecodeError) as error:
        raise UsageError(f"the second opinion cannot be read: {error}", where=str(path), remedy=AGAIN) from error
    return _checked(row, path, rulebook)


def _checked(row: object, path: Path, rulebook: str) -> Kept:
    if not isinstance(row, dict) or row.get("format") != FORMAT or not isinstance(row.get("opinion"), dict):
        raise UsageError("the second opinion was written by another Patrol", where=str(path), remedy=AGAIN)
    try:
        opinion = Opinion.from_json(row["opinion"])
    except ValueError as error:
        raise UsageError(f"this is no second opinion: {error}", where=str(path), remedy=AGAIN) from error
    digest = digest_of(opinion)
    if row.get("digest") != digest:
        raise UsageError("the second opinion was changed after it was learnt", where=str(path), remedy=AGAIN)
    if opinion.features != FEATURES:
        raise UsageError("the second opinion was learnt from other features than this Patrol reads", remedy=AGAIN)
    if opinion.rulebook != rulebook:
        raise UsageError("the second opinion was learnt under other rules than today's", remedy=AGAIN)
    return Kept(opinion=opinion, digest=digest, trained_at=str(row.get("trained_at", "")))


class SecondOpinion:
    """What the desk asks. `notice` says why there is no answer; a file that was learnt anew counts from the next question on."""

    def __init__(self, path: Path, ledger: Ledger, rulebook: Rulebook) -> None:
        self._path = path
        self._ledger = ledger
        self._rulebook = rulebook
        self._seen: tuple[int, int] | None = None
        self._kept: Kept | None = None
        self._said: dict[tuple[str, str | None], float] = {}
        self.notice: str | None = None

    def kept(self) -> Kept | None:
        """The opinion that stands; None, with a notice, where there is none to ask."""
        try:
            state = self._path.stat()
            mark = (state.st_mtime_ns, state.st_size)
        except OSError:
            mark = (0, 0)
        if mark != self._seen:
            kept, notice = None, None
            try:
                kept = read(self._path, self._rulebook.hash)
            except UsageError as error:
                notice = f"The queue is ordered by score alone: {error}"
            self._kept, self.notice, self._said, self._seen = kept, notice, {}, mark
        return self._kept

    def say(self, stored: StoredListing) -> Said | None:
        """What it makes of one listing under today's rules."""
        kept = self.kept()
        return _asked(kept.opinion, stored, self._rulebook) if kept else None

    def probabilities(self, asked: Collection[tuple[str, str, str | None]]) -> Mapping[str, float]:
        """By listing key; asked are (key, version, assessment). What is unknown, or erased by now, is left out."""
        kept = self.kept()
        if kept is None:
            return {}
        said = self._said
        unknown = {key for key, version, assessment in asked if (version, assessment) not in said}
        if len(said) + len(unknown) > REMEMBERED:
            said.clear()
            unknown = {key for key, _, _ in asked}
        fresh = {
            key: _asked(kept.opinion, stored, self._rulebook).probability
            for key, stored in (self._ledger.listings.current_many(list(unknown)).items() if unknown else ())
        }
        for key, version, assessment in asked:
            if key in fresh:
                said[version, assessment] = fresh[key]
        return {key: said[version, assessment] for key, version, assessment in asked if (version, assessment) in said}


def _asked(opinion: Opinion, stored: StoredListing, rulebook: Rulebook) -> Said:
    known = stored.assessed
    if known is not None and known.assessment.rulebook == rulebook.hash:
        return opinion.say(stored.listing, known.assessment)
    return opinion.say(stored.listing, assess(stored.listing, rulebook, known.context if known else Context()))
