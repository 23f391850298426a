"""`patrol init` and `patrol doctor`: a unit's own folder, and whether this machine has what a patrol needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from patrol.cli.doctor import examine
from patrol.cli.options import HomeOption, home_of
from patrol.cli.out import as_json, say
from patrol.config import init, update


def init_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="the unit's own folder")],
    bring_up_to_date: Annotated[
        bool, typer.Option("--update", help="replace shipped files that nobody edited, list the rest")
    ] = False,
) -> None:
    """Make a unit's own folder with a copy of config/."""
    if not bring_up_to_date:
        home = init(folder)
        say(f"{home.root} is ready. Edit config/patrol.yml, then `cd {folder}` and `patrol doctor`.")
        return
    done = update(folder)
    for verb, names in (
        ("replaced", done.replaced),
        ("added", done.added),
        ("kept yours, the shipped one changed too", done.kept),
    ):
        for name in names:
            say(f"{verb}: config/{name}")
    say(f"{len(done.replaced)} replaced, {len(done.added)} added, {len(done.kept)} to compare by hand")


def doctor(home: HomeOption = None, json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Say what is installed, reachable and allowed, and what to do about the rest."""
    findings = list(examine(home_of(home)))
    if json:
        as_json([{"what": f.what, "ok": f.ok, "detail": f.detail, "remedy": f.remedy} for f in findings])
    else:
        for finding in findings:
            say(
                f"{'ok  ' if finding.ok else 'NOT '} {finding.what}: {finding.detail}"
                + (f"\n      -> {finding.remedy}" if finding.remedy else "")
            )
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


COMMANDS = {"init": init_command, "doctor": doctor}
