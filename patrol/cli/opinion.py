"""`patrol rules train`: learns the second opinion from this unit's own decisions and keeps it in the home.

It orders the queue only where `queue.second_opinion` of patrol.yml says so; `patrol rules suggest` names the listings that
it is least sure of. No score, band or visibility comes from it.
"""

from __future__ import annotations

from typing import Annotated

import typer

from patrol.cli.options import HomeOption
from patrol.cli.out import as_json, say
from patrol.cli.stores import Stores, open_stores
from patrol.triage.judging import lessons
from patrol.triage.second import Kept, keep

JsonOption = Annotated[bool, typer.Option("--json")]


def train_command(json: JsonOption = False, home: HomeOption = None) -> None:
    """Learn a second opinion from the decisions made here, on listings whose source card allows training."""
    from patrol.scoring.learning import train  # scikit-learn takes a second to load

    with open_stores(home) as stores:
        opinion = train(lessons(stores.ledger, stores.rulebook, stores.config.marketplaces))
        kept = keep(stores.home.opinion, opinion)
        noted = {"learnt_from": opinion.learnt_from, "features": len(opinion.weights), "rulebook": opinion.rulebook}
        stores.ledger.audit.write(None, None, "train", "opinion", kept.digest, detail=noted)
        if json:
            as_json(noted | _figures(kept))
        else:
            _tell(kept, stores)


def _figures(kept: Kept) -> dict[str, object]:
    opinion = kept.opinion
    figures = {"auc": opinion.area, "auc_of_score": opinion.area_of_score, "log_loss": opinion.log_loss}
    return {"digest": kept.digest, **{name: round(value, 3) for name, value in figures.items()}}


def _tell(kept: Kept, stores: Stores) -> None:
    opinion, told = kept.opinion, _figures(kept)
    say(f"learnt from {opinion.learnt_from} decisions: {len(opinion.weights)} words and rules")
    say(f"on unseen decisions: AUC {told['auc']} (the score alone {told['auc_of_score']}), log loss {told['log_loss']}")
    say(f"kept as {stores.home.opinion.name}, {kept.digest}")
    if not stores.config.settings.queue.second_opinion:
        say("It orders nothing yet: set `queue: {second_opinion: true}` in config/patrol.yml to let it order the queue")
