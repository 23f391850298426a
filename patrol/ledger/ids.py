"""UUIDv7 ids: unique on every host without asking anyone, and sorted by the time of their making.

Every room of the ledger takes its primary keys from here; within one process later ids sort after earlier ones, also
inside one millisecond, so that "by id" is "by age".
"""

from __future__ import annotations

import os
import threading
import time

_lock = threading.Lock()
_last = 0  # the 60-bit clock of the id made last: 48 bits of milliseconds, 12 bits of counter


def uuid7() -> str:
    """A fresh UUIDv7 (RFC 9562) as 36 lower-case characters; strictly increasing within the process."""
    global _last
    with _lock:
        now = time.time_ns() // 1_000_000 << 12
        _last = now if now > _last else _last + 1
        clock = _last
    random = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF
    value = (clock >> 12) << 80 | 0x7 << 76 | (clock & 0xFFF) << 64 | 0x2 << 62 | random
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
