"""The overview's panels: drawn for everyone's eyes and for those who cannot see them, and never with another agency's numbers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from web_world import World

from patrol.config.panel import Panel
from patrol.records import Band
from patrol.reports import words
from patrol.search.documents import Desk, DeskStatus, ListingDocument
from patrol.search.index import Count
from patrol.web.charts import LONGEST, bars, columns
from patrol.web.panels import Mark, PanelView, view

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday


def panel(**aggregation: object) -> Panel:
    chart = {"count": "figure", "terms": "bars", "dates": "columns", "numbers": "columns"}[str(aggregation["kind"])]
    return Panel.model_validate(
        {"name": "p", "place": 1, "title": "A title", "question": "Why?", "aggregation": aggregation, "chart": chart}
    )


def counts(**numbers: int) -> list[Count]:
    return [Count(value=value, count=number) for value, number in numbers.items()]


def shown(found: PanelView) -> list[tuple[str, int]]:
    return [(mark.label, mark.count) for mark in found.marks]


def document(number: int, **given: object) -> ListingDocument:
    return ListingDocument(
        **{"key": f"k{number}", "revision": 1, "marketplace": "bazaar", "url": f"https://shop.test/{number}", "band": Band.HIGH}
        | given
    )


# ---------------------------------------------------------------------------------------------------------------------
# the page


def test_every_panel_is_on_the_page_with_its_question_chart_and_table(world: World) -> None:
    world.fill(3)
    page = world.signed("nl").get("/overview").text
    for one in world.config.panels:
        assert one.title in page
        if one.chart == "figure":
            continue
        card = re.search(rf'<section class="card chart-card" id="{one.name}".*?</section>', page, re.DOTALL)
        assert card is not None, one.name
        if "Nothing yet." not in card[0]:
            assert 'role="group"' in card[0]
            assert "<table>" in card[0]
            drawn = re.findall(r'<a href="([^"]+)" class="mark [a-z]*" aria-label="([^"]+)">', card[0])
            rows = re.findall(r'<th scope="row"><a href="([^"]+)">([^<]+)</a></th><td class="number">(\d+)</td>', card[0])
            assert [(href, f"{label}: {words.count(int(number), 'listing')}") for href, label, number in rows] == drawn
    assert "style=" not in page  # the policy refuses it


def test_the_bar_leads_to_its_listings(world: World) -> None:
    world.fill(3)
    client = world.signed("nl")
    page = client.get("/overview").text
    href, number = re.search(
        r'<th scope="row"><a href="(/search\?[^"]+culture%3Agandhara)">gandhara</a></th><td class="number">(\d+)', page
    ).groups()  # type: ignore[union-attr]
    answer = client.get(href.replace("&amp;", "&")).text
    assert f"{number} listings<" in answer
    assert "Remove the filter culture: gandhara" in answer


def test_another_agencys_listings_and_decisions_are_in_no_number(world: World) -> None:
    world.person("it", "Desk IT")
    nl = world.people["nl"].viewer.agency_id
    assert nl
    assert nl != world.people["it"].viewer.agency_id
    mine = Desk(status=DeskStatus.LEAD, leads=("L-2026-0001",))
    now = datetime.now(UTC)
    world.index.write(
        [
            document(1, cultures=("khmer",), first_seen=now, desk_for={nl: mine}),
            document(2, cultures=("secret",), first_seen=now, visible_to=(nl,), desk_for={nl: mine}),
        ]
    )

    def numbers(login: str) -> tuple[str, ...]:
        page = world.signed(login).get("/overview").text
        figures = re.findall(r"<b>(\d+)</b><span>(Listings held|Flagged|Flagged and undecided)</span>", page)
        in_leads = re.search(r">in a lead</a></th><td class=\"number\">(\d+)", page)
        return (*(number for number, _ in figures), in_leads[1] if in_leads else "", str("secret" in page))

    assert numbers("nl") == ("2", "2", "0", "2", "True")
    assert numbers("it") == ("1", "1", "1", "0", "False")


def test_a_marketplaces_name_cannot_break_out_of_the_drawing(world: World) -> None:
    world.index.write([document(1, marketplace='<script>alert(1)</script>"x')])
    page = world.signed("nl").get("/overview").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_an_empty_desk_says_so(world: World) -> None:
    page = world.signed("nl").get("/overview")
    assert page.status_code == 200
    assert "Nothing yet." in page.text


# ---------------------------------------------------------------------------------------------------------------------
# what was counted, in words


def test_weeks_without_a_listing_are_shown_as_such_up_to_this_one() -> None:
    found = view(panel(kind="dates", field="first_seen", most=4), counts(**{"2026-09-07": 7, "2026-11-02": 3, "": 2}), NOW)
    assert shown(found) == [
        ("week of 26 Oct 2026", 0),
        ("week of 2 Nov 2026", 3),
        ("week of 9 Nov 2026", 0),
        ("week of 16 Nov 2026", 0),
    ]
    assert [text for text, _ in found.said] == [
        "week of 26 Oct 2026 to week of 16 Nov 2026",
        "7 earlier",
        "2 without first sighting",
    ]
    assert found.marks[1].href.endswith("first_seen%3A2026-11-02..2026-11-08")


def test_what_lies_long_back_or_ahead_is_shown_where_it_lies() -> None:
    old = view(
        panel(kind="dates", field="first_seen", interval="month", most=2), counts(**{"2019-12-01": 1, "2020-01-01": 5}), NOW
    )
    assert shown(old) == [("December 2019", 1), ("January 2020", 5)]
    ahead = view(panel(kind="dates", field="ends_at", interval="day", most=3), counts(**{"2026-11-19": 2}), NOW)
    assert [label for label, _ in shown(ahead)] == ["17 Nov 2026", "18 Nov 2026", "19 Nov 2026"]


@pytest.mark.parametrize("interval", ["day", "week", "month"])
def test_intervals_follow_each_other_without_a_gap(interval: str) -> None:
    start = date(2024, 1, 1)
    made = panel(kind="dates", field="first_seen", interval=interval, most=60)
    found = view(made, [Count(value=start.isoformat(), count=1)], datetime(2024, 1, 15, tzinfo=UTC))
    starts = [mark.label for mark in found.marks]
    assert len(set(starts)) == 60
    assert sum(mark.count for mark in found.marks) == 1


def test_the_steps_of_a_number_in_words() -> None:
    score = view(
        panel(kind="numbers", field="score", edges=[0, 10, 11, 90]), counts(**{"0": 1, "10": 2, "11": 3, "90": 4, "": 0}), NOW
    )
    assert shown(score) == [("below 10", 1), ("10", 2), ("11 – 89", 3), ("90 and more", 4)]
    assert [mark.href.rpartition("%3A")[2] for mark in score.marks] == ["..9", "10..10", "11..89", "90.."]
    price = view(
        panel(kind="numbers", field="price_eur", edges=[0, 50, 1000]), counts(**{"0": 1, "50": 2, "1000": 3, "": 4}), NOW
    )
    assert shown(price) == [("below 50", 1), ("50 – 1\u202f000", 2), ("1\u202f000 and more", 3)]
    assert [mark.href.rpartition("%3A")[2] for mark in price.marks] == ["..49.99", "50..999.99", "1000.."]
    assert price.said[0][0] == "4 without price"


def test_known_values_keep_their_order_and_show_zeros() -> None:
    bands = view(panel(kind="terms", field="band", where={"band": ["review", "high"]}), counts(review=3), NOW)
    assert shown(bands) == [("high", 0), ("review", 3)]
    grades = view(panel(kind="terms", field="grade"), counts(pre1970=2), NOW)
    assert [label for label, _ in shown(grades)][-1] == "before 1970"
    cultures = view(panel(kind="terms", field="culture", most=2), counts(khmer=5, nok=3, gandhara=1), NOW)
    assert (shown(cultures), cultures.said) == ([("khmer", 5), ("nok", 3)], (("1 further value with fewer listings", ""),))


def test_a_value_of_a_field_that_is_filtered_already_is_asked_for_beside_the_filter() -> None:
    made = panel(kind="terms", field="culture", where={"culture": ["khmer", "nok"]})
    found = view(made, counts(khmer=5, gandhara=1), NOW)
    assert found.marks[1].href == "/search?q=culture%3A%22gandhara%22&f=culture%3Akhmer&f=culture%3Anok"


# ---------------------------------------------------------------------------------------------------------------------
# the drawing


def marks(*numbers: int) -> list[Mark]:
    return [Mark(label=f"value {at}", short=str(at), count=number, href="/search") for at, number in enumerate(numbers)]


def test_bars_are_as_long_as_their_numbers_and_stay_inside() -> None:
    chart = bars(marks(200, 100, 0, 1))
    assert chart.shapes[0].width == pytest.approx(2 * chart.shapes[1].width, abs=0.02)
    assert (chart.shapes[2].width, chart.shapes[3].width > 0) == (0, True)
    assert all(shape.x + shape.width < 100 for shape in chart.shapes)
    assert len(bars([Mark(label="x" * 80, short="", count=1, href="")]).shapes[0].text) == LONGEST


@pytest.mark.parametrize("number", [1, 10, 12, 13, 26, 60, 120])
def test_columns_stand_side_by_side_and_below_the_top(number: int) -> None:
    chart = columns(marks(*range(number)))
    for one, other in zip(chart.shapes, chart.shapes[1:], strict=False):
        assert one.x + one.width < other.x
    assert chart.shapes[-1].x + chart.shapes[-1].width <= 100
    assert all(0 <= shape.y <= chart.base for shape in chart.shapes)
    assert all(shape.y + shape.height == pytest.approx(chart.base, abs=0.1) for shape in chart.shapes)
    assert sum(bool(shape.text) for shape in chart.shapes) <= 12


def test_the_lines_to_read_by_are_round_numbers() -> None:
    for most, lines in ((1, ["0", "1", "2"]), (7, ["0", "5", "10"]), (141, ["0", "100", "200"]), (2300, ["0", "2k", "4k"])):
        assert [line.number for line in columns(marks(*[0] * 20, most)).lines] == lines


def test_numbers_on_an_axis_are_short() -> None:
    assert [words.brief(number) for number in (0, 999, 1000, 2500, 12_345, 999_999, 1_000_000)] == [
        "0", "999", "1k", "2.5k", "12.3k", "1000k", "1M",
    ]  # fmt: skip
    assert words.number(1_234_567) == "1\u202f234\u202f567"
