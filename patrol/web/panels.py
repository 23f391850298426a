"""The panels of the overview as a page can show them: what was counted, in words, each number with the search that lists it.

`pages.overview` hands over the panels of the config and asks the index through `counted`; `charts.py` draws what comes out.
Nothing but the counts that the index gave this viewer is in a view.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from patrol.config.panel import CHOICES, Dates, Interval, Numbers, Panel, Terms
from patrol.reports import words
from patrol.search.index import Count, Index, Tally, Viewer

HEADS = {
    "type": "Type of object",
    "lang": "Language",
    "grade": "Claimed",
    "support": "Backed",
    "price_eur": "Price in euro",
    "sum": "Sum of points",
}
MISSING = {"price_eur": "price", "ends_at": "end", "first_seen": "first sighting", "last_seen": "last sighting"}
Where = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One bar, column or row of the table. `short` is what fits on an axis; `sort` is a band's name or empty."""

    label: str
    short: str
    count: int
    href: str
    sort: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelView:
    """One panel; `said` are sentences below the chart (text, and where it leads: empty for nowhere)."""

    panel: Panel
    head: str
    marks: tuple[Mark, ...]
    said: tuple[tuple[str, str], ...] = ()

    @property
    def empty(self) -> bool:
        return not any(mark.count for mark in self.marks)


def tally_of(panel: Panel) -> Tally:
    """What is asked of the index for a panel."""
    asked = panel.aggregation
    if isinstance(asked, Numbers):
        return Tally(by=asked.field, where=asked.filters, edges=asked.edges)
    if isinstance(asked, Dates):
        return Tally(by=asked.field, where=asked.filters, interval=asked.interval)
    return Tally(by=asked.field if isinstance(asked, Terms) else None, where=asked.filters)


def counted(panels: Sequence[Panel], index: Index, viewer: Viewer, now: datetime) -> list[PanelView]:
    """All panels, of one moment, as this viewer may know them."""
    found = index.tally([tally_of(panel) for panel in panels], viewer)
    return [view(panel, counts, now) for panel, counts in zip(panels, found, strict=True)]


def view(panel: Panel, counts: Sequence[Count], now: datetime) -> PanelView:
    asked = panel.aggregation
    if isinstance(asked, Terms):
        return _terms(panel, asked, counts)
    if isinstance(asked, Dates):
        return _dates(panel, asked, counts, now)
    if isinstance(asked, Numbers):
        return _numbers(panel, asked, counts)
    return PanelView(
        panel=panel,
        head="",
        marks=(Mark(label=panel.title, short="", count=counts[0].count, href=_href(asked.filters)),),
    )


def _href(where: Where, field: str = "", value: str = "", *, text: str = "") -> str:
    """The search for one number; a field that is filtered already is asked for once more in words, for ticks of one field are
    alternatives."""
    pairs = [("f", f"{name}:{one}") for name, values in where.items() for one in values]
    if field and field in where:
        text = f'{field}:"{value}"'
    elif field:
        pairs.append(("f", f"{field}:{value}"))
    return "/search" + (f"?{urlencode([('q', text), *pairs] if text else pairs)}" if text or pairs else "")


def _head(field: str) -> str:
    return HEADS.get(field, words.plain(field).capitalize())


# ---------------------------------------------------------------------------------------------------------------------
# by kind


def _terms(panel: Panel, asked: Terms, counts: Sequence[Count]) -> PanelView:
    """Fields of a few known values show all of them in their own order, others their most frequent ones."""
    number = {count.value: count.count for count in counts}
    known = CHOICES.get(asked.field)
    values = tuple(number)[: asked.most] if known is None else tuple(value for value in known if not _left_out(asked, value))
    if asked.field == "band":
        values = values[::-1]
    marks = [
        Mark(
            label=words.value(asked.field, value),
            short=words.value(asked.field, value),
            count=number.get(value, 0),
            href=_href(asked.filters, asked.field, value),
            sort=value if asked.field == "band" else "",
        )
        for value in values
    ]
    rest = len(counts) - len(values) if known is None else 0
    said = ((f"{words.count(rest, 'further value')} with fewer listings", ""),) if rest > 0 else ()
    return PanelView(panel=panel, head=_head(asked.field), marks=tuple(marks), said=said)


