"""Reads a home's config/ and dashboards/ into one frozen Config and names all faults at once, each with file:line.

Everything that an investigator edits comes through here; the rest of Patrol is handed the Config and opens no file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from patrol.config.faults import faults_of, nearest
from patrol.config.home import Home, Updated, find_home, init, shipped, update
from patrol.config.marketplace import Card, Marketplace
from patrol.config.memory import collector_paused
from patrol.config.panel import Panel
from patrol.config.rulebook import CLAIMS, KINDS, Law, Laws, Lexicon, Rates, Rule, WarningList
from patrol.config.settings import Settings
from patrol.config.week import Week
from patrol.config.yamlfile import Place, line_of, read_yaml
from patrol.errors import ConfigError, ConfigFault

__all__ = [
    "Card",
    "Config",
    "Home",
    "Law",
    "Marketplace",
    "Settings",
    "Updated",
    "find_home",
    "init",
    "load",
    "read_card",
    "shipped",
    "update",
]

M = TypeVar("M", bound=BaseModel)
FOLDERS = {"lexicon": "lexicons", "warninglist": "warninglists", "marketplace": "marketplaces", "rule": "rules"}
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One unit's config, whole and valid. `lines`: by file the line of every place, for findings about what was read."""

    settings: Settings
    marketplaces: Mapping[str, Marketplace]
    rules: Mapping[str, Rule]
    lexicons: Mapping[str, Lexicon]
    warninglists: Mapping[str, WarningList]
    laws: tuple[Law, ...]
    rates: Rates
    weeks: Mapping[str, Week]
    panels: tuple[Panel, ...] = ()  # in their order on the page
    lines: Mapping[str, Mapping[Place, int]] = field(default_factory=dict, repr=False, compare=False)


class _Loader:
    """Collects faults while it reads; `lines` keeps the places of every file for the cross-checks."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.faults: list[ConfigFault] = []
        self.lines: dict[str, dict[Place, int]] = {}

    def shown(self, path: Path) -> str:
        return path.relative_to(self.root.parent).as_posix() if path.is_relative_to(self.root.parent) else str(path)

    def fault(self, shown: str, place: Place, message: str) -> None:
        self.faults.append(ConfigFault(file=shown, line=line_of(self.lines.get(shown, {}), place), message=message))

    def model(self, path: Path, kind: type[M], name: str | None = None, shown: str | None = None) -> M | None:
        shown = shown or self.shown(path)
        value, lines, faults = read_yaml(path, shown)
        self.lines[shown] = lines
        if faults:
            self.faults += faults
            return None
        if not isinstance(value, dict):
            self.fault(shown, (), "holds no keys; write `key: value` lines")
            return None
        if name is not None:
            value = {**value, "name": name}
        try:
            return _placed(kind.model_validate(value), shown, lines)
        except ValidationError as error:
            for place, message in faults_of(error, kind, value):
                self.fault(shown, place, message)
            return None

    def folder(self, part: str | Path, kind: type[M]) -> dict[str, M]:
        found: dict[str, M] = {}
        folder = self.root / part
        for path in sorted(folder.glob("*")) if folder.is_dir() else ():
            if path.name.startswith(".") or path.name == "README.md":
                continue
            if path.suffix != ".yml" or not NAME.fullmatch(path.stem):
                self.fault(
                    self.shown(path), (), "the file's name is the id: give it lower-case letters, digits, - and _, ending in .yml"
                )
                continue
            model = self.model(path, kind, path.stem)
            if model is not None:
                found[path.stem] = model
        return found

    def one(self, name: str, kind: type[M], default: Callable[[], M] | None = None) -> M | None:
        path = self.root / name
        if not path.is_file():
            if default is not None:
                return default()
            self.faults.append(ConfigFault(file=self.shown(path), line=0, message="is missing; `patrol init` ships one"))
            return None
        return self.model(path, kind)


def _placed(model: M, shown: str, lines: Mapping[Place, int]) -> M:
    """A marketplace is told its card's lines: a card expires without any fault of its file, and is named then."""
    if isinstance(model, Marketplace):
        model.placed(shown, {str(place[1]) if place[1:] else "": lines[place] for place in lines if place[:1] == ("card",)})
    return model


@collector_paused()
def load(home: Home) -> Config:
    """The home's Config; ConfigError with every fault of every file."""
    loader = _Loader(home.config)
    settings = loader.one("patrol.yml", Settings)
    laws = loader.one("laws.yml", Laws)
    rates = loader.one("rates.yml", Rates)
    marketplaces = loader.folder("marketplaces", Marketplace)
    rules = loader.folder("rules", Rule)
    lexicons = loader.folder("lexicons", Lexicon)
    warninglists = loader.folder("warninglists", WarningList)
    weeks = loader.folder("weeks", Week)
    panels = loader.folder(_dashboards(home), Panel)
    if not loader.faults:  # a name may dangle only because its file has a fault of its own
        known: Mapping[str, Collection[str]] = {
            "marketplace": marketplaces,
            "rule": rules,
            "lexicon": lexicons,
            "warninglist": warninglists,
            "kind": KINDS,
            "claim": CLAIMS,
        }
        folders = ("marketplaces", marketplaces), ("rules", rules), ("weeks", weeks), (_dashboards(home), panels)
        for folder, files in folders:
            for name, one in files.items():
                for place, kind, wanted in one.references():
                    if wanted not in known[kind]:
                        loader.fault(loader.shown(loader.root / folder / f"{name}.yml"), place, _no(kind, wanted, known[kind]))
    _raise_if_any(loader)
    if settings is None or laws is None or rates is None:
        raise ConfigError(loader.faults)
    return Config(
        settings=settings,
        marketplaces=marketplaces,
        rules=rules,
        lexicons=lexicons,
        warninglists=warninglists,
        laws=laws.laws,
        rates=rates,
        weeks=weeks,
        panels=tuple(sorted(panels.values(), key=lambda panel: (panel.place, panel.name))),
        lines=loader.lines,
    )


def _dashboards(home: Home) -> Path:
    """The home's own panels, where it has a folder for them; else the shipped ones."""
    return home.dashboards if home.dashboards.is_dir() else shipped("dashboards")


def _raise_if_any(loader: _Loader) -> None:
    if loader.faults:
        raise ConfigError(sorted(loader.faults, key=lambda fault: (fault.file, fault.line)))


def _no(kind: str, wanted: str, known: Collection[str]) -> str:
    """That a name leads nowhere, and where it could lead."""
    if near := nearest(wanted, known):
        return f"no {kind} {wanted!r}; {near}"
    if kind in ("kind", "claim"):
        return f"no {kind} {wanted!r}; there are: {', '.join(known)}"
    return f"no {kind} {wanted!r}: make a file config/{FOLDERS[kind]}/{wanted}.yml, or correct the name"


def read_card(path: Path) -> Marketplace:
    """One marketplace file from anywhere (`--card FILE`); ConfigError with its faults."""
    loader = _Loader(path.resolve().parent)
    marketplace = loader.model(path.resolve(), Marketplace, path.stem, shown=str(path))
    _raise_if_any(loader)
    if marketplace is None:
        raise ConfigError(loader.faults)
    return marketplace
