"""Who is signed in: a session in a signed cookie, and a brake on guessing passwords.

Pages and the API take the `Officer` or `Worker` dependency; without a session it sends a person to the sign-in page and a
program a 401. The secret in the cookie is random and lives in the ledger only as a hash, so a session can be ended there.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request, Response
from itsdangerous import BadSignature, Signer

from patrol.errors import RefusedError
from patrol.ledger.people import Person
from patrol.ledger.viewer import Role, Viewer
from patrol.web.desk import Desk, desk_of
from patrol.web.passwords import fits, hash_password, is_dated

COOKIE = "patrol_session"
WINDOW = timedelta(minutes=15)


class NotSignedInError(Exception):
    """No valid session came with the request; the app answers with the sign-in page or a 401."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person behind the request."""

    person: Person

    @property
    def viewer(self) -> Viewer:
        return self.person.viewer

    def is_a(self, *roles: str) -> bool:
        """For templates too, which know roles by their words."""
        return self.person.role in roles


def sign_in(desk: Desk, login: str, password: str, address: str) -> str:
    """Opens a session and returns the cookie's value; RefusedError where login and password don't fit or the brake holds.

    An unknown login costs the same time and gets the same words as a wrong password.
    """
    people, audit, limits = desk.ledger.people, desk.ledger.audit, desk.config.settings.desk
    if people.failures(login, address, since=datetime.now(UTC) - WINDOW) >= limits.sign_in_attempts:
        audit.write(None, None, "sign_in_braked", "address", address)
        raise RefusedError("too many failed attempts", remedy=f"Wait {WINDOW.seconds // 60} minutes, then try again")
    account = people.by_login(login)
    known = fits(account.password_hash if account else None, password)
    if account is None or not known or not account.person.active:
        people.note_failure(login, address)
        audit.write(None, account.person.viewer if account else None, "sign_in_failed", "address", address)
        raise RefusedError("login and password do not fit together")
    if is_dated(account.password_hash):
        people.set_password(account.person.id, hash_password(password))
    secret = secrets.token_urlsafe(32)
    desk.ledger.sessions.open(secret, account.person.id, hours=limits.session_hours)
    people.forget_failures(login)
    audit.write(None, account.person.viewer, "sign_in", "person", account.person.id)
    return _signer(desk).sign(secret).decode()


def sign_out(desk: Desk, cookie: str | None, signed: SignedIn) -> None:
    """Ends the session and gives back what the person had claimed."""
    secret = _secret(desk, cookie)
    if secret:
        desk.ledger.sessions.close(secret)
    desk.ledger.claims.release_all(signed.viewer)
    desk.ledger.audit.write(None, signed.viewer, "sign_out", "person", signed.person.id)


def set_cookie(response: Response, desk: Desk, value: str) -> None:
    response.set_cookie(
        COOKIE,
        value,
        httponly=True,
        samesite="strict",
        secure=desk.config.settings.desk.https,
        path="/",
        max_age=int(desk.config.settings.desk.session_hours * 3600),
    )


def signed_in(request: Request) -> SignedIn:
    """The dependency behind every page but the sign-in; NotSignedInError without a live session."""
    desk = desk_of(request)
    secret = _secret(desk, request.cookies.get(COOKIE))
    session = desk.ledger.sessions.find(secret, hours=desk.config.settings.desk.session_hours) if secret else None
    if session is None:
        raise NotSignedInError
    return SignedIn(session.person)


def working(signed: Annotated[SignedIn, Depends(signed_in)]) -> SignedIn:
    """Like `signed_in`, for pages of those who triage; RefusedError for experts and auditors."""
    signed.viewer.require_work("open this page")
    return signed


def reading_listings(signed: Annotated[SignedIn, Depends(signed_in)]) -> SignedIn:
    """Like `signed_in`, for pages that experts see too (what was put to them); RefusedError for auditors."""
    if signed.person.role is Role.AUDITOR:
        raise RefusedError("the auditor reads the audit trail, not listings", remedy="Open the audit page")
    return signed


def _signer(desk: Desk) -> Signer:
    return Signer(desk.secret, salt="patrol.session", digest_method=hashlib.sha256)


def _secret(desk: Desk, cookie: str | None) -> str | None:
    if not cookie:
        return None
    try:
        return _signer(desk).unsign(cookie).decode()
    except BadSignature:
        return None


Officer = Annotated[SignedIn, Depends(signed_in)]
Reader = Annotated[SignedIn, Depends(reading_listings)]
Worker = Annotated[SignedIn, Depends(working)]
