"""`patrol lead list · show · export`: leads as the named person may see them, and out as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from patrol.cli.options import HomeOption
from patrol.cli.out import as_json, safe, say, table
from patrol.cli.stores import Stores, open_stores
from patrol.errors import UsageError
from patrol.ledger.viewer import Viewer
from patrol.reports import FORMATS, export_lead, lead_json

app = typer.Typer(name="lead", help="Investigation leads.", no_args_is_help=True)
AsOption = Annotated[
    str, typer.Option("--login", metavar="LOGIN", help="whose eyes to read with: what that person may not see does not exist")
]


def viewer_of(stores: Stores, login: str) -> Viewer:
    account = stores.ledger.people.by_login(login)
    if account is None:
        raise UsageError(f"nobody signs in as {login!r}", remedy="Add them with `patrol user add`")
    return account.person.viewer


@app.command("list")
def list_command(login: AsOption, json: Annotated[bool, typer.Option("--json")] = False, home: HomeOption = None) -> None:
    """All leads that the person may see, newest first."""
    with open_stores(home) as stores:
        leads = stores.ledger.leads.list(viewer_of(stores, login))
        for lead in leads if json else ():
            as_json(
                {"number": lead.number, "title": lead.title, "status": lead.status, "mark": lead.mark, "listings": lead.listings}
            )
        if not json:
            table(
                ("lead", "status", "mark", "listings", "title"),
                [(lead.number, lead.status, f"TLP:{lead.mark}", str(lead.listings), safe(lead.title)) for lead in leads],
            )


@app.command()
def show(number: Annotated[str, typer.Argument(metavar="ID")], login: AsOption, home: HomeOption = None) -> None:
    """One lead as JSON: listings with their assessments and seals, notes, events."""
    with open_stores(home) as stores:
        as_json(lead_json(stores.ledger, viewer_of(stores, login), number, stores.archive))


@app.command()
def export(
    number: Annotated[str, typer.Argument(metavar="ID")],
    login: AsOption,
    form: Annotated[str, typer.Option("--as", metavar="|".join(FORMATS), help="the form of the file")] = "dossier",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="default: the lead's number in this folder")] = None,
    home: HomeOption = None,
) -> None:
    """Write one lead to a file: a PDF dossier, XLSX, CSV or JSON. The export is logged."""
    if form not in FORMATS:
        raise UsageError(f"no form {form!r}", remedy=f"Known: {', '.join(FORMATS)}")
    with open_stores(home) as stores:
        exported = export_lead(stores.ledger, stores.archive, viewer_of(stores, login), number, form)
        path = out or Path(exported.file_name)
        path.write_bytes(exported.body)
        say(f"{path}: {len(exported.body)} bytes, {exported.media_type}")


COMMANDS = {"lead": app}
