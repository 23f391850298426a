"""The query language: what is understood, what is refused and where, and that it can be written again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patrol.search.fields import BY_NAME, FIELDS, Kind
from patrol.search.query import LONGEST, filtered, parse
from patrol.search.syntax import All, AnyOf, Not, Present, QueryError, Range, Term, Words, shown, sought


def w(*tokens: str, prefix: bool = False, field: str | None = None) -> Words:
    return Words(tokens, prefix, field)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", All()),
        ("  \n ", All()),
        ("Buddha HEAD", All((w("buddha"), w("head")))),
        ("Gréco-Bouddhique", w("greco", "bouddhique")),
        ('"stone  head"', w("stone", "head")),
        ("“stone head”", w("stone", "head")),
        ("„Kopf“ »tête«", All((w("kopf"), w("tete")))),
        ("stone head OR coin", AnyOf((All((w("stone"), w("head"))), w("coin")))),
        ("stone AND head", All((w("stone"), w("head")))),
        ("stone (head OR coin)", All((w("stone"), AnyOf((w("head"), w("coin")))))),
        ("or and not", All((w("or"), w("and"), w("not")))),
        ("-replica stone", All((Not(w("replica")), w("stone")))),
        ("NOT replica", Not(w("replica"))),
        ("-(a b)", Not(All((w("a"), w("b"))))),
        ("--a", w("a")),
        ("Buddha - Gandhara & more", All((w("buddha"), w("gandhara"), w("more")))),
        ("khme* lint", All((w("khme", prefix=True), w("lint")))),
        ('"khmer lint*"', w("khmer", "lint", prefix=True)),
        ('"khmer lint"*', w("khmer", "lint", prefix=True)),
        ("玉佛像", w("玉佛", "佛像")),
        ("佛*", w("佛", prefix=True)),
        ("12:30", w("12", "30")),
        ("title:schist", w("schist", field="title")),
        ('desc:"grey schist"', w("grey", "schist", field="description")),
        ("culture:Khmer", Term("culture", "khmer")),
        ("culture:khmer,gandhara", AnyOf((Term("culture", "khmer"), Term("culture", "gandhara")))),
        ('seller:"a,b"', Term("seller", "a,b")),
        ("marketplace:eb*", Term("marketplace", "eb", prefix=True)),
        ("lead:*", Present("lead")),
        ("-seller:*", Not(Present("seller"))),
        ("status:live", Term("status", "live")),
        ("status:lead", Term("desk", "lead")),
        ("grade:p*", AnyOf((Term("grade", "post2000"), Term("grade", "pre1970")))),
        ("changed:NO", Not(Term("changed", "yes"))),
        ("score>=40", Range("score", 40, None)),
        ("score:>=40", Range("score", 40, None)),
        ("score=40", Range("score", 40, 41)),
        ("score:40..69", Range("score", 40, 70)),
        ("sum:..-5", Range("sum", None, -4)),
        ("price<500", Range("price_eur", None, 50000)),
        ("eur<=499.99", Range("price_eur", None, 50000)),
        ("first_seen>2026-11-01", Range("first_seen", 1793577600000, None)),
        ("first_seen>=2026-11-01", Range("first_seen", 1793491200000, None)),
        ("ends:2026", Range("ends_at", 1767225600000, 1798761600000)),
        ("https://shop.test/i/1?a=b", Term("url", "https://shop.test/i/1?a=b")),
        ("SCORE>1", Range("score", 2, None)),
    ],
)
def test_what_is_understood(text: str, tree: object) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ('stone "head', 6, "quotation mark"),
        ("stone (head", 6, "not closed"),
        ("stone) head", 5, "closing bracket"),
        ("()", 1, "missing"),
        ("stone OR", 8, "missing"),
        ("OR stone", 0, "missing"),
        ("AND stone", 0, "before"),
        ("stone AND", 9, "after"),
        ("NOT", 3, "after"),
        ("&&& !", 0, "punctuation"),
        ("colour:red", 0, "no field 'colour'"),
        ("title:", 6, "value"),
        ("stone score>high", 12, "number"),
        ("score:1.5", 6, "fraction"),
        ("score:nan", 6, "number"),
        ("price_eur<1e999", 10, "number"),
        ("price_eur:0.001", 10, "fraction"),
        ("first_seen>yesterday", 11, "date"),
        ("first_seen:2026-13", 11, "date"),
        ("status:gone", 7, "never 'gone'"),
        ("changed:maybe", 8, "yes or no"),
        ("culture>khmer", 8, "no order"),
        ("title>a", 6, "words"),
        ("score:..", 6, "one side"),
        ("ab*", 0, "short"),
        ("x" * (LONGEST + 1), LONGEST, "longer"),
        ("(" * 60 + "a" + ")" * 60, 41, "deeper"),
    ],
)
def test_what_is_refused_and_where(text: str, position: int, says: str) -> None:
    with pytest.raises(QueryError, match=says) as caught:
        parse(text)
    assert caught.value.position == position
    assert f"character {position + 1}" in str(caught.value)
    assert caught.value.exit_code == 2


_SOME = """
stone Kopf* " "a·b" “ ( ) - -- OR AND NOT : title: culture:khmer score>= 40 .. * 佛 หัว https://x.y/ , < = 2026-11
first_seen: price_eur< é changed:yes desk:* · \x00 \u200b \ud800
"""
_PARTS = st.sampled_from(_SOME.split()).map(lambda part: part.replace("·", " "))


@settings(max_examples=400)
@given(st.one_of(st.text(max_size=60), st.lists(_PARTS, max_size=12).map("".join), st.lists(_PARTS, max_size=12).map(" ".join)))
def test_any_text_is_a_query_or_a_fault_and_a_query_can_be_written_again(text: str) -> None:
    try:
        tree = parse(text)
    except QueryError as error:
        fault = error
    else:
        assert parse(shown(tree)) == tree
        return
    assert 0 <= fault.position <= len(text)
    assert fault.what


@pytest.mark.parametrize("field", list(FIELDS.values()), ids=lambda field: field.name)
def test_every_field_is_reachable_by_each_of_its_names(field: object) -> None:
    for name in [name for name, known in BY_NAME.items() if known is field]:
        value = {"number": "1", "euro": "1", "date": "2026", "flag": "yes"}.get(BY_NAME[name].kind, "live")
        if BY_NAME[name].choices:
            value = BY_NAME[name].choices[0]
        assert parse(f"{name}:{value}") != All()
        assert parse(f"{name}:*") == Present(BY_NAME[name].name)


def test_every_sort_of_field_is_there() -> None:
    assert {field.kind for field in FIELDS.values()} == set(Kind)


def test_ticked_values_are_taken_whole() -> None:
    assert filtered(All(), {"seller": ["a,b"]}) == Term("seller", "a,b")
    assert filtered(parse("x"), {"culture": ["a", "b"], "band": []}) == All(
        (w("x"), AnyOf((Term("culture", "a"), Term("culture", "b"))))
    )
    with pytest.raises(QueryError, match="colour"):
        filtered(All(), {"colour": ["red"]})


def test_only_what_is_wanted_is_sought() -> None:
    assert list(sought(parse("a (b OR -c) -d title:e"))) == [w("a"), w("b"), w("e", field="title")]
