"""What the extract tests share: the marketplaces of the checkout by name, and a page in few words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from patrol.config.marketplace import Marketplace
from patrol.config.yamlfile import read_yaml

FOLDER = Path(__file__).resolve().parents[2] / "config" / "marketplaces"


@pytest.fixture(scope="session")
def marketplace() -> Callable[[str], Marketplace]:
    """The marketplace of that name, as its file in config/ says."""
    read: dict[str, Marketplace] = {}

    def by_name(name: str) -> Marketplace:
        if name not in read:
            content, _, faults = read_yaml(FOLDER / f"{name}.yml", name)
            assert not faults
            read[name] = Marketplace.model_validate({**content, "name": name})
        return read[name]

    return by_name
