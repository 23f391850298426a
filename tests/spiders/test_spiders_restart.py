"""A crawl whose database server is restarted in the middle: nothing twice, nothing lost; or one clear error, and on it goes."""

import postmaster
import pytest
from spider_world import Unit
from test_spiders_join import Shop, items, until

pytestmark = pytest.mark.postgres


@pytest.fixture
def server():
    if postmaster.binaries() is None:
        pytest.skip("needs PostgreSQL's own programs (initdb, pg_ctl), for it is stopped and killed")
    running = postmaster.Postmaster()
    yield running
    running.close()


def numbers(count):
    return [str(number) for number in range(100000, 100000 + count)]


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_crawl_outlives_a_restart_of_its_server(server, tmp_path, site, how):
    Shop(site, 40, 0.3)
    unit = Unit(tmp_path / "home", site, server.address)
    process = unit.start(snapshots=False)
    until(lambda: len(items(site)) > 8)
    server.stop(how)
    server.start()
    summary = Unit.ended(process, seconds=120)
    assert summary["exit"] == 0, summary
    assert summary["outcomes"] == {"listing": 40, "results": 4}
    assert unit.listings() == numbers(40)
    assert unit.sound()


def test_a_server_that_stays_away_ends_it_with_one_error_and_the_same_order_goes_on(server, tmp_path, site):
    shop = Shop(site, 40, 0.3)
    unit = Unit(tmp_path / "home", site, server.address)
    process = unit.start(snapshots=False, patience=1)
    until(lambda: len(items(site)) > 8)
    server.stop("immediate")
    told = Unit.ended(process, seconds=120)
    assert told["error"] == "StoreError"
    assert "does not answer" in told["message"]
    server.start()
    shop.hurry()
    summary = Unit.ended(unit.start(snapshots=False), seconds=120)
    assert (summary["exit"], summary["resumed"]) == (0, True)
    assert unit.listings() == numbers(40)
    assert unit.sound()
