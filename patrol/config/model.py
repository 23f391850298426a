"""The base of every config model: frozen, and an unknown key is an error (a misspelt key must never be silent)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Frozen, no unknown keys, values stripped of surrounding blanks."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
