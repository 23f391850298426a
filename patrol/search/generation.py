"""The folder of an embedded index: one file per generation, and a pointer that says which of them serves.

A rebuild writes the next generation beside the serving one and then moves the pointer by a rename. Each generation is a
file of its own name because SQLite finds a file's log by name: a new file under an old name would meet a foreign log.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from patrol.errors import StoreError

_POINTER = "current"
_LOCK = "lock"
_STEM = "index-"


class Folder:
    """Generations in `root`; the numbers rise by one."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def make(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot make the index folder: {error.strerror}", where=str(self.root)) from error

    def current(self) -> int | None:
        """The generation that serves; None where there is no index yet."""
        try:
            return int((self.root / _POINTER).read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise StoreError(
                "the pointer of the index is unreadable", where=str(self.root / _POINTER), remedy="run `patrol index rebuild`"
            ) from error

    def stamp(self) -> tuple[int, int]:
        """Changes whenever the pointer is moved: cheap to ask before every call. (0, 0) where there is none."""
        try:
            status = (self.root / _POINTER).stat()
        except FileNotFoundError:
            return (0, 0)
        return status.st_ino, status.st_mtime_ns

    def file(self, generation: int) -> Path:
        return self.root / f"{_STEM}{generation}.sqlite"

    def point(self, generation: int) -> None:
        """The new generation serves from now on, also after a power cut."""
        fresh = self.root / f"{_POINTER}.new"
        with fresh.open("w", encoding="ascii") as out:
            out.write(str(generation))
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(self.root / _POINTER)
        folder = os.open(self.root, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def drop_others(self, keep: int) -> None:
        """Removes every generation but one: the replaced, and what a rebuild that was killed left behind."""
        kept = self.file(keep).name
        for path in self.root.glob(f"{_STEM}*"):
            if path.name not in (kept, f"{kept}-wal", f"{kept}-shm"):
                path.unlink(missing_ok=True)

    def highest(self) -> int:
        """The highest generation of which a file lies here, also one that never came to serve; 0 for none."""
        found = [path.name.removeprefix(_STEM).partition(".")[0] for path in self.root.glob(f"{_STEM}*.sqlite")]
        return max((int(number) for number in found if number.isdecimal()), default=0)

    @contextmanager
    def alone(self, *, wait: bool) -> Iterator[None]:
        """Holds the folder's lock: one process at a time makes or rebuilds an index. A killed holder frees it."""
        with (self.root / _LOCK).open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError as error:
                raise StoreError("another process is rebuilding the index", where=str(self.root), remedy="Wait for it") from error
            yield
