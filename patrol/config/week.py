"""One patrol week, `config/weeks/<slug>.yml`: its dates, marketplaces and themes, and how often it is crawled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pydantic import Field, model_validator

from patrol.config.model import Strict
from patrol.config.yamlfile import Place


class Week(Strict):
    """`schedule` (cron) holds between `starts` and `ends`, both inclusive; `themes` are lexicon names."""

    name: str = ""  # the file's stem, set by the loader
    title: str
    starts: date
    ends: date
    marketplaces: tuple[str, ...] = Field(min_length=1)
    themes: tuple[str, ...] = ()
    schedule: str | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Week:
        if self.ends < self.starts:
            raise ValueError(f"ends ({self.ends}) lies before starts ({self.starts})")
        return self

    def references(self) -> Iterator[tuple[Place, str, str]]:
        """(place, `marketplace` or `lexicon`, name) of all that the week names beyond itself."""
        yield from ((("marketplaces", index), "marketplace", name) for index, name in enumerate(self.marketplaces))
        yield from ((("themes", index), "lexicon", name) for index, name in enumerate(self.themes))
