"""The config of the tests' desk: two lexicons, a handful of rules, one warning list, one law; enough for every column."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "patrol.yml": """
desk: {agency: Desk NL, title: Patrol, sign_in_attempts: 4}
queue: {mix: {value: 100, uncertain: 0, audit: 0}}
""",
    "rates.yml": "date: 2026-11-01\nsource: European Central Bank\neur: {USD: 0.92, GBP: 1.15}\n",
    "laws.yml": """
laws:
  - {regime: UNESCO Convention 1970, rule: in force, valid_from: 1972-04-24, gate: true, source: UNESCO, checked: C}
""",
    "lexicons/gandhara.yml": """
title: Gandhara
kind: culture
tier: 1
basis: national_law
sources: ["ICOM"]
needs: []
terms:
  - {gloss: Gandharan, en: [Gandhara, Gandharan], de: [Gandhara, gandharisch]}
  - {gloss: schist head, de: [Schieferkopf]}
""",
    "lexicons/sculpture.yml": """
title: Sculpture
kind: object
terms:
  - {gloss: head, en: [head, Buddha, bodhisattva, relief], de: [Kopf, Buddha]}
""",
    "lexicons/replica.yml": """
title: Replicas
kind: cue
terms:
  - {gloss: replica, en: [resin, replica, reproduction]}
""",
    "warninglists/museum-shops.yml": """
title: Museum shops
owner: Desk NL
reason: Sold openly by museums.
patterns: [museum shop]
""",
    "rules/gandhara-terms.yml": """
status: live
title: Gandharan words
because: The words name an object of Gandhara, whose export Pakistan and Afghanistan have long forbidden.
points: 45
when: {all: [{terms: {lexicon: gandhara, in: [title, description]}}]}
false_positives: [books about Gandhara]
tests: {hit: [{title: Gandharan schist relief}], miss: [{title: garden chair}]}
""",
    "rules/sculpture-terms.yml": """
status: live
title: A piece of sculpture
because: A carved figure or relief is offered.
points: 20
when: {all: [{terms: {lexicon: sculpture, in: [title, description]}}]}
false_positives: [modern sculpture]
tests: {hit: [{title: Head of a bodhisattva}], miss: [{title: garden chair}]}
""",
    "rules/no-provenance.yml": """
status: live
title: No provenance
because: Nothing says when it left its country.
points: 25
when: {all: [{terms: {lexicon: gandhara, in: [title, description]}}, {provenance: {grade: [none, vague]}}]}
false_positives: [short descriptions]
tests: {hit: [{title: Gandharan schist relief}], miss: [{title: garden chair}]}
""",
    "rules/more.yml": """
status: live
title: Said twice
because: The description repeats where it is from.
points: 25
when: {all: [{terms: {lexicon: gandhara, in: [description]}}]}
false_positives: [books]
tests: {hit: [{title: Relief, description: a Gandharan relief}], miss: [{title: garden chair}]}
""",
    "rules/replica-words.yml": """
status: live
title: Sold as a replica
because: The text calls it a replica or names a modern material.
points: -50
when: {all: [{terms: {lexicon: replica, in: [title, description]}}]}
false_positives: [genuine pieces with resin repairs]
tests: {hit: [{title: Resin Buddha head}], miss: [{title: garden chair}]}
""",
    "rules/museum-shop.yml": """
status: live
title: Known museum shop
because: A museum shop's own wording.
points: -12
when: {all: [{terms: {warninglist: museum-shops, in: [title, description]}}]}
false_positives: [sellers who copy the wording]
tests: {hit: [{title: Buddha head, description: from the museum shop}], miss: [{title: garden chair}]}
""",
}


def make_home(root: Path) -> Path:
    for name, text in FILES.items():
        path = root / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
