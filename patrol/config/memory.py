"""The garbage collector, paused while many small things are made that all stay: a config, a rulebook.

`patrol.config.load` and `patrol.scoring.compile_rulebook` work inside it; otherwise a third of their time goes into
searching ever more living objects for dead ones.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """No collection of circles until the block ends; what no circle holds is freed as ever. May be nested."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            if not gc.get_freeze_count():  # what somebody froze stays so
                gc.freeze()
                gc.unfreeze()  # into the oldest generation, so that the next search does not go through all of it
            gc.enable()
