"""Where everything in a chart stands: lying bars and standing columns as numbers that `_chart.html` writes out as SVG.

`panels.py` hands over marks. Across, everything is in per cent of the chart's own width, so that bars grow with the page and
letters don't; upwards it is pixels. Colours and type belong to the style sheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from patrol.reports import words
from patrol.web.panels import Mark

ROW = 28  # px, one lying bar with its label
PLOT = 132  # px, the tallest column
ABOVE, BELOW = 18, 20  # px around the plot: the number on a column, the label below it
LONGEST = 27  # letters of a label
PER_LETTER = 1.95  # per cent of the width that a letter takes
NUMBER = 13  # per cent kept free behind the longest bar
FEW = 12  # columns that bear their number each; more get lines to read by
LABELS = 6  # along the axis of many columns
MARGIN = 9  # per cent, left of many columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One mark and its box; `text` stands at `text_x`, its number at `number_x` (per cent) and `number_y` (px)."""

    mark: Mark
    x: float
    y: float
    width: float
    height: float
    text: str
    text_x: float = 0
    number: str = ""
    number_x: float = 0
    number_y: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A thin line across at a height, and the number it stands for."""

    y: float
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing `height` px tall; `slot` is the width of one column, per cent (0: lying bars)."""

    shapes: tuple[Shape, ...]
    height: int
    lines: tuple[Line, ...] = ()
    slot: float = 0
    left: float = 0
    base: int = ABOVE + PLOT


def bars(marks: Sequence[Mark]) -> Chart:
    """Lying bars, a row each: the label, the bar, its number behind it."""
    most = max((mark.count for mark in marks), default=0) or 1
    labels = [cut(mark.label) for mark in marks]
    left = min(max((len(label) for label in labels), default=0), LONGEST) * PER_LETTER + 3
    room = 100 - left - NUMBER
    return Chart(
        shapes=tuple(
            Shape(
                mark=mark,
                x=round(left, 2),
                y=at * ROW,
                width=_length(mark.count, most, room),
                height=ROW,
                text=label,
                number=words.number(mark.count),
                number_x=round(left + _length(mark.count, most, room), 2),
                number_y=at * ROW + ROW / 2,
            )
            for at, (mark, label) in enumerate(zip(marks, labels, strict=True))
        ),
        height=len(marks) * ROW,
    )


def columns(marks: Sequence[Mark]) -> Chart:
    """Standing columns: few with their numbers on top, many with lines to read by; labels below where there is room."""
    most = max((mark.count for mark in marks), default=0) or 1
    few = len(marks) <= FEW
    left = 0 if few else MARGIN
    top = most if few else _round_up(most)
    slot = (100 - left) / (len(marks) or 1)
    every = 1 if few else -(-len(marks) // LABELS)
    shapes = []
    for at, mark in enumerate(marks):
        height = round(PLOT * mark.count / top, 1) if mark.count else 0
        height = max(height, 2) if mark.count else 0
        shapes.append(
            Shape(
                mark=mark,
                x=round(left + at * slot + slot * 0.12, 3),
                y=round(ABOVE + PLOT - height, 1),
                width=round(slot * 0.76, 3),
                height=height,
                text=mark.short if few or (at and not (len(marks) - 1 - at) % every) else "",  # the first would touch the zero
                text_x=round(left + (at + 0.5) * slot, 3),
                number=words.brief(mark.count) if few else "",
                number_x=round(left + (at + 0.5) * slot, 3),
                number_y=round(ABOVE + PLOT - height - 6, 1),
            )
        )
    return Chart(
        shapes=tuple(shapes), height=ABOVE + PLOT + BELOW, lines=() if few else _lines(top), slot=round(slot, 3), left=left
    )


def cut(text: str) -> str:
    """A label that fits; what is left out is in the title and the table."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def _length(count: int, most: int, room: float) -> float:
    """Per cent; what is there at all can be seen."""
    return round(max(room * count / most, 0.6), 2) if count else 0


def _round_up(number: int) -> int:
    """The next of 2, 4, 10, 20, 40, 100 …: its half is a whole number, too."""
    size = 1
    while True:
        for step in (2, 4, 10):
            if number <= step * size:
                return step * size
        size *= 10


def _lines(top: int) -> tuple[Line, ...]:
    return tuple(
        Line(y=ABOVE + PLOT - PLOT * number / top, number=words.brief(number)) for number in dict.fromkeys((0, top // 2, top))
    )
