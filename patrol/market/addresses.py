"""Where the practice marketplace listens, and its source cards rewritten for other ports.

`config/marketplaces/practice-*.yml` name the usual ports; the demo and the tests, which take free ones, hand their
addresses here and get the same files for those.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from patrol.config.home import shipped
from patrol.market.goods import SITES

HOST = "127.0.0.1"
PORTS = (8401, 8402, 8403)  # bazaar, hammer, souk


def marketplace(site: str) -> str:
    """The name under which a site stands in config: `bazaar` -> `practice-bazaar`."""
    return f"practice-{site}"


def rehosted(text: str, ports: Mapping[str, int]) -> str:
    """A marketplace file of the practice sites with the usual ports replaced by these."""
    for site, usual in zip(SITES, PORTS, strict=True):
        text = text.replace(f"{HOST}:{usual}", f"{HOST}:\N{NULL}{site}")  # in two passes, for ports that swap places
    for site in SITES:
        text = text.replace(f"\N{NULL}{site}", str(ports[site]))
    return text


def home_files(ports: Mapping[str, int], config: Path | None = None) -> dict[str, str]:
    """File name -> text of the three marketplace files, for sites that listen on these ports."""
    folder = (config or shipped("config")) / "marketplaces"
    return {
        path.name: rehosted(path.read_text(encoding="utf-8"), ports)
        for path in (folder / f"{marketplace(site)}.yml" for site in SITES)
    }
