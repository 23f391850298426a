"""Saved pages that name no charset: UTF-8 first, another script by its look, else the web's old default."""

import pytest

from patrol.extract.page import decode

RUSSIAN = "Статуэтка из бронзы, Гандхара, старинная вещь из частной коллекции, продаю недорого. "
JAPANESE = "ガンダーラ 仏頭 片岩 古美術 出土品 即決 送料無料 "
GERMAN = "Geländefund, schöne Büste mit Öse für 20 € – Größe 12 cm "


@pytest.mark.parametrize(
    ("words", "charset"),
    [(RUSSIAN, "utf-8"), (RUSSIAN, "cp1251"), (JAPANESE, "cp932"), (JAPANESE, "euc_jp"), (GERMAN, "cp1252"), (GERMAN, "utf-8")],
)
def test_a_page_without_a_charset(words, charset):
    page = f"<html><body><h1>{words}</h1><p>{words * 4}</p></body></html>"
    assert decode(page.encode(charset), None) == page


def test_a_page_cut_inside_a_character_stays_utf8():
    assert decode("<p>Größe</p><p>ü".encode()[:-1], None).startswith("<p>Größe</p>")
