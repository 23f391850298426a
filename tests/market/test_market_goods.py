"""The goods as loaded: enough of them, in the languages and cases asked for, under ids that say nothing."""

import json
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from patrol.config import read_card
from patrol.errors import ReadError
from patrol.market import PORTS, rehosted
from patrol.market.addresses import home_files
from patrol.market.goods import FOLDER, SITES, listing_number, load


@pytest.fixture(scope="module")
def goods():
    return load()


def test_there_are_enough_goods_of_every_wanted_sort(goods):
    assert len(goods) >= 400
    assert {good.site for good in goods} == set(SITES)
    assert {"en", "de", "fr", "es", "it", "nl", "ar", "ru", "th", "km"} <= {good.language for good in goods}
    assert {good.status for good in goods} == {"live", "ended", "sold", "removed"}
    assert sum(good.relists is not None for good in goods) >= 10
    assert sum(good.reduced_from is not None for good in goods) >= 10


def test_some_objects_are_offered_on_two_sites(goods):
    sites = {}
    for good in goods:
        sites.setdefault(good.object, set()).add(good.site)
    assert sum(len(found) > 1 for found in sites.values()) >= 5


def test_relistings_show_the_same_object_under_another_number(goods):
    by_id = {good.id: good for good in goods}
    for good in goods:
        if good.relists:
            assert by_id[good.relists].object == good.object
            assert by_id[good.relists].number != good.number


def test_numbers_are_stable_and_distinct(goods):
    numbers = {good.number for good in goods}
    assert len(numbers) == len(goods)
    assert all(len(number) == 9 and number.isdecimal() for number in numbers)
    assert all(good.number == listing_number(good.id) for good in goods)


def test_copies_multiply_goods_without_changing_the_first_ones(goods):
    many = load(copies=3)
    assert len(many) == 3 * len(goods)
    assert {good.number for good in goods} < {good.number for good in many}
    assert max(Counter(good.object for good in many).values()) == max(Counter(good.object for good in goods).values())


def test_a_broken_row_is_named_with_file_and_line(tmp_path):
    good = (FOLDER / "claims.jsonl").read_text(encoding="utf-8").splitlines()[:2]
    broken = json.loads(good[1]) | {"price": "about ten"}
    (tmp_path / "mine.jsonl").write_text(good[0] + "\n" + json.dumps(broken) + "\n", encoding="utf-8")
    with pytest.raises(ReadError, match=r"mine\.jsonl:2"):
        load(tmp_path)


def test_the_same_row_twice_is_refused(tmp_path):
    line = (FOLDER / "claims.jsonl").read_text(encoding="utf-8").splitlines()[0]
    (tmp_path / "mine.jsonl").write_text(f"{line}\n{line}\n", encoding="utf-8")
    with pytest.raises(ReadError, match="share an id"):
        load(tmp_path)


def test_prices_are_decimals(goods):
    assert all(isinstance(good.price, Decimal) and good.price > 0 for good in goods)


def test_source_cards_move_to_other_ports_even_when_they_swap():
    text = f"127.0.0.1:{PORTS[0]} 127.0.0.1:{PORTS[1]} 127.0.0.1:{PORTS[2]}"
    ports = {"bazaar": PORTS[1], "hammer": PORTS[0], "souk": 9}
    assert rehosted(text, ports) == f"127.0.0.1:{PORTS[1]} 127.0.0.1:{PORTS[0]} 127.0.0.1:9"


def test_the_shipped_source_cards_are_valid_on_any_port(tmp_path):
    for name, text in home_files({"bazaar": 1, "hammer": 2, "souk": 3}).items():
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        marketplace = read_card(path)
        assert marketplace.require_valid_card(date.today()).loopback
        assert not marketplace.serves("127.0.0.1:8401")
        assert marketplace.space == path.stem
