"""Finds a unit's own folder (its home), makes a new one from the shipped config, and updates one after an upgrade.

Home is `--home DIR`, else PATROL_HOME, else the nearest parent with `config/patrol.yml`. A home keeps the hashes of
what was shipped, so that an update replaces only files that nobody touched.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from patrol.errors import UsageError

SHIPPED_RECORD = ".shipped.json"


@dataclass(frozen=True, slots=True)
class Home:
    """A unit's folder: what it edits under `config`, what Patrol writes under `data`."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "config"

    @property
    def dashboards(self) -> Path:
        """Panels of the unit's own; most homes have none and see the shipped ones."""
        return self.root / "dashboards"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def opinion(self) -> Path:
        """Where `patrol rules train` keeps what it learnt."""
        return self.data / "opinion.json"


def find_home(explicit: Path | None, environ: Mapping[str, str], start: Path) -> Home:
    """The home that a command works on; UsageError (exit 2) where there is none."""
    named = explicit or (Path(environ["PATROL_HOME"]) if environ.get("PATROL_HOME") else None)
    if named is not None:
        if not (named / "config" / "patrol.yml").is_file():
            raise UsageError(f"{named} is no home: it has no config/patrol.yml", remedy=f"Make one with `patrol init {named}`")
        return Home(named.resolve())
    for folder in (start, *start.parents):
        if (folder / "config" / "patrol.yml").is_file():
            return Home(folder.resolve())
    raise UsageError(
        f"no home found: neither --home nor PATROL_HOME is set, and no folder above {start} has config/patrol.yml",
        remedy="Make a home with `patrol init DIR` and work inside it",
    )


def shipped(part: str) -> Path:
    """The folder `config` or `dashboards` as shipped: inside the wheel, else beside the package in a checkout."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "shipped" / part, package.parent / part):
        if folder.is_dir():
            return folder
    raise UsageError(f"the shipped folder {part!r} is missing", remedy="Reinstall patrol: the package is incomplete")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _shipped_files() -> dict[str, Path]:
    source = shipped("config")
    return {
        path.relative_to(source).as_posix(): path
        for path in sorted(source.rglob("*"))
        if path.is_file() and path.name != SHIPPED_RECORD
    }


def _write_record(config: Path, files: Mapping[str, str]) -> None:
    (config / SHIPPED_RECORD).write_text(json.dumps(dict(sorted(files.items())), indent=1) + "\n", encoding="utf-8")


@contextmanager
def _writing(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"a home cannot be written there: {error.strerror}",
            where=str(error.filename or root),
            remedy="Name a folder that you may write to, on a disk with room",
        ) from error


def init(root: Path) -> Home:
    """A new home below `root`; UsageError where one stands already, or where none can be written. It is made whole or not."""
    home = Home(root.resolve())
    files = _shipped_files()
    with _writing(root):
        if home.config.exists():
            raise UsageError(
                f"{root} has a config folder already", remedy="Use `patrol init DIR --update` to bring it up to date"
            )
        home.root.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".config-", dir=home.root))
        try:
            for name, source in files.items():
                _copy(source, draft / name)
            _write_record(draft, {name: _digest(source) for name, source in files.items()})
            draft.chmod(0o755)
            draft.rename(home.config)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return home


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """What `init --update` did, by file name below config/."""

    replaced: tuple[str, ...]
    added: tuple[str, ...]
    kept: tuple[str, ...]  # edited here, and changed in the new release: compare by hand


def update(root: Path) -> Updated:
    """Brings untouched files of a home to the shipped state; edited ones stay and are named."""
    home = Home(root.resolve())
    record = home.config / SHIPPED_RECORD
    if not record.is_file():
        raise UsageError(
            f"{root} has no {SHIPPED_RECORD}: it was not made by `patrol init`",
            remedy="Make a new home and copy your own files into it",
        )
    before = _read_record(record)
    replaced, added, kept = [], [], []
    after = dict(before)
    with _writing(root):
        for name, source in _shipped_files().items():
            target, new = home.config / name, _digest(source)
            here = _digest(target) if target.is_file() else None
            if here is None and name not in before:
                added.append(name)
            elif here == before.get(name) and here is not None and here != new:
                replaced.append(name)
            elif here != new:
                if new != before.get(name):
                    kept.append(name)
                continue
            _copy(source, target)
            after[name] = new
        _write_record(home.config, after)
    return Updated(replaced=tuple(replaced), added=tuple(added), kept=tuple(kept))


def _read_record(record: Path) -> dict[str, str]:
    try:
        before = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"cannot be read: {error}", where=str(record), remedy="Make a new home and copy your own files into it"
        ) from error
    return {str(name): str(digest) for name, digest in before.items()} if isinstance(before, dict) else {}
