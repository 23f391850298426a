"""Every error that Patrol raises on purpose, drawn as one tree.

    PatrolError                 exit code 1: the work met a fault
    ├── UsageError              exit code 2: wrong command line, or no home found
    ├── ConfigError             exit code 2: the config as a whole; carries every Fault found, each with file:line
    ├── CardError               exit code 2: a marketplace without a valid source card
    ├── ReadError               a page, file or line that cannot be read as what it claims to be
    ├── ReachError              a site, server or picture that could not be reached or may not be asked
    ├── StoreError              ledger, index or evidence store: missing, locked, full, or of another version
    ├── EvidenceError           sealed bytes that are changed or missing
    └── RefusedError            an action that the rules of the desk do not allow (claim held, gate not met, wrong viewer)

Each message says where it happened and what to do about it; `str(error)` is the whole text for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class PatrolError(Exception):
    """The root: `what` happened, `where` (file:line, URL, id) and the `remedy`, each a short phrase."""

    exit_code = 1

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(what, where, remedy)

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}. {self.remedy}" if self.remedy else text


class UsageError(PatrolError):
    """A command line that cannot be carried out as it stands."""

    exit_code = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFault:
    """One fault of a config file: its path as shown to a person, the line (1-based, 0 unknown), and what is wrong."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class ConfigError(PatrolError):
    """All faults of a config at once, so that one reading mends them all."""

    exit_code = 2

    def __init__(self, faults: Sequence[ConfigFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class CardError(PatrolError):
    """A marketplace whose source card is missing, incomplete or expired: it is not crawled."""

    exit_code = 2


class ReadError(PatrolError):
    """Something that was brought or fetched and cannot be read."""


class ReachError(PatrolError):
    """Something that could not be reached, or that manners forbid to ask for."""


class StoreError(PatrolError):
    """A store that does not take or give what it should."""


class EvidenceError(PatrolError):
    """A sealed item whose bytes differ from what was sealed, or are gone."""


class RefusedError(PatrolError):
    """An action that the desk's rules refuse, with the reason."""
