"""The settings of one unit, `config/patrol.yml`: stores, desk, manners, score edges, queue mix, patrol clock."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from patrol.config.marketplace import Zone
from patrol.config.model import Strict


class Bands(Strict):
    """Lower edges of the bands on the 0-100 score."""

    review: int = Field(40, ge=1, le=100)
    high: int = Field(70, ge=1, le=100)

    @model_validator(mode="after")
    def _in_order(self) -> Bands:
        if self.review >= self.high:
            raise ValueError(f"review ({self.review}) must lie below high ({self.high})")
        return self


class Stores(Strict):
    """Where truth, view and evidence lie; None is the embedded default below the home's data folder."""

    ledger: str | None = None  # an SQLAlchemy address
    evidence: str | None = None  # a folder
    index: str | None = None  # an Elasticsearch: https://[user@]host:9200/prefix
    index_ca: str | None = None  # a file with the certificate authority of that server
    index_api_key_file: str | None = None  # else PATROL_INDEX_API_KEY
    index_password_file: str | None = None  # else PATROL_INDEX_PASSWORD

    @field_validator("index")
    @classmethod
    def _an_address_without_a_secret(cls, index: str | None) -> str | None:
        if index is None:
            return None
        if not re.match(r"https?://[^/\s]+(/[a-z0-9][a-z0-9_.-]*)?/?$", index):
            raise ValueError("it is no address: write https://host:9200/prefix (small letters, digits, - and _)")
        if re.search(r"//[^/@]*:[^/@]*@", index):
            raise ValueError("a password has no place here: set PATROL_INDEX_PASSWORD, or name a file as index_password_file")
        return index


class Desk(Strict):
    """The web desk. `agency` and `name` are shown in its head line."""

    host: str = "127.0.0.1"
    port: int = Field(8321, ge=0, le=65535)
    agency: str = "unit"
    title: str = "Patrol"
    session_hours: float = Field(10, gt=0)
    claim_minutes: float = Field(10, gt=0)
    stale_minutes: float = Field(2, gt=0)  # an index that lags longer is said to be behind on every page
    stale_changes: int = Field(2000, ge=1)  # so is one that has yet to hear of more changes
    sign_in_attempts: int = Field(8, ge=1)  # failures per login and address within 15 minutes
    https: bool = False  # True behind TLS: the session cookie is then marked Secure


class DefaultManners(Strict):
    """The gentlest that any card may be: a card can only be stricter, loopback apart."""

    delay: float = Field(3.0, ge=0)
    concurrency: int = Field(2, ge=1, le=16)
    requests_per_day: int = Field(5000, ge=1)
    timeout: float = Field(30.0, gt=0)
    retries: int = Field(4, ge=0)
    page_bytes: int = Field(20_000_000, ge=1000)
    picture_bytes: int = Field(25_000_000, ge=1000)
    picture_pixels: int = Field(120_000_000, ge=1000)


class Mix(Strict):
    """Shares of the queue by stream, in per cent."""

    value: int = Field(80, ge=0, le=100)
    uncertain: int = Field(15, ge=0, le=100)
    audit: int = Field(5, ge=0, le=100)

    @model_validator(mode="after")
    def _whole(self) -> Mix:
        if self.value + self.uncertain + self.audit != 100:
            raise ValueError(f"value + uncertain + audit make {self.value + self.uncertain + self.audit}, not 100")
        return self


class AuditRates(Strict):
    """The chance, 0 to 1, that a cluster which no rule flagged is looked at nevertheless, by its band."""

    none: float = Field(0.02, ge=0, le=1)
    low: float = Field(0.05, ge=0, le=1)

    def of(self, band: str) -> float:
        return {"none": self.none, "low": self.low}.get(band, 0.0)


class Queue(Strict):
    mix: Mix = Mix()
    audit: AuditRates = AuditRates()
    urgent_hours: float = Field(24, gt=0)  # an auction that ends sooner goes ahead
    second_opinion: bool = False  # True: what `patrol rules train` learnt orders the queue within each band, and nothing else


class Clock(Strict):
    """When the scheduler runs what; cron expressions are read in `timezone`."""

    timezone: Zone = "UTC"
    index_seconds: float = Field(5, gt=0)  # how often the indexer looks at the outbox


class Settings(Strict):
    """`config/patrol.yml` as a whole."""

    stores: Stores = Stores()
    desk: Desk = Desk()
    manners: DefaultManners = DefaultManners()
    bands: Bands = Bands()
    queue: Queue = Queue()
    clock: Clock = Clock()
    mark: Literal["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"] = "AMBER+STRICT"  # TLP 2.0, default of new leads

    @field_validator("mark", mode="before")
    @classmethod
    def _without_prefix(cls, mark: object) -> object:
        return mark.removeprefix("TLP:") if isinstance(mark, str) else mark
