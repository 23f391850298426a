"""`patrol rules suggest`: what the decisions made here suggest to change, as YAML to paste, and which listings to look at.

The proposals come from `scoring.phrases`, `variants` and `reweighing`; the listings from the second opinion, where one was
learnt. Nothing is changed by itself: whoever pastes a suggestion tries it with `patrol rules backtest` and `diff`.
"""

from __future__ import annotations

from typing import Annotated

import typer

from patrol.cli.options import HomeOption
from patrol.cli.out import as_json, note, safe, say
from patrol.cli.stores import Stores, open_stores
from patrol.errors import UsageError
from patrol.scoring import assess
from patrol.scoring.opinion import Said
from patrol.scoring.phrases import exceptions
from patrol.scoring.reweighing import reweighed
from patrol.scoring.suggesting import Bench, Suggestion
from patrol.scoring.telling import suggestion_to_json
from patrol.scoring.variants import variants
from patrol.triage.judging import current, evidence
from patrol.triage.second import read

JsonOption = Annotated[bool, typer.Option("--json")]
MOST_SHOWN = 8  # listings under a suggestion on a terminal; --json gives all


def suggest_command(
    most: Annotated[int, typer.Option("--most", min=1, help="how many of a kind")] = 20,
    json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Suggest exceptions, spelling variants and other points from what was decided, and listings to look at; nothing changes."""
    with open_stores(home) as stores:
        settings = stores.config.settings
        bench = Bench.of(evidence(stores.ledger, settings.queue.audit, settings.bands).decided, stores.config)
        found = [one for ones in (exceptions(bench), variants(bench), reweighed(bench)) for one in ones[:most]]
        for suggestion in found:
            if json:
                as_json(suggestion_to_json(suggestion))
            else:
                _tell(suggestion)
        if not found:
            note(f"{len(bench.cases)} decisions, {len(bench.true)} of them true, suggest no change yet")
        _tell_unsure(stores, most, json)


def _tell(one: Suggestion) -> None:
    crossing = [effect for effect in one.effects if effect.crosses]
    say(f"# {one.kind}: {one.file}:{one.line}: {one.place} (line {one.line})")
    say(f"# {one.why}")
    say(one.yaml)
    say(f"# {len(one.effects)} decided listings would score otherwise, {len(crossing)} of them cross the edge of review:")
    for effect in one.effects[:MOST_SHOWN]:
        truth = "true" if effect.truth else "false"
        say(f"#   {effect.before} -> {effect.now}  {truth}  {safe(effect.title)}  {effect.key}")
    say("")


def _tell_unsure(stores: Stores, most: int, json: bool) -> None:
    try:
        opinion = read(stores.home.opinion, stores.rulebook.hash).opinion
    except UsageError as error:
        note(f"No listings to look at: {error}")
        return
    found: list[tuple[float, str, str | None, int, Said]] = []
    for case in current(stores.ledger):
        if stores.ledger.decisions.standing(case.key) is None:
            assessment = assess(case.listing, stores.rulebook, case.context)
            said = opinion.say(case.listing, assessment)
            found.append((abs(said.probability - 0.5), case.key, case.listing.title, assessment.score, said))
    for _, key, title, score, said in sorted(found, key=lambda row: row[:2])[:most]:
        reasons = [{"feature": reason.feature, "weight": round(reason.weight, 3)} for reason in said.reasons]
        if json:
            row = {"key": key, "title": title, "score": score, "opinion": round(said.probability, 3), "reasons": reasons}
            as_json({"kind": "unsure"} | row)
        else:
            told = ", ".join(f"{safe(reason.feature)} {reason.weight:+.2f}" for reason in said.reasons)
            say(f"# unsure: {said.probability:.2f}  score {score}  {safe(title)}  [{told}]  {key}")
