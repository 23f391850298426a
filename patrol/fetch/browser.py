"""Finds a Chromium and gives the flags it is started with: headless, quiet, and unable to reach any host but ours.

`settings` starts the crawl's browser with it, `snapshot` its own; `patrol doctor` asks it what is installed, and
`python -m patrol.fetch.browser --install` (part of `make setup`) installs one where none is.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from patrol.errors import ReachError
from patrol.fetch import addresses

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REMEDY = "Install one (Debian: `apt-get install chromium`; else `playwright install chromium`), or set PATROL_CHROMIUM"
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--metrics-recording-only",
    "--mute-audio",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
    "--no-proxy-server",
)
NO_PICTURES = "--blink-settings=imagesEnabled=false"
PLACES = (
    "chromium-*/chrome-linux*/chrome",
    "chromium_headless_shell-*/chrome-linux*/headless_shell",
    "chromium_headless_shell-*/*/chrome-headless-shell",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)


def find_chromium(environ: Mapping[str, str] | None = None) -> Path | None:
    """PATROL_CHROMIUM, else an installed Chromium or Chrome, else Playwright's own; None where there is none.

    ReachError where PATROL_CHROMIUM names something that cannot be started.
    """
    environ = os.environ if environ is None else environ
    named = environ.get("PATROL_CHROMIUM")
    if named:
        path = shutil.which(named, path=environ.get("PATH"))
        if path is None:
            raise ReachError(f"PATROL_CHROMIUM names {named}, which cannot be started", remedy=REMEDY)
        return Path(path)
    installed = (shutil.which(name, path=environ.get("PATH")) for name in NAMES)
    return next((Path(path) for path in installed if path is not None), None) or next(iter(_playwrights(environ)), None)


def require_chromium(environ: Mapping[str, str] | None = None) -> Path:
    """Like `find_chromium`; ReachError where there is none."""
    found = find_chromium(environ)
    if found is None:
        raise ReachError("no Chromium or Chrome is installed", remedy=REMEDY)
    return found


def _playwrights(environ: Mapping[str, str]) -> list[Path]:
    """What `playwright install` left in its cache, the newest first."""
    home = Path(environ.get("HOME", "/"))
    named = environ.get("PLAYWRIGHT_BROWSERS_PATH")
    caches = [Path(named)] if named and named != "0" else [home / ".cache/ms-playwright", home / "Library/Caches/ms-playwright"]
    return sorted((path for cache in caches for place in PLACES for path in cache.glob(place) if path.is_file()), reverse=True)


async def pins(hosts: Sequence[str], *, loopback: bool) -> list[str]:
    """One resolver rule a host: its checked public address, or (loopback) itself; nothing else resolves.

    A host without a public address is left out, so that pages that name it load without it. ReachError where none has one.
    """
    rules, faults = [], []
    for host in dict.fromkeys(entry.partition(":")[0].lower() for entry in hosts):
        if loopback:
            rules.append(f"EXCLUDE {host}")
            continue
        try:
            address = (await addresses.checked(host))[0]
        except ReachError as error:
            faults.append(error)
            continue
        rules.append(f"MAP {host} {f'[{address}]' if address.version == 6 else address}")
    if faults and not rules:
        raise faults[0]
    return rules


def flags(rules: Sequence[str], *, pictures: bool, root: bool) -> list[str]:
    """Chromium's arguments; `rules` from `pins`, none at all shuts out every host."""
    found = [*QUIET, "--host-resolver-rules=" + ", ".join([*rules, "MAP * ~NOTFOUND"])]
    if not pictures:
        found.append(NO_PICTURES)
    if root:
        found.append("--no-sandbox")  # Chromium's sandbox does not start as root
    return found


def install() -> Path | None:
    """Installs a Chromium where none is: Debian's package as root, else Playwright's download; None where neither works."""
    found = find_chromium()
    if found is not None:
        return found
    apt = shutil.which("apt-get")
    ways: list[list[str]] = []
    if apt is not None and os.geteuid() == 0:
        ways += [[apt, "update", "-q"], [apt, "install", "-y", "-q", "--no-install-recommends", "chromium-headless-shell"]]
        ways += [[apt, "install", "-y", "-q", "--no-install-recommends", "chromium"]]
    ways += [[sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]]
    for words in ways:
        subprocess.run(words, stdout=sys.stderr, check=False)  # noqa: S603 - fixed words
        found = find_chromium()
        if found is not None:
            return found
    return None


def main() -> None:
    """Prints the browser's path; a missing one is said and is no failure: plain sites work without."""
    parser = argparse.ArgumentParser(prog="python -m patrol.fetch.browser", description="The Chromium that Patrol uses")
    parser.add_argument("--install", action="store_true", help="install one where none is")
    found = install() if parser.parse_args().install else find_chromium()
    sys.stderr.write(f"browser: {found or 'missing. ' + REMEDY}\n")


if __name__ == "__main__":
    main()
