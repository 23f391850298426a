"""`patrol rules suggest`: what the decisions made here suggest to change or to look at; nothing is changed by itself."""

from __future__ import annotations

from typing import Annotated

import typer

from patrol.cli.options import HomeOption
from patrol.cli.out import as_json, safe, say
from patrol.cli.stores import Stores, open_stores
from patrol.scoring import assess
from patrol.scoring.opinion import Said
from patrol.triage.judging import current
from patrol.triage.second import read

JsonOption = Annotated[bool, typer.Option("--json")]


def suggest_command(
    most: Annotated[int, typer.Option("--most", min=1, help="how many")] = 20, json: JsonOption = False, home: HomeOption = None
) -> None:
    """Name the undecided listings that the second opinion is least sure of, with what it goes by; no score changes."""
    with open_stores(home) as stores:
        for _, key, title, score, said in _unsure(stores)[:most]:
            reasons = [{"feature": reason.feature, "weight": round(reason.weight, 3)} for reason in said.reasons]
            if json:
                as_json({"key": key, "title": title, "score": score, "opinion": round(said.probability, 3), "reasons": reasons})
            else:
                told = ", ".join(f"{safe(reason.feature)} {reason.weight:+.2f}" for reason in said.reasons)
                say(f"{said.probability:.2f}  score {score}  {safe(title)}  [{told}]  {key}")


def _unsure(stores: Stores) -> list[tuple[float, str, str | None, int, Said]]:
    opinion = read(stores.home.opinion, stores.rulebook.hash).opinion
    found = []
    for case in current(stores.ledger):
        if stores.ledger.decisions.standing(case.key) is None:
            assessment = assess(case.listing, stores.rulebook, case.context)
            said = opinion.say(case.listing, assessment)
            found.append((abs(said.probability - 0.5), case.key, case.listing.title, assessment.score, said))
    return sorted(found, key=lambda row: row[:2])
