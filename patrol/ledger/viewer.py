"""Who looks: the person, agency and role that every read of the desk is made for.

The web and the command line make a Viewer out of a signed-in account and hand it to the desk's stores, to triage and to
the index. Its `tokens` say which of a record's readers it is; `visibility` turns the same rule into SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from patrol.errors import RefusedError

STAFF = "staff"  # the token of whoever works on listings, of any agency


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

    @property
    def tokens(self) -> frozenset[str]:
        """The reader tokens this viewer answers to: a record is seen when one of its `visible_to` is among them."""
        if self.role is Role.AUDITOR:
            return frozenset()
        own = {person_token(self.person_id)}
        if self.works:
            own |= {STAFF, agency_token(self.agency_id)}
        if self.role is Role.SUPERVISOR:
            own.add(supervisors_token(self.agency_id))
        if self.role is Role.EXPERT:
            own.add(experts_token(self.agency_id))
        return frozenset(own)

    def require_work(self, act: str) -> None:
        """RefusedError for experts and auditors."""
        if not self.works:
            raise RefusedError(f"the role {self.role.value} may not {act}", remedy="Ask an officer of the desk to do it")


def agency_token(agency_id: str) -> str:
    return f"agency:{agency_id}"


def supervisors_token(agency_id: str) -> str:
    return f"supervisors:{agency_id}"


def person_token(person_id: str) -> str:
    return f"person:{person_id}"


def experts_token(agency_id: str) -> str:
    return f"experts:{agency_id}"
