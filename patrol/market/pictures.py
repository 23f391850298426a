"""Pictures of the goods, drawn by code: every object has a look of its own, and every listing its own rendition of it.

The sites hand in an object's id, the number of the view and the listing; the same object looks alike on two listings (other
size, light and compression), two objects do not. Drawn when first asked for, then kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from io import BytesIO
from random import Random

from PIL import Image, ImageDraw

LARGE = 1600
SMALL = 640
Point = tuple[float, float]
Colour = tuple[int, int, int]
_KEPT = 1200  # renditions held in memory, about 60 kB each


def _random(*parts: object) -> Random:
    return Random(blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest())


# What things are made of, and what walls and cloths they are photographed on; lightness comes on top.
_MATERIALS: tuple[Colour, ...] = (
    (156, 150, 140), (176, 108, 72), (92, 126, 104), (134, 104, 62), (196, 178, 142), (110, 106, 116), (168, 136, 60),
    (150, 84, 70),
)  # fmt: skip
_CLOTHS: tuple[Colour, ...] = (
    (150, 150, 150),
    (150, 140, 124),
    (120, 136, 156),
    (156, 122, 118),
    (122, 146, 128),
    (140, 128, 150),
)


def _tint(dice: Random, colour: Colour) -> Colour:
    """The colour somewhere between deep shadow and full light."""
    return _lit(colour, dice.uniform(0.25, 1.65))


def _lit(colour: Colour, light: float) -> Colour:
    red, green, blue = (min(255, int(part * light)) for part in colour)
    return red, green, blue


def _vase(dice: Random) -> list[Point]:
    """A turned profile: three waves of the half width from rim to foot."""
    heights = [step / 39 for step in range(40)]
    waves = [(dice.uniform(-0.11, 0.11), dice.uniform(0, math.tau)) for _ in range(3)]
    widths = [
        0.26 + sum(height * math.sin(math.pi * (wave + 1) * at + phase) for wave, (height, phase) in enumerate(waves))
        for at in heights
    ]
    right = [(0.5 + width, height) for width, height in zip(widths, heights, strict=True)]
    left = [(0.5 - width, height) for width, height in zip(reversed(widths), reversed(heights), strict=True)]
    return right + left


def _blob(dice: Random) -> list[Point]:
    corners = dice.randint(7, 13)
    turns = [math.tau * corner / corners for corner in range(corners)]
    return [(0.5 + (r := dice.uniform(0.22, 0.5)) * math.cos(turn), 0.5 + r * math.sin(turn)) for turn in turns]


def _figure(dice: Random) -> list[Point]:
    """A standing figure: head, shoulders, waist, hem, uneven on both sides."""
    sides = [(0.08, 0.0), (0.14, 0.12), (0.07, 0.2), (0.3, 0.26), (0.2, 0.55), (0.34, 0.8), (0.26, 1.0)]
    right = [(0.5 + width * dice.uniform(0.6, 1.6), height) for width, height in sides]
    left = [(0.5 - width * dice.uniform(0.6, 1.6), height) for width, height in reversed(sides)]
    return right + left


def _slab(dice: Random) -> list[Point]:
    return [(0 + dice.random() * 0.25, 0 + dice.random() * 0.3), (1 - dice.random() * 0.25, 0 + dice.random() * 0.3),
            (1 - dice.random() * 0.2, 1 - dice.random() * 0.25), (dice.random() * 0.3, 1 - dice.random() * 0.2)]  # fmt: skip


def _ring(dice: Random) -> list[Point]:
    inner = dice.uniform(0.2, 0.36)
    turns = [math.tau * step / 24 for step in range(25)]
    squash = dice.uniform(0.6, 1.0)
    outer_path = [(0.5 + 0.5 * math.cos(turn), 0.5 + 0.5 * squash * math.sin(turn)) for turn in turns]
    inner_path = [(0.5 + inner * math.cos(turn), 0.5 + inner * squash * math.sin(turn)) for turn in reversed(turns)]
    return outer_path + inner_path


SHAPES: tuple[Callable[[Random], list[Point]], ...] = (_vase, _blob, _figure, _slab, _ring)


def _backdrop(dice: Random, cloth: Colour, size: tuple[int, int]) -> Image.Image:
    """A room's light: a handful of tones of one wall that run into each other."""
    columns, rows = dice.choice(((4, 3), (3, 4), (5, 4)))
    tones = Image.new("L", (columns, rows))
    tones.putdata([dice.randint(0, 255) for _ in range(columns * rows)])
    wall = tones.resize(size, Image.Resampling.BICUBIC)
    bands = [wall.point([min(255, int(part * (0.25 + 1.4 * level / 255))) for level in range(256)]) for part in cloth]
    return Image.merge("RGB", bands)


