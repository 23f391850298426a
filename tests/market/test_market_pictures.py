"""Pictures drawn by code: one look an object, so that a relisting can be seen and two objects cannot be taken for one."""

from io import BytesIO
from itertools import combinations

import imagehash
import pytest
from PIL import Image

from patrol.market import pictures
from patrol.market.goods import load

FAR, NEAR = 12, 6  # bits of 64


def phash(body: bytes) -> imagehash.ImageHash:
    return imagehash.phash(Image.open(BytesIO(body)))


@pytest.fixture(scope="module")
def objects():
    return sorted({good.object for good in load()})[:120]


def test_different_objects_look_different(objects):
    hashes = [imagehash.phash(pictures.paint(name, 1, (320, 240))) for name in objects]
    distances = [a - b for a, b in combinations(hashes, 2)]
    assert min(distances) > NEAR
    assert sum(distance <= FAR for distance in distances) <= len(distances) / 1000


def test_views_of_one_object_differ(objects):
    for name in objects[:30]:
        first, second = (imagehash.phash(pictures.paint(name, view, (320, 240))) for view in (1, 2))
        assert first - second > FAR


def test_the_same_object_on_two_listings_has_other_bytes_and_nearly_the_same_look(objects):
    for name in objects[:25]:
        one, other = (pictures.jpeg(name, 1, listing, pictures.SMALL) for listing in ("111111111", "222222222"))
        assert one != other
        assert phash(one) - phash(other) <= NEAR


def test_large_and_small_renditions_are_the_same_picture(objects):
    small, large = (pictures.jpeg(objects[0], 1, "111111111", width) for width in (pictures.SMALL, pictures.LARGE))
    assert Image.open(BytesIO(large)).width > 2 * Image.open(BytesIO(small)).width > 1000
    assert phash(small) - phash(large) <= NEAR


def test_a_picture_is_drawn_the_same_at_every_start():
    first = pictures.jpeg("an-object", 1, "123456789", pictures.SMALL)
    pictures.jpeg.cache_clear()
    assert pictures.jpeg("an-object", 1, "123456789", pictures.SMALL) == first
