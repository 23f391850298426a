"""Ties the processes that Patrol starts to the one that started them, so that none outlives a parent that was killed; and
says whether a process lives.

`schedule`, the demo and `patrol crawl` of several marketplaces start their commands with `tied`; the command line calls
`hold`. The child watches a pipe whose other end only the parent has: when it closes, the child ends itself as by SIGTERM.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from functools import cache
from typing import Any

NAME = "PATROL_TETHER"  # the number of the child's end
PATIENCE = 60.0  # seconds that a child has to end cleanly once its parent is gone


@cache
def _line() -> tuple[int, int]:
    """This process's pipe; no child inherits its writing end, so it closes with this process, however that ends."""
    return os.pipe()


def tied(command: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
    """Starts a Patrol command that ends when this process does; `options` are Popen's."""
    reading, _ = _line()
    environ = {**(options.pop("env", None) or os.environ), NAME: str(reading)}
    return subprocess.Popen(command, env=environ, pass_fds=(reading,), **options)  # noqa: S603 - our own programs


def lives(pid: int) -> bool:
    """Whether a process of this host runs; one of another account does."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def hold() -> None:
    """In the child: watches for the parent's end; without a tether nothing happens."""
    number = os.environ.pop(NAME, None)
    if number is None:
        return
    line = int(number)
    os.set_inheritable(line, False)  # what this process starts has a tether of its own
    threading.Thread(target=_watch, args=(line,), name="tether", daemon=True).start()


def _watch(line: int) -> None:
    os.read(line, 1)  # nothing is ever written: this returns when the parent is gone
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE)
    os.kill(os.getpid(), signal.SIGKILL)
