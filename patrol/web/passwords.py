"""Passwords as argon2id hashes: made for `patrol user add`, checked at the desk's sign-in, never kept or logged."""

from __future__ import annotations

import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from patrol.errors import UsageError

SHORTEST = 10  # characters


def hash_password(password: str) -> str:
    """An argon2id hash for the ledger; UsageError where the password is too short to be worth one."""
    if len(password) < SHORTEST:
        raise UsageError(f"the password has {len(password)} characters", remedy=f"Take at least {SHORTEST}")
    return PasswordHasher().hash(password)


def fits(password_hash: str | None, password: str) -> bool:
    """Whether the password belongs to the hash; for None (nobody has that login) as slow as for a wrong password."""
    try:
        return PasswordHasher().verify(password_hash or _nobodys(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def is_dated(password_hash: str) -> bool:
    """True where the hash was made with weaker parameters than today's."""
    return PasswordHasher().check_needs_rehash(password_hash)


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return PasswordHasher().hash(secrets.token_hex(16))
