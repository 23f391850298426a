"""The triage tests work on the same world as the ledger's desk tests: a real ledger, and a real index beside it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "ledger"))  # desk_world.py
