"""What every page of the desk works with, handed in once when the app is made; nothing here is global.

`create_app` puts one Desk on the app; pages and the API take it through `DeskOf`, and seal with it what an officer was
shown, so that a decision can later say what it was taken on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request
from itsdangerous import BadData, URLSafeSerializer

from patrol.config import Config, Home
from patrol.errors import UsageError
from patrol.evidence import Archive
from patrol.ledger import Ledger
from patrol.scoring import Rulebook
from patrol.search.index import Index
from patrol.triage.second import SecondOpinion
from patrol.web.darkroom import Darkroom
from patrol.web.pulse import Pulse


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The stores and settings behind the pages; `secret` is the home's own key."""

    config: Config
    ledger: Ledger
    index: Index
    archive: Archive
    rulebook: Rulebook
    home: Home
    secret: bytes
    darkroom: Darkroom
    pulse: Pulse = field(default_factory=Pulse)
    second: SecondOpinion | None = None  # asked only where the settings say so
    environ: Mapping[str, str] | None = None  # may name the browser as PATROL_CHROMIUM; None: the process's own

    def seal(self, purpose: str, value: Mapping[str, Any]) -> str:
        """A small JSON value as text that a browser may carry and cannot change."""
        return URLSafeSerializer(self.secret, salt=f"patrol.{purpose}").dumps(dict(value))

    def open_seal(self, purpose: str, sealed: str) -> dict[str, Any]:
        """What `seal` was given; UsageError where it was changed or made for something else."""
        try:
            found: dict[str, Any] = URLSafeSerializer(self.secret, salt=f"patrol.{purpose}").loads(sealed)
        except BadData as error:
            raise UsageError("this form is out of date or was changed", remedy="Open the page again") from error
        return found


def desk_of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


DeskOf = Annotated[Desk, Depends(desk_of)]
