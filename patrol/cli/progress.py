"""Progress of long work: a bar on a terminal, a plain line every ten seconds otherwise, both on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from patrol.cli.out import note

Advance = Callable[[int, int | None, str], None]  # (done so far, total where known, words)
PLAIN_EVERY = 10.0  # seconds


@contextmanager
def bar(title: str) -> Iterator[Advance]:
    """Gives a function that is told how far the work is."""
    if not sys.stderr.isatty():
        yield _plain(title)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[words]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None, words="")
        yield lambda done, total, words: progress.update(task, completed=done, total=total, words=words)


def _plain(title: str) -> Advance:
    last = time.monotonic()

    def advance(done: int, total: int | None, words: str) -> None:
        nonlocal last
        if time.monotonic() - last >= PLAIN_EVERY:
            last = time.monotonic()
            note(f"{title}: {done}{f' of {total}' if total else ''} {words}".rstrip())

    return advance