def _place(points: list[Point], dice: Random, size: tuple[int, int], share: float) -> list[Point]:
    """The outline at its place in the picture, turned a little."""
    width, height = size
    scale = share * height
    centre = (width * dice.uniform(0.36, 0.64), height * dice.uniform(0.42, 0.58))
    turn = dice.uniform(-0.5, 0.5)
    cos, sin = math.cos(turn), math.sin(turn)
    return [
        (
            centre[0] + scale * ((x - 0.5) * cos - (y - 0.5) * sin),
            centre[1] + scale * ((x - 0.5) * sin + (y - 0.5) * cos),
        )
        for x, y in points
    ]


def _surroundings(draw: ImageDraw.ImageDraw, dice: Random, cloth: Colour, size: tuple[int, int]) -> None:
    """A table, and things on it: what tells two pieces of one shape apart at a glance."""
    width, height = size
    draw.rectangle((0, height * dice.uniform(0.6, 0.85), width, height), fill=_tint(dice, cloth))
    for _ in range(dice.randint(3, 6)):
        x, y, r = dice.uniform(0, width), dice.uniform(0, height), dice.uniform(0.07, 0.18) * height
        box = (x - r, y - r * dice.uniform(0.4, 1), x + r, y + r * dice.uniform(0.4, 1))
        dice.choice((draw.ellipse, draw.rectangle))(box, fill=_tint(dice, cloth))


def paint(object_id: str, view: int, size: tuple[int, int] = (LARGE, LARGE * 3 // 4), light: float = 1.0) -> Image.Image:
    """View number `view` of an object, the same at every call but for resolution and light."""
    dice, nature = _random(object_id, view), _random(object_id)
    shape, material, cloth = nature.choice(SHAPES), _lit(nature.choice(_MATERIALS), light), _lit(nature.choice(_CLOTHS), light)
    body, relief = _tint(nature, material), _tint(nature, material)
    picture = _backdrop(dice, cloth, size)
    draw = ImageDraw.Draw(picture)
    _surroundings(draw, dice, cloth, size)
    outline = _place(shape(_random(object_id, "outline")), dice, size, dice.uniform(0.55, 0.9))
    draw.polygon(outline, fill=body, outline=(20, 18, 16), width=max(1, size[1] // 200))
    middle = (sum(x for x, _ in outline) / len(outline), sum(y for _, y in outline) / len(outline))
    inner = [(middle[0] + (x - middle[0]) * 0.55, middle[1] + (y - middle[1]) * 0.55) for x, y in outline]
    draw.polygon(inner, fill=relief)
    return picture


@lru_cache(maxsize=_KEPT)
def jpeg(object_id: str, view: int, listing: str, width: int) -> bytes:
    """The rendition that a listing shows, as JPEG: light, compression and the last few pixels of the size are its own."""
    dice = _random("rendition", listing)
    width -= dice.randrange(0, 5) * width // 100
    picture = paint(object_id, view, (width, width * 3 // 4), dice.uniform(0.94, 1.06))
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=dice.randint(68, 88))
    return stream.getvalue()
