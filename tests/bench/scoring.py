"""Texts/s of `assess` beside spaCy's blank tokenizer + PhraseMatcher over the same vocabulary.

20,000 distinct listings of 200 words in six languages, nine ordinary ones to one antiquity: words drawn by their real
frequency (wordfreq), antiquities with sentences of the practice goods mixed in. One process, both measured in one run,
in turns.
"""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import spacy
from spacy.matcher import PhraseMatcher
from wordfreq import top_n_list, zipf_frequency

from patrol.config import Config, Home, load
from patrol.records import Listing
from patrol.scoring import assess, compile_rulebook

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("en", "de", "fr", "es", "it", "nl")
TEXTS = 20_004  # 3,334 in each language
WORDS = 200
TURNS = 6
AIM = 2.0


def texts(count: int = TEXTS, seed: int = 11) -> list[Listing]:
    """Distinct listings, languages in turn, every tenth of a language an antiquity."""
    chance = random.Random(seed)
    goods = [
        json.loads(line)
        for file in sorted((ROOT / "patrol/market/goods").glob("*.jsonl"))
        for line in file.open(encoding="utf-8")
    ]
    antiquities = {
        language: [row for row in goods if row["language"] == language and row["id"][0] in "ac"] for language in LANGUAGES
    }
    words = {language: top_n_list(language, 20_000) for language in LANGUAGES}
    weights = {language: [10 ** zipf_frequency(word, language) for word in words[language]] for language in LANGUAGES}
    listings = []
    for place in range(count):
        language = LANGUAGES[place % len(LANGUAGES)]
        drawn = chance.choices(words[language], weights[language], k=WORDS)
        title = " ".join(drawn[:8])
        if (place // len(LANGUAGES)) % 10 == 0:
            row = chance.choice(antiquities[language])
            own = row["description"].split()
            at = chance.randrange(len(drawn))
            drawn = [*drawn[:at], *own, *drawn[at:]][:WORDS]
            title = row["title"]
        listings.append(
            Listing(
                marketplace="bench", listing_id=str(place), url="", title=title, description=" ".join(drawn), language=language
            )
        )
    return listings


def vocabulary(config: Config) -> list[str]:
    return sorted({form for lexicon in config.lexicons.values() for term in lexicon.terms for _, form in term.forms()})


def run() -> list[dict[str, Any]]:
    config = load(Home(ROOT))
    rulebook = compile_rulebook(config)
    nlp = spacy.blank("xx")
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    terms = vocabulary(config)
    matcher.add("terms", [nlp.make_doc(term) for term in terms])
    listings = texts()
    ours = theirs = 0.0
    flagged = hits = 0
    step = len(listings) // TURNS
    for turn in range(TURNS):
        batch = listings[turn * step : (turn + 1) * step]
        started = time.perf_counter()
        flagged += sum(assess(listing, rulebook).flagged for listing in batch)
        between = time.perf_counter()
        hits += sum(len(matcher(nlp.make_doc(f"{listing.title}\n{listing.description}"))) > 0 for listing in batch)
        ours, theirs = ours + between - started, theirs + time.perf_counter() - between
    done = step * TURNS
    return [
        {
            "what": f"assess, {done} texts of {WORDS} words in {len(LANGUAGES)} languages, {len(terms)} terms",
            "ours_per_s": round(done / ours),
            "spacy_per_s": round(done / theirs),
            "ratio": round(theirs / ours, 2),
            "aim": AIM,
            "aim_met": theirs / ours >= AIM,
            "flagged": flagged,
            "with_a_phrase": hits,
        }
    ]
