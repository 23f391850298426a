"""A whole crawl against a real site on loopback: what is asked, in which manner, and what becomes of it."""


def test_a_market_is_crawled_page_by_page_and_every_answer_is_sealed(site, unit):
    site.market(25)
    summary = unit.crawl()
    assert summary["outcomes"] == {"listing": 25, "results": 3}
    assert summary["state"] == "finished"
    assert unit.listings() == [str(number) for number in range(100000, 100025)]
    assert len(unit.captures(summary["run"])) == 25 + 3 + 1  # and robots.txt
    assert unit.sound()
