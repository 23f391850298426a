"""The streams' shares hold over a day, the audit sample has the probability that it says, and both can be repeated."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from patrol.config.settings import Mix
from patrol.triage.mixing import DRAWS, Stream, draw_of, drawn, mixed, uncertainty

KEY = b"the unit's own key"
MIX = Mix(value=80, uncertain=15, audit=5)


def streams(value: int = 1000, uncertain: int = 1000, audit: int = 1000) -> dict[Stream, list[tuple[str, str, float]]]:
    sizes = {Stream.VALUE: value, Stream.UNCERTAIN: uncertain, Stream.AUDIT: audit}
    return {
        stream: [(f"{stream}{n}", f"{stream}{n}", 0.02 if stream is Stream.AUDIT else 1.0) for n in range(size)]
        for stream, size in sizes.items()
    }


def test_shares_of_a_long_page() -> None:
    placed = list(islice(mixed(streams(), MIX, {}), 200))
    assert Counter(each.stream for each in placed) == {Stream.VALUE: 160, Stream.UNCERTAIN: 30, Stream.AUDIT: 10}
    assert [each.rank for each in placed] == list(range(1, 201))
    assert placed[0].stream is Stream.VALUE


def test_shares_hold_for_one_who_always_takes_the_first() -> None:
    done: Counter[Stream] = Counter()
    waiting = streams()
    for _ in range(200):
        placed = next(mixed(waiting, MIX, done))
        done[placed.stream] += 1
        waiting[placed.stream].pop(0)
    assert done == {Stream.VALUE: 160, Stream.UNCERTAIN: 30, Stream.AUDIT: 10}


def test_each_stream_keeps_its_own_order_and_each_key_comes_once() -> None:
    overlapping = streams(value=30, uncertain=0)
    overlapping[Stream.UNCERTAIN] = overlapping[Stream.VALUE][::-1]
    placed = list(mixed(overlapping, MIX, {}))
    keys = [each.candidate for each in placed]
    assert len(keys) == len(set(keys)) == 1030
    audit = [each.candidate for each in placed if each.stream is Stream.AUDIT]
    assert audit == [f"audit{n}" for n in range(1000)]


def test_a_dry_stream_leaves_its_places_and_a_share_of_nothing_gets_none() -> None:
    assert len(list(mixed(streams(value=2, uncertain=0, audit=5), MIX, {}))) == 7
    without = mixed(streams(value=2, uncertain=1, audit=5), Mix(value=80, uncertain=20, audit=0), {})
    assert {each.stream for each in without} == {Stream.VALUE, Stream.UNCERTAIN}


@pytest.mark.parametrize("probability", [0.005, 0.02, 0.25])
def test_the_sample_has_the_probability_it_says(probability: float) -> None:
    population = 60_000
    inside = sum(drawn(draw_of(KEY, f"cluster-{n}"), probability) for n in range(population))
    spread = (population * probability * (1 - probability)) ** 0.5
    assert abs(inside - population * probability) < 4 * spread


def test_all_or_nobody() -> None:
    draws = [draw_of(KEY, str(n)) for n in range(1000)]
    assert all(0 <= draw < DRAWS for draw in draws)
    assert all(drawn(draw, 1.0) for draw in draws)
    assert not any(drawn(draw, 0.0) for draw in draws)


def test_draws_repeat_and_differ_by_key() -> None:
    assert draw_of(KEY, "a") == draw_of(KEY, "a")
    assert draw_of(KEY, "a") != draw_of(b"another", "a")
    mine = {n for n in range(5000) if drawn(draw_of(KEY, str(n)), 0.1)}
    theirs = {n for n in range(5000) if drawn(draw_of(b"another", str(n)), 0.1)}
    assert len(mine & theirs) < 0.3 * len(mine)


def test_uncertainty_is_highest_on_the_edge() -> None:
    assert [uncertainty(score, 40) for score in (0, 20, 39, 40, 41, 60, 80, 100)] == [0, 500, 975, 1000, 975, 500, 0, 0]
