"""What the extract tests share: the marketplaces of the checkout by name, and a page in few words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from patrol.config.marketplace import Marketplace

FOLDER = Path(__file__).resolve().parents[2] / "config" / "marketplaces"


@pytest.fixture(scope="session")
def marketplace() -> Callable[[str], Marketplace]:
    """The marketplace of that name, as its file in config/ says."""
    read: dict[str, Marketplace] = {}

    def by_name(name: str) -> Marketplace:
        if name not in read:
            content = YAML(typ="safe", pure=True).load((FOLDER / f"{name}.yml").read_text("utf-8"))
            read[name] = Marketplace.model_validate({**content, "name": name})
        return read[name]

    return by_name
