"""The settings file says what holds without it, and carries the audit's rates to the queue."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from patrol.config import load
from patrol.config.home import Home
from patrol.config.settings import Settings
from patrol.errors import ConfigError


def names(model: type[BaseModel] | None, before: str = "") -> set[str]:
    found = set()
    for name, field in (model.model_fields if model else {}).items():
        inner = field.annotation
        below = isinstance(inner, type) and issubclass(inner, BaseModel)
        found |= names(inner, f"{before}{name}.") if below else {before + name}
    return found


def written(value: object, before: str = "") -> set[str]:
    if not isinstance(value, dict):
        return {before.rstrip(".")}
    return {name for key, inner in value.items() for name in written(inner, f"{before}{key}.")}


def test_the_shipped_file_names_every_setting_with_its_default(home: Path) -> None:
    assert load(Home(home)).settings == Settings()
    assert written(yaml.safe_load((home / "config" / "patrol.yml").read_bytes())) == names(Settings)


def test_the_rates_of_the_audit_are_the_units_own(home: Path) -> None:
    file = home / "config" / "patrol.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("{none: 0.02, low: 0.05}", "{none: 0.5, low: 1}"), encoding="utf-8")
    audit = load(Home(home)).settings.queue.audit
    assert (audit.of("none"), audit.of("low"), audit.of("review"), audit.of("high")) == (0.5, 1.0, 0.0, 0.0)
    file.write_text(text.replace("{none: 0.02, low: 0.05}", "{none: 2, low: 5}"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"config/patrol.yml:\d+: .*less than or equal to 1"):
        load(Home(home))
