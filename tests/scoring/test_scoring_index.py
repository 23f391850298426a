"""The index of telling words finds what a search for every form at every place finds, whatever word tells of it."""

from __future__ import annotations

import gc

from hypothesis import given
from hypothesis import strategies as st

from patrol.config.memory import collector_paused
from patrol.scoring.index import Index
from patrol.scoring.words import SEAM

WORDS = st.sampled_from(["a", "de", "of", "head", "stone", "the", "khmer", "style", "schist"])
FORMS = st.sets(st.lists(WORDS, min_size=1, max_size=4).map(" ".join), max_size=14)
TEXTS = st.lists(st.lists(WORDS, max_size=14), min_size=1, max_size=3)


@given(FORMS, TEXTS)
def test_every_form_is_found_at_each_of_its_places_and_nowhere_else(forms: set[str], fields: list[list[str]]) -> None:
    text = [word for field in fields for word in (*field, SEAM)]
    index = Index(forms)
    telling = [(at, role) for at, word in enumerate(text) if (role := index.role(word)) is not None]
    wanted = sorted(
        (at, 1 - at - len(words), form)
        for form in forms
        for words in [form.split(" ")]
        for at in range(len(text))
        if text[at : at + len(words)] == words
    )
    assert index.find(text, telling) == wanted


def test_the_collector_runs_again_after_the_outermost_pause() -> None:
    with collector_paused():
        with collector_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
