"""Hand: one batch of what officers bring, as a run of its own, from the command line and from the desk alike."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from patrol.config import Config
from patrol.evidence import Archive, RunSeal
from patrol.ledger import Ledger
from patrol.pipelines.bring import HAND, Bringing, Brought, bring
from patrol.pipelines.tools import Tools, base_context
from patrol.records import Fault, How
from patrol.scoring import Rulebook


class Hand:
    """Handed the stores and the process that runs it (`pid`, `host`)."""

    def __init__(self, ledger: Ledger, archive: Archive, rulebook: Rulebook, config: Config, *, pid: int, host: str) -> None:
        self.ledger = ledger
        self.archive = archive
        self.config = config
        self.rulebook = rulebook
        self.pid = pid
        self.host = host

    async def bring_all(self, bringings: Sequence[Bringing]) -> list[Brought]:
        """Each bringing's answer, in order; the run is finished and its evidence closed whatever happens."""
        rulebook = self.rulebook
        self.ledger.writer.run(lambda conn: self.ledger.listings.rulebook(conn, rulebook.hash, rulebook.canonical()))
        run = self.ledger.runs.start(
            marketplace=HAND,
            card=HAND,
            how=How.HAND,
            pid=self.pid,
            host=self.host,
            rulebook=self.rulebook.hash,
            place=self.archive.place(),
        )
        tools = Tools(
            ledger=self.ledger,
            archive=self.archive,
            rulebook=self.rulebook,
            limits=self.config.settings.manners,
            base=base_context(self.config),
        )
        seal = self.archive.open_run(run.id, HAND)
        finished = False
        try:
            answers = [await self._one(bringing, tools, seal, run.id) for bringing in bringings]
            finished = True
        finally:
            self.ledger.runs.finish(run.id, state="finished" if finished else "failed", evidence_head=seal.close())
        return answers

    async def _one(self, bringing: Bringing, tools: Tools, seal: RunSeal, run_id: str) -> Brought:
        answer = await bring(bringing, marketplaces=self.config.marketplaces, tools=tools, seal=seal, run_id=run_id)
        faults = [Fault(step="bring", message=text, url=bringing.url) for text in answer.warnings]

        def work(conn: Connection) -> None:
            self.ledger.runs.count(conn, run_id, answer.outcome)
            for fault in faults:
                self.ledger.runs.fault(conn, run_id, fault)

        self.ledger.writer.run(work)
        return answer
