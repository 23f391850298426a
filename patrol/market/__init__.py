"""The practice marketplace: three sites on loopback with listings of known truth, for the demo, the tests and the bench.

`serve` starts them and hands back a running `Market`; `python -m patrol.market` does the same from a shell. Nothing here
knows how listings are scored, and the server never opens the truth; only `market.truth` does, for tests and the demo.
"""

from __future__ import annotations

from patrol.market.addresses import PORTS, home_files, rehosted
from patrol.market.server import Market, serve
from patrol.market.trouble import DEMO, Snag, Trouble

__all__ = ["DEMO", "PORTS", "Market", "Snag", "Trouble", "home_files", "rehosted", "serve"]
