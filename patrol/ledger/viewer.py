"""Who looks: the person, agency and role that every read of the desk is made for.

The web and the command line make a Viewer out of a signed-in account and hand it to the desk's stores, to triage and to
the index; `visibility` says what it may read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from patrol.errors import RefusedError


class Role(StrEnum):
    OFFICER = "officer"
    ANALYST = "analyst"
    EXPERT = "expert"  # from outside: sees what was put to them, and nothing else
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"  # sees the audit trail, and no case
    ADMIN = "admin"


WORKING = frozenset({Role.OFFICER, Role.ANALYST, Role.SUPERVISOR, Role.ADMIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """The eyes for which a read is filtered."""

    person_id: str
    agency_id: str
    role: Role

    @property
    def works(self) -> bool:
        """True for those who triage and lead; False for experts and auditors."""
        return self.role in WORKING

    def require_work(self, act: str) -> None:
        """RefusedError for experts and auditors."""
        if not self.works:
            raise RefusedError(f"the role {self.role.value} may not {act}", remedy="Ask an officer of the desk to do it")