def _left_out(asked: Terms, value: str) -> bool:
    """A value that the panel's own filter rules out."""
    return asked.field in asked.filters and value not in asked.filters[asked.field]


def _numbers(panel: Panel, asked: Numbers, counts: Sequence[Count]) -> PanelView:
    """Every step, and how many have no such number."""
    number = {count.value: count.count for count in counts}
    highs = [*asked.edges[1:], None]
    marks = [
        Mark(
            label=words.step(edge, highs[at], first=not at, whole=asked.field != "price_eur"),
            short=words.brief(edge),
            count=number.get(str(edge), 0),
            href=_href(asked.filters, asked.field, _range(asked, at)),
        )
        for at, edge in enumerate(asked.edges)
    ]
    return PanelView(panel=panel, head=_head(asked.field), marks=tuple(marks), said=_without(asked, number))


def _range(asked: Numbers, at: int) -> str:
    """The step in the words of the search, both ends within; what lies below the first edge belongs to the first step."""
    low = str(asked.edges[at]) if at else ""
    if at + 1 == len(asked.edges):
        return f"{low}.."
    high = asked.edges[at + 1] - 1
    return f"{low}..{high}{'.99' if asked.field == 'price_eur' else ''}"


def _dates(panel: Panel, asked: Dates, counts: Sequence[Count], now: datetime) -> PanelView:
    """The latest intervals without a gap, up to the present one where anything happened lately."""
    number = {count.value: count.count for count in counts}
    days = [date.fromisoformat(value) for value in number if value]
    if not days:
        return PanelView(panel=panel, head=_head(asked.field), marks=(), said=_without(asked, number))
    last, today = max(days), _start(now.date(), asked.interval)
    shown = _back(today, asked)
    if last < shown[0] or last > today:
        shown = _back(last, asked)
    marks = [
        Mark(
            label=_said(day, asked.interval),
            short=f"{day:%b %y}" if asked.interval == "month" else f"{day.day} {day:%b}",
            count=number.get(day.isoformat(), 0),
            href=_href(asked.filters, asked.field, _within(day, asked.interval)),
        )
        for day in shown
    ]
    said = [(f"{_said(shown[0], asked.interval)} to {_said(shown[-1], asked.interval)}", "")]
    if earlier := sum(number[day.isoformat()] for day in days if day < shown[0]):
        before = (shown[0] - timedelta(days=1)).isoformat()
        said.append((f"{words.number(earlier)} earlier", _href(asked.filters, asked.field, f"..{before}")))
    return PanelView(panel=panel, head=_head(asked.field), marks=tuple(marks), said=(*said, *_without(asked, number)))


def _without(asked: Dates | Numbers, number: Mapping[str, int]) -> tuple[tuple[str, str], ...]:
    if not (missing := number.get("", 0)):
        return ()
    told = f"{words.number(missing)} without {MISSING.get(asked.field, words.plain(asked.field))}"
    return ((told, _href(asked.filters, text=f"-{asked.field}:*")),)


# ---------------------------------------------------------------------------------------------------------------------
# days, weeks, months


def _start(day: date, interval: Interval) -> date:
    if interval == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if interval == "month" else day


def _back(last: date, asked: Dates) -> list[date]:
    """The starts of so many intervals, the given one last."""
    found = [last]
    while len(found) < asked.most:
        found.append(_start(found[-1] - timedelta(days=1), asked.interval))
    return found[::-1]


def _within(day: date, interval: Interval) -> str:
    if interval == "month":
        return f"{day:%Y-%m}"
    return f"{day.isoformat()}..{(day + timedelta(days=6 if interval == 'week' else 0)).isoformat()}"


def _said(day: date, interval: Interval) -> str:
    if interval == "month":
        return f"{day:%B %Y}"
    return f"{'week of ' if interval == 'week' else ''}{day.day} {day:%b %Y}"
