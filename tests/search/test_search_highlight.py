"""Marks fall on the original characters, whatever script, accent or case they are written in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from search_world import ANYONE, listing

from patrol.search.highlight import excerpt, highlights, marked
from patrol.search.index import Index, Query
from patrol.search.query import parse
from patrol.search.syntax import Words, sought
from patrol.text import tokenise


def quotes(query: str, text: str) -> list[str]:
    return [text[start:end] for start, end in marked(text, list(sought(parse(query))))]


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("gandhara", "A GANDHĀRA head, Gandhara!", ["GANDHĀRA", "Gandhara"]),
        ('"schist head"', "schist, HEAD and head", ["schist, HEAD"]),
        ("khme*", "Khmer and khmers, not okhmer", ["Khmer", "khmers"]),
        ("cœur", "un CŒUR d'or", ["CŒUR"]),
        ("coeur", "un cœur", ["cœur"]),
        ("佛像", "大玉佛像立", ["佛像"]),
        ("玉佛像", "大玉佛像立", ["玉佛像"]),
        ("佛", "大玉佛像", ["佛"]),
        ("buddha", "Вuddhа statue", ["Вuddhа"]),  # Cyrillic look-alikes
        ("رأس", "تمثال رَأْس بوذا", ["رَأْس"]),
        ("a -b", "a b", ["a"]),
        ("greco-roman", "Greco-Roman, greco roman", ["Greco-Roman", "greco roman"]),
        ("head", "headless forehead", []),
        ("strasse", "Straße", ["Straße"]),
    ],
)
def test_marks(query: str, text: str, expected: list[str]) -> None:
    assert quotes(query, text) == expected


@given(st.text(alphabet="ab1 -_.,'`\"\nAB", max_size=40), st.sampled_from(["a", "ab", "ab ba", "1", "b1 a"]), st.booleans())
def test_the_fast_way_for_plain_text_marks_what_the_tokens_say(text: str, phrase: str, prefix: bool) -> None:
    leaf = Words(tuple(phrase.split()), prefix)
    slow = marked(text + " é", [leaf])
    assert marked(text, [leaf]) == slow


@given(st.text(max_size=60))
def test_every_token_of_a_text_is_marked_when_sought(text: str) -> None:
    for token in tokenise(text):
        spans = marked(text, [Words((token.text,))])
        assert any(start <= token.start and token.end <= end for start, end in spans)


def test_fields_are_marked_each_where_the_query_names_them(index: Index) -> None:
    index.write(
        [
            listing(
                1,
                title="Schist head",
                description="grey schist",
                attributes={"Material": "Schist", "Note": "x"},
                category=("Art", "Schist"),
            )
        ]
    )
    (hit,) = index.search(Query(text="schist title:head"), ANYONE).hits
    assert dict(hit.highlights) == {
        "title": ((0, 6), (7, 11)),
        "description": ((5, 11),),
        "attributes.Material": ((0, 6),),
        "category.1": ((0, 6),),
    }
    assert highlights(parse("desc:schist"), hit.document) == {"description": ((5, 11),)}
    assert index.search(Query(text="schist", highlight=False), ANYONE).hits[0].highlights == {}


def test_an_excerpt_shows_the_first_mark_and_keeps_the_marks_right() -> None:
    text = "word " * 100 + "schist head " + "word " * 100
    spans = marked(text, [Words(("schist",)), Words(("head",))])
    cut, inside = excerpt(text, spans, 120)
    assert len(cut) <= 120
    assert [cut[start:end] for start, end in inside] == ["schist", "head"]
    assert excerpt("short", ((0, 5),)) == ("short", ((0, 5),))
