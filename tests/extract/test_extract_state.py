"""Page state that is JavaScript rather than JSON, wherever a page keeps it."""

from __future__ import annotations

import pytest

from patrol.extract.javascript import value
from patrol.extract.page import Page, Setting
from patrol.extract.state import gathered, search, states

URL = "https://www.example.org/item/7"


def page(html: str) -> Page:
    return Page(html, URL, Setting("example.org"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": undefined, "b": [undefined, 1]}', {"a": None, "b": [None, 1]}),
        ("{a: 'it\\'s', 'b': [1, 2,], c: !0, d: void 0, e: NaN,}", {"a": "it's", "b": [1, 2], "c": True, "d": None, "e": None}),
        ('{"path": "\\u002Fitem\\u002F7"}; window.next = {"a": 2}', {"path": "/item/7"}),
        ('"{\\"ad\\": {\\"id\\": 7}}"', {"ad": {"id": 7}}),
        ("{a: 1 /* one */, b: 'x // no comment', // two\n c: .5}", {"a": 1, "b": "x // no comment", "c": 0.5}),
        ('{a: JSON.parse(\'{"b": 1}\'), d: new Date("2026-01-02")}', {"a": {"b": 1}, "d": "2026-01-02"}),
        ('{"text": "raw\nline\tbreak"}', {"text": "raw\nline\tbreak"}),
        ('{"note": "a, b: c {d: e}", key: 1}', {"note": "a, b: c {d: e}", "key": 1}),
        ("{a: '\\x41\\u0042'}", {"a": "AB"}),
        ("not a value", None),
        ("{a: (function(){ return 1 })()}", None),
    ],
)
def test_javascript_values(text: str, expected: object) -> None:
    assert value(text) == expected


def test_where_pages_keep_their_state() -> None:
    html = """<html><body data-react-props="{&quot;items&quot;:[{&quot;id&quot;:1}]}">
      <script id="__NEXT_DATA__" type="application/json">{"props": {"pageProps": {"ad": {"id": 7}}}}</script>
      <script>var other = 1; window.__data={"a": undefined};more({})</script>
      <script>window['__CONFIG__'] = {"listing": {"id": "m7"}}; start()</script>
      <script>window.__PRERENDERED_STATE__ = "{\\"ad\\":{\\"title\\":\\"caf\\u00e9\\"}}";</script>
      <script>self.__APP = JSON.parse(decodeURIComponent("%7B%22x%22%3A1%7D"));</script>
      <script type="application/json" data-sjs>{"n": 1}</script>
  <script type="application/json" data-sjs>{"n": 2}</script>
      </body></html>"""
    asked = page(html)
    assert search("props.pageProps.ad.id", states(asked, "__NEXT_DATA__")[0]) == 7
    assert states(asked, "window.__data") == [{"a": None}]
    assert states(asked, "__CONFIG__") == [{"listing": {"id": "m7"}}]
    assert states(asked, "__PRERENDERED_STATE__") == [{"ad": {"title": "café"}}]
    assert states(asked, "__APP") == [{"x": 1}]
    assert states(asked, "data-sjs") == [{"n": 1}, {"n": 2}]
    assert states(asked, "data-react-props") == [{"items": [{"id": 1}]}]
    assert states(asked, "__NUXT__") == []


def test_a_name_inside_another_name_is_not_it() -> None:
    assert states(page('<script>window.my__data = {"a": 1}</script>'), "__data") == []


def test_pieces_of_one_object_are_gathered_by_its_id() -> None:
    trees = [{"x": [{"id": "7", "title": "mine"}, {"id": "8", "title": "a neighbour's"}]}, {"id": "7", "price": 5, "title": None}]
    assert gathered(trees, "id", "7") == {"id": "7", "title": "mine", "price": 5}


def test_jmespath_functions() -> None:
    assert search("pairs(rows, 'k', 'v')", {"rows": [{"k": "a", "v": 1}, {"v": 2}]}) == {"a": 1}
    assert search("deep(@, 'id')", {"a": [{"id": 1, "b": {"id": 2}}]}) == [1, 2]
    assert search("length(missing)", {}) is None  # another kind than expected is absence, no crash
