"""Who works at the desk: agencies, accounts and roles, and the failures to sign in that slow a guesser down.

`patrol user add` and the desk's sign-in hand in hashes made by argon2, never a password. What one viewer may know of
another person (a name, or only an agency) is decided in `visibility`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from patrol.errors import RefusedError, UsageError
from patrol.ledger.desk_tables import agencies, people, sessions, sign_in_failures
from patrol.ledger.engine import reading
from patrol.ledger.ids import uuid7
from patrol.ledger.viewer import Role, Viewer
from patrol.ledger.visibility import people_named
from patrol.ledger.writer import Writer

_PEOPLE: Select[*tuple[Any, ...]] = select(*people.c, agencies.c.name.label("agency")).join_from(people, agencies)
FAILURES_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account as the desk shows it."""

    id: str
    login: str
    name: str
    agency_id: str
    agency: str
    role: Role
    active: bool
    created_at: datetime

    @property
    def viewer(self) -> Viewer:
        return Viewer(person_id=self.id, agency_id=self.agency_id, role=self.role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person with what the sign-in checks against."""

    person: Person
    password_hash: str


class People:
    """Accounts of the ledger; every write returns once it is on disk."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    def add(self, login: str, name: str, agency: str, role: str | Role, password_hash: str) -> Person:
        """A new account; the agency is made with its first person. RefusedError where the login is taken."""
        folded = fold_login(login)
        known = _role(role)
        if not folded or not name.strip() or not agency.strip():
            raise UsageError("login, name and agency may not be empty")
        person_id = self._writer.run(lambda conn: _insert(conn, folded, name.strip(), agency.strip(), known, password_hash))
        return self.get(person_id)

    def get(self, person_id: str) -> Person:
        """One person; RefusedError where there is none."""
        with reading(self._engine) as conn:
            return person_of(conn, person_id)

    def by_login(self, login: str) -> Account | None:
        """The account to check a sign-in against, active or not; None where nobody has that login."""
        with reading(self._engine) as conn:
            row = conn.execute(_PEOPLE.where(people.c.login == fold_login(login))).one_or_none()
        return Account(person=_person(row), password_hash=row.password_hash) if row else None

    def list(self, viewer: Viewer | None = None) -> tuple[Person, ...]:
        """All accounts by agency and name; for a viewer only those whose names they may read."""
        query = _PEOPLE.order_by(agencies.c.name, people.c.name, people.c.id)
        with reading(self._engine) as conn:
            return tuple(map(_person, conn.execute(query if viewer is None else query.where(people_named(viewer)))))

    def set_password(self, person_id: str, password_hash: str, *, now: datetime | None = None) -> None:
        """Sets a new hash and ends every session of that person."""
        at = now or datetime.now(UTC)

        def work(conn: Connection) -> None:
            changed = conn.execute(
                update(people).where(people.c.id == person_id).values(password_hash=password_hash, password_changed_at=at)
            )
            if not changed.rowcount:
                raise RefusedError(f"nobody has the id {person_id}")
            conn.execute(delete(sessions).where(sessions.c.person_id == person_id))

        self._writer.run(work)

    def set_active(self, person_id: str, active: bool) -> None:
        """Opens or closes an account; closing ends its sessions."""

        def work(conn: Connection) -> None:
            conn.execute(update(people).where(people.c.id == person_id).values(active=active))
            if not active:
                conn.execute(delete(sessions).where(sessions.c.person_id == person_id))

        self._writer.run(work)

    def note_failure(self, login: str, address: str, *, now: datetime | None = None) -> None:
        """Remembers one failed sign-in; older ones than a week are dropped with it."""
        at = now or datetime.now(UTC)

        def work(conn: Connection) -> None:
            conn.execute(delete(sign_in_failures).where(sign_in_failures.c.at < at - FAILURES_KEPT))
            row = {"id": uuid7(), "login": fold_login(login)[:120], "address": address[:64], "at": at}
            conn.execute(sign_in_failures.insert().values(row))

        self._writer.run(work)

    def failures(self, login: str, address: str, *, since: datetime) -> int:
        """Failed sign-ins since then for the login or from the address, whichever is more."""
        with reading(self._engine) as conn:
            by_login, by_address = (
                conn.scalar(select(func.count()).where(column == value, sign_in_failures.c.at >= since)) or 0
                for column, value in (
                    (sign_in_failures.c.login, fold_login(login)[:120]),
                    (sign_in_failures.c.address, address[:64]),
                )
            )
        return max(by_login, by_address)

    def forget_failures(self, login: str) -> None:
        """After a good sign-in the login starts afresh; its address does not."""
        self._writer.run(lambda conn: conn.execute(delete(sign_in_failures).where(sign_in_failures.c.login == fold_login(login))))


def fold_login(login: str) -> str:
    return login.strip().casefold()


def person_of(conn: Connection, person_id: str) -> Person:
    """One person in the caller's snapshot; RefusedError where there is none."""
    row = conn.execute(_PEOPLE.where(people.c.id == person_id)).one_or_none()
    if row is None:
        raise RefusedError(f"nobody has the id {person_id}", remedy="`patrol user add` makes an account")
    return _person(row)


def agency_of(conn: Connection, agency: str) -> str:
    """The id of an agency given by id or name; RefusedError where there is none."""
    found = conn.scalar(select(agencies.c.id).where(or_(agencies.c.id == agency, agencies.c.name == agency)))
    if found is None:
        raise RefusedError(f"no agency {agency!r} here", remedy="An agency is made with its first account")
    return str(found)


def _insert(conn: Connection, login: str, name: str, agency: str, role: Role, password_hash: str) -> str:
    at = datetime.now(UTC)
    agency_id = conn.scalar(select(agencies.c.id).where(agencies.c.name == agency))
    if agency_id is None:
        agency_id = uuid7()
        conn.execute(agencies.insert().values(id=agency_id, name=agency, created_at=at))
    row = {"id": uuid7(), "agency_id": agency_id, "login": login, "name": name, "role": role.value, "active": True}
    row |= {"password_hash": password_hash, "created_at": at, "password_changed_at": at}
    try:
        with conn.begin_nested():
            conn.execute(people.insert().values(row))
    except IntegrityError:
        raise RefusedError(f"the login {login!r} is taken", remedy="Choose another login") from None
    return str(row["id"])


def _role(role: str | Role) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise UsageError(f"no role {role!r}", remedy=f"Roles are {', '.join(Role)}") from None


def _person(row: Row[*tuple[Any, ...]]) -> Person:
    return Person(
        id=row.id,
        login=row.login,
        name=row.name,
        agency_id=row.agency_id,
        agency=row.agency,
        role=Role(row.role),
        active=row.active,
        created_at=row.created_at,
    )
